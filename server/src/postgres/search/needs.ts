import {
  compileText,
  metadataValues,
  type QueryNode,
  type QueryValue,
  type TermNode,
} from '@xray/core';
import { factTerm, termsOfQuery } from '../../segments/terms.js';
import type { Part } from './index-reader.js';

/** The terms and candidates that an execution must have in the index to match the query. */
export type Need =
  | { kind: 'term'; hash: number }
  | { kind: 'candidate'; id: string }
  | { kind: 'all'; needs: Need[] }
  | { kind: 'any'; needs: Need[] };

/** Further terms of a phrase would narrow less than the check of the body does. */
const MAX_TERMS = 8;

/** Undefined if the index cannot narrow, because any execution may match. */
export function needOf(query: QueryNode): Need | undefined {
  switch (query.kind) {
    case 'and': {
      const needs = query.nodes.flatMap((node) => needOf(node) ?? []);
      return needs.length === 0 ? undefined : allOf(needs);
    }
    case 'or':
      return anyOf(query.nodes.map(needOf));
    case 'text':
      return needOfText(query.text, query.quoted);
    case 'term':
      return anyOf(query.values.map((value) => needOfTerm(query, value)));
    default:
      return undefined;
  }
}

function needOfText(text: string, quoted: boolean): Need | undefined {
  const compiled = compileText(text, quoted);
  if (compiled === null) return { kind: 'any', needs: [] };
  const terms = termsOfQuery(compiled).slice(0, MAX_TERMS);
  if (terms.length === 0) return undefined;
  const words = allOf(terms.map((hash): Need => ({ kind: 'term', hash })));
  // Ids in a ledger are looked up whole, not by their words.
  return { kind: 'any', needs: [words, { kind: 'candidate', id: compiled.text }] };
}

function needOfTerm({ field, key }: TermNode, { match, text }: QueryValue): Need | undefined {
  if (match === 'prefix') return undefined;
  switch (field) {
    case 'candidate':
      return { kind: 'candidate', id: text };
    case 'subject':
      return text.includes('/')
        ? anyOf([fact('subject', '', text), fact('subject id', '', text)])
        : fact('subject id', '', text);
    case 'metadata':
      return anyOf(metadataValues(text).map((value) => fact('metadata', key ?? '', value)));
    case 'version':
      return fact('version', key ?? '', text);
    case 'rule':
      // How a rule was set is not in the index.
      return key === null ? fact(field, '', text) : undefined;
    case 'reason':
    case 'decisive':
    case 'error':
    case 'step':
    case 'failed':
    case 'tag':
      return fact(field, '', text);
    case 'pipeline':
    case 'status':
    case 'outcome':
    case 'env':
    case 'id':
      return undefined;
  }
}

function fact(...[field, key, value]: Parameters<typeof factTerm>): Need {
  return { kind: 'term', hash: factTerm(field, key, value) };
}

function allOf(needs: Need[]): Need {
  const [only] = needs;
  return only !== undefined && needs.length === 1 ? only : { kind: 'all', needs };
}

function anyOf(needs: (Need | undefined)[]): Need | undefined {
  const known = needs.filter((need) => need !== undefined);
  if (known.length < needs.length) return undefined;
  const [only] = known;
  return only !== undefined && known.length === 1 ? only : { kind: 'any', needs: known };
}

/** The terms and the candidates that a need names. */
export function leavesOf(need: Need): { hashes: number[]; candidates: string[] } {
  const hashes = new Set<number>();
  const candidates = new Set<string>();
  const walk = (one: Need): void => {
    if (one.kind === 'term') hashes.add(one.hash);
    else if (one.kind === 'candidate') candidates.add(one.id);
    else for (const part of one.needs) walk(part);
  };
  walk(need);
  return { hashes: [...hashes], candidates: [...candidates] };
}

const EMPTY = new Uint32Array();

/** The places that meet the need, ascending. */
export function placesOf(need: Need, found: Pick<Part, 'term' | 'candidate'>): Uint32Array {
  switch (need.kind) {
    case 'term':
      return found.term(need.hash);
    case 'candidate':
      // Two steps of one execution may have the candidate.
      return Uint32Array.from(new Set(found.candidate(need.id).places));
    case 'any':
      return need.needs.map((part) => placesOf(part, found)).reduce(union, EMPTY);
    case 'all':
      return need.needs
        .map((part) => placesOf(part, found))
        .toSorted((a, b) => a.length - b.length)
        .reduce(intersection);
  }
}

function intersection(few: Uint32Array, many: Uint32Array): Uint32Array {
  const both = new Uint32Array(few.length);
  let count = 0;
  let at = 0;
  for (const place of few) {
    while (at < many.length && (many[at] ?? 0) < place) at++;
    if (many[at] === place) both[count++] = place;
  }
  return both.subarray(0, count);
}

function union(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const either = new Uint32Array(a.length + b.length);
  let count = 0;
  let left = 0;
  let right = 0;
  while (left < a.length || right < b.length) {
    const place = a[left] ?? Infinity;
    const other = b[right] ?? Infinity;
    either[count++] = Math.min(place, other);
    if (place <= other) left++;
    if (other <= place) right++;
  }
  return either.subarray(0, count);
}
