import { knownCandidates, type Snapshot } from '@xray/core';
import {
  CandidateBlockWriter,
  candidateHash,
  compareCandidates,
  type Appearance,
} from './candidate-blocks.js';
import { DIRECTORY_BLOCK, writeDirectoryBlock, type Entry } from './directory.js';
import { DIRECTORY, Fates, bitsFor, type Block, type Fate, type SegmentHead } from './segment.js';
import { sortByHash } from './hashes.js';
import { namesOf, type Name } from './names.js';
import { TermBlockWriter } from './term-blocks.js';
import { termsOf } from './terms.js';

export interface BuiltSegment {
  head: SegmentHead;
  blocks: Block[];
  names: Name[];
}

/** A segment of executions that were not indexed before. There is at least one execution. */
export function buildSegment(documents: (Entry & { snapshot: Snapshot })[]): BuiltSegment {
  const sorted = documents.toSorted((a, b) => a.at - b.at || a.id - b.id);
  const directory = writeDirectory(sorted);
  const terms = writeTerms(sorted);
  const candidates = writeCandidates(sorted);
  return {
    head: {
      ...directory.head,
      bits: { terms: terms.bits, candidates: candidates.bits },
      bytes: { terms: sizeOf(terms.blocks), candidates: sizeOf(candidates.blocks) },
      fates: candidates.fates,
    },
    blocks: [...directory.blocks, ...terms.blocks, ...candidates.blocks],
    names: namesOf(sorted),
  };
}

export function writeDirectory(sorted: Entry[]): {
  head: Pick<SegmentHead, 'executions' | 'fromAt' | 'toAt' | 'starts'>;
  blocks: Block[];
} {
  const blocks: Block[] = [];
  const starts: number[] = [];
  for (let from = 0; from < sorted.length; from += DIRECTORY_BLOCK) {
    const entries = sorted.slice(from, from + DIRECTORY_BLOCK);
    starts.push(entries[0]?.at ?? 0);
    blocks.push({ kind: DIRECTORY, number: blocks.length, body: writeDirectoryBlock(entries) });
  }
  return {
    head: {
      executions: sorted.length,
      fromAt: sorted[0]?.at ?? 0,
      toAt: sorted.at(-1)?.at ?? 0,
      starts,
    },
    blocks,
  };
}

export function sizeOf(blocks: Block[]): number {
  return blocks.reduce((sum, { body }) => sum + body.length, 0);
}

function writeTerms(documents: { snapshot: Snapshot }[]): { blocks: Block[]; bits: number } {
  const sets = documents.map(({ snapshot }) => termsOf(snapshot));
  const total = sets.reduce((sum, { length }) => sum + length, 0);
  const unsorted = { hashes: new Uint32Array(total), places: new Uint32Array(total) };
  let at = 0;
  for (const [place, terms] of sets.entries()) {
    unsorted.hashes.set(terms, at);
    unsorted.places.fill(place, at, at + terms.length);
    at += terms.length;
  }
  const { hashes, places } = sortByHash(unsorted.hashes, unsorted.places);
  const bits = bitsFor(total * 2);
  const writer = new TermBlockWriter(bits);
  for (let from = 0; from < total;) {
    const hash = hashes[from] ?? 0;
    let to = from + 1;
    while (to < total && hashes[to] === hash) to++;
    writer.add(hash, places.subarray(from, to), to - from);
    from = to;
  }
  return { blocks: writer.take(), bits };
}

function writeCandidates(documents: { snapshot: Snapshot }[]): {
  blocks: Block[];
  bits: number;
  fates: Fate[];
} {
  const fates = new Fates();
  const byId = new Map<string, Appearance[]>();
  let bytes = 0;
  for (const [place, { snapshot }] of documents.entries()) {
    for (const { id, fate } of candidateFates(snapshot)) {
      const appearance = { place, code: fates.codeOf(fate) };
      const known = byId.get(id);
      if (known === undefined) byId.set(id, [appearance]);
      else known.push(appearance);
      bytes += known === undefined ? id.length + 5 : 3;
    }
  }
  const bits = bitsFor(bytes);
  const writer = new CandidateBlockWriter(bits);
  const sorted = [...byId.keys()]
    .map((id) => ({ id, hash: candidateHash(id) }))
    .sort(compareCandidates);
  for (const { id } of sorted) writer.add(id, byId.get(id) ?? []);
  return { blocks: writer.take(), bits, fates: fates.list };
}

/** Every appearance of a candidate in an execution, step by step. */
export function* candidateFates(snapshot: Snapshot): Generator<{ id: string; fate: Fate }> {
  const { pipeline, steps } = snapshot;
  for (const { name, candidates } of steps) {
    if (!candidates) continue;
    // Thousands of candidates share a few fates, so each fate is one shared object.
    const fates = new Map<string, Fate>();
    for (const { id, outcome, reason } of knownCandidates(candidates).values()) {
      const key = `${outcome} ${reason}`;
      let fate = fates.get(key);
      if (fate === undefined) {
        fate = { pipeline, step: name, outcome: outcome ?? 'rejected', reason };
        fates.set(key, fate);
      }
      yield { id, fate };
    }
  }
}
