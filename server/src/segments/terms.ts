import {
  factsOf,
  isNumber,
  numberKey,
  type MetadataValue,
  hasFailed,
  normalizedForms,
  scanAtoms,
  visitTexts,
  type Snapshot,
  type TextQuery,
} from '@xray/core';
import { HashSet } from './hashes.js';

/**
 * Lengths of word beginnings that are terms. A longer prefix is narrowed by the longest of them.
 */
const EDGES = [3, 6] as const;

const SEED = { atom: 0x9747b28c, pair: 0x1b873593, edge: 0x2545f491, fact: 0x85ebca6b };

/** FNV-1a over the UTF-16 units, with MurmurHash3's finalizer: https://github.com/aappleby/smhasher */
export function hashText(text: string, seed: number, start = 0, end = text.length): number {
  let hash = seed;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Facts that the filter language asks for and that few executions share. */
export type FactField =
  | 'tag'
  | 'metadata'
  | 'version'
  | 'reason'
  | 'rule'
  | 'decisive'
  | 'error'
  | 'step'
  | 'failed'
  | 'subject'
  | 'subject id';

export function factTerm(field: FactField, key: string, value: MetadataValue): number {
  const text = isNumber(value) ? String(numberKey(value)) : JSON.stringify(value);
  return hashText(`${field}\0${key}\0${text}`, SEED.fact);
}

/** This set is filled for one snapshot at a time. */
const terms = new HashSet();

/** The hashes of all terms by which an execution is found, except candidates; each once. */
export function termsOf(snapshot: Snapshot): Uint32Array {
  terms.clear();
  visitTexts(snapshot, (text) => {
    for (const form of normalizedForms(text)) addTextTerms(form);
  });
  const facts = factsOf(snapshot);
  const add = (field: FactField, key: string, value: MetadataValue): void => {
    terms.add(factTerm(field, key, value));
  };
  for (const tag of facts.tags) add('tag', '', tag);
  for (const [key, value] of Object.entries(facts.metadata)) add('metadata', key, value);
  for (const [key, value] of Object.entries(facts.versions)) add('version', key, value);
  for (const reason of facts.reasons) add('reason', '', reason);
  for (const rule of facts.rules) add('rule', '', rule);
  for (const rule of facts.decisive) add('decisive', '', rule);
  if (facts.errorType !== null) add('error', '', facts.errorType);
  for (const { type, id } of facts.subjects) {
    add('subject', '', `${type}/${id}`);
    add('subject id', '', id);
  }
  for (const step of facts.steps) {
    add('step', '', step.name);
    if (hasFailed(step)) add('failed', '', step.name);
  }
  return terms.toArray();
}

function addTextTerms(text: string): void {
  scanAtoms(text, ({ start, end, isWord, gluedFrom }) => {
    terms.add(hashText(text, SEED.atom, start, end));
    if (gluedFrom >= 0) terms.add(hashText(text, SEED.pair, gluedFrom, end));
    if (!isWord) return;
    for (const edge of EDGES) {
      if (end - start >= edge) terms.add(hashText(text, SEED.edge, start, start + edge));
    }
  });
}

/** Terms that every matching text has; empty if the query is too short to narrow by. */
export function termsOfQuery({ atoms }: TextQuery): number[] {
  const terms: number[] = [];
  const inPair = new Set<number>();
  for (const [place, atom] of atoms.entries()) {
    const before = atoms[place - 1];
    if (atom.glue === null || before === undefined || atom.isPrefix) continue;
    terms.push(hashText(before.text + atom.glue + atom.text, SEED.pair));
    inPair.add(place - 1).add(place);
  }
  for (const [place, { text, isPrefix }] of atoms.entries()) {
    if (inPair.has(place)) continue;
    const edge = EDGES.findLast((length) => text.length >= length);
    if (!isPrefix) terms.push(hashText(text, SEED.atom));
    else if (edge !== undefined) terms.push(hashText(text, SEED.edge, 0, edge));
  }
  return terms;
}
