import {
  CandidateBlockReader,
  CandidateBlockWriter,
  compareCandidates,
  eachAppearance,
  type Appearance,
} from './candidate-blocks.js';
import { sizeOf, writeDirectory } from './build.js';
import { entryAt, readDirectoryBlock, type Entry } from './directory.js';
import { Fates, bitsFor, type Block, type SegmentHead } from './segment.js';
import { TermBlockReader, TermBlockWriter } from './term-blocks.js';

export interface MergeInput {
  head: SegmentHead;
  directory: Uint8Array[];
  /** Places of executions that the merge leaves out. */
  dead: Iterable<number>;
}

/** Marks a place that the new segment does not have. */
const GONE = 0xffff_ffff;

/**
 * Merges several segments into one. Blocks are read in ranges of the hash, in order, so only one
 * range is in memory at a time. `rangeBits` gives the smallest number of ranges.
 */
export class SegmentMerge {
  readonly directory: Block[];
  readonly #head: SegmentHead;
  readonly #places: Uint32Array[];
  readonly #codes: number[][];
  readonly #terms: TermBlockWriter;
  readonly #candidates: CandidateBlockWriter;

  constructor(inputs: MergeInput[]) {
    const entries = inputs.flatMap((input, from) => livingEntries(input, from));
    entries.sort((a, b) => a.at - b.at || a.id - b.id);
    const { head, blocks } = writeDirectory(entries);
    this.directory = blocks;
    this.#places = inputs.map((input) => new Uint32Array(input.head.executions).fill(GONE));
    for (const [place, entry] of entries.entries()) {
      const newPlaces = this.#places[entry.from];
      if (newPlaces !== undefined) newPlaces[entry.place] = place;
    }
    const fates = new Fates();
    this.#codes = inputs.map((input) => input.head.fates.map((fate) => fates.codeOf(fate)));
    const bits = {
      terms: mergedBits(inputs, 'terms'),
      candidates: mergedBits(inputs, 'candidates'),
    };
    this.#terms = new TermBlockWriter(bits.terms);
    this.#candidates = new CandidateBlockWriter(bits.candidates);
    this.#head = { ...head, bits, bytes: { terms: 0, candidates: 0 }, fates: fates.list };
  }

  /** Complete after the last range was merged. */
  get head(): SegmentHead {
    return this.#head;
  }

  /** Merges the next range of terms: the blocks of each input in order. */
  mergeTerms(ranges: Uint8Array[][]): Block[] {
    const readers = ranges.map((blocks) => new TermBlockReader(blocks));
    const places = new Uint32Array(this.#head.executions);
    for (;;) {
      const hash = least(readers.map((reader) => reader.hash));
      if (hash === undefined) break;
      let count = 0;
      let isSorted = true;
      for (const [from, reader] of readers.entries()) {
        if (reader.hash !== hash) continue;
        const newPlaces = this.#places[from];
        reader.places((place) => {
          const to = newPlaces?.[place] ?? GONE;
          if (to === GONE) return;
          if (count > 0 && to < (places[count - 1] ?? 0)) isSorted = false;
          places[count++] = to;
        });
        reader.next();
      }
      if (count === 0) continue;
      if (!isSorted) places.subarray(0, count).sort();
      this.#terms.add(hash, places, count);
    }
    const blocks = this.#terms.take();
    this.#head.bytes.terms += sizeOf(blocks);
    return blocks;
  }

  /** Merges the next range of candidates. */
  mergeCandidates(ranges: Uint8Array[][]): Block[] {
    const readers = ranges.map((blocks) => new CandidateBlockReader(blocks));
    for (;;) {
      const next = readers
        .flatMap(({ current }) => current ?? [])
        .reduce<CandidateBlockReader['current']>(
          (first, next) => (first && compareCandidates(first, next) <= 0 ? first : next),
          undefined,
        );
      if (next === undefined) break;
      const appearances: Appearance[] = [];
      for (const [from, reader] of readers.entries()) {
        if (reader.current?.id !== next.id) continue;
        eachAppearance(reader.current.list, (place, code) => {
          const to = this.#places[from]?.[place] ?? GONE;
          if (to !== GONE) appearances.push({ place: to, code: this.#codes[from]?.[code] ?? 0 });
        });
        reader.next();
      }
      if (appearances.length === 0) continue;
      this.#candidates.add(
        next.id,
        appearances.sort((a, b) => a.place - b.place),
      );
    }
    const blocks = this.#candidates.take();
    this.#head.bytes.candidates += sizeOf(blocks);
    return blocks;
  }
}

/** The number of hash ranges, as bits, so that no block of any input spans two ranges. */
export function rangeBits(heads: SegmentHead[], kind: 'terms' | 'candidates'): number {
  return Math.min(...heads.map(({ bits }) => bits[kind]));
}

function mergedBits(inputs: MergeInput[], kind: 'terms' | 'candidates'): number {
  const heads = inputs.map(({ head }) => head);
  const bytes = heads.reduce((sum, head) => sum + head.bytes[kind], 0);
  return Math.max(bitsFor(bytes), rangeBits(heads, kind));
}

function livingEntries(
  { directory, dead }: MergeInput,
  from: number,
): (Entry & { from: number; place: number })[] {
  const isDead = new Set(dead);
  return directory
    .map(readDirectoryBlock)
    .flatMap((block) => Array.from(block.ids, (_, place) => entryAt(block, place)))
    .map((entry, place) => ({ ...entry, from, place }))
    .filter(({ id, place }) => id !== 0 && !isDead.has(place));
}

function least(hashes: (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const hash of hashes) {
    if (hash !== undefined && (first === undefined || hash < first)) first = hash;
  }
  return first;
}
