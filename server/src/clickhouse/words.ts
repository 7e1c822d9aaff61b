import {
  factsOf,
  hasFailed,
  isNumber,
  normalizedForms,
  numberKey,
  scanAtoms,
  stringifyJson,
  visitTexts,
  type MetadataValue,
  type QueryAtom,
  type Snapshot,
} from '@xray/core';
import { storable } from './params.js';

/**
 * What an execution is searched by. The engine only cuts `words` at spaces and `facts` at line ends, so a word is
 * the same in every script as for core, which made it.
 */
export interface SearchedTexts {
  words: string;
  facts: string;
}

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

export function searchedTextsOf(snapshot: Snapshot): SearchedTexts {
  const words = new Set<string>();
  visitTexts(snapshot, (text) => {
    for (const form of normalizedForms(text)) addWords(form, words);
  });
  return { words: [...words].join(' '), facts: [...factLines(snapshot)].join('\n') };
}

/** One line for a value, without line ends. */
export function factLine(field: FactField, key: string, value: MetadataValue): string {
  return JSON.stringify([field, key, canonical(value)]);
}

/** The text of a value: equal values have the same, and different ones do not. */
export function canonical(value: unknown): string {
  if (isNumber(value)) return String(numberKey(value));
  return stringifyJson(typeof value === 'string' ? storable(value) : value);
}

/** The words that every text has in which these atoms follow each other. */
export function wordsOfQuery(atoms: readonly QueryAtom[]): {
  whole: string[];
  prefix: string | null;
} {
  const whole: string[] = [];
  const inPair = new Set<number>();
  for (const [place, atom] of atoms.entries()) {
    const before = atoms[place - 1];
    if (atom.glue === null || before === undefined || atom.isPrefix) continue;
    whole.push(toWord(before.text + atom.glue + atom.text));
    inPair.add(place - 1).add(place);
  }
  for (const [place, atom] of atoms.entries()) {
    if (!inPair.has(place) && !atom.isPrefix) whole.push(atom.text);
  }
  const open = atoms.find((atom) => atom.isPrefix);
  return { whole, prefix: open?.text ?? null };
}

function addWords(text: string, words: Set<string>): void {
  scanAtoms(text, ({ start, end, gluedFrom }) => {
    words.add(text.slice(start, end));
    if (gluedFrom >= 0) words.add(toWord(text.slice(gluedFrom, end)));
  });
}

/** Characters at which the engine would cut a pair, and a letter of the Yi script for each. */
const CONNECTORS = "-_.:/@#+&'’,=%~\\·";
const FIRST_LETTER = 0xa000;

function toWord(pair: string): string {
  let word = '';
  for (const character of pair) {
    const place = CONNECTORS.indexOf(character);
    word += place < 0 ? character : String.fromCharCode(FIRST_LETTER + place);
  }
  return word;
}

function* factLines(snapshot: Snapshot): Generator<string> {
  const facts = factsOf(snapshot);
  for (const tag of facts.tags) yield factLine('tag', '', tag);
  for (const [key, value] of Object.entries(facts.metadata)) yield factLine('metadata', key, value);
  for (const [key, value] of Object.entries(facts.versions)) yield factLine('version', key, value);
  for (const reason of facts.reasons) yield factLine('reason', '', reason);
  for (const rule of facts.rules) yield factLine('rule', '', rule);
  for (const rule of facts.decisive) yield factLine('decisive', '', rule);
  if (facts.errorType !== null) yield factLine('error', '', facts.errorType);
  for (const { type, id } of facts.subjects) {
    yield factLine('subject', '', `${type}/${id}`);
    yield factLine('subject id', '', id);
  }
  for (const step of facts.steps) {
    yield factLine('step', '', step.name);
    if (hasFailed(step)) yield factLine('failed', '', step.name);
  }
}
