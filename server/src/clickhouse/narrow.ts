import {
  compileText,
  metadataValues,
  type QueryNode,
  type QueryValue,
  type TermNode,
} from '@xray/core';
import type { Params } from './params.js';
import { factLine, wordsOfQuery } from './words.js';

/** What an execution must have to match: all words, beginnings of words and facts, or a candidate. */
interface Alternative {
  words: string[];
  beginnings: string[];
  facts: string[];
  candidate: string | null;
}

/** More alternatives would each be a scan of their own. */
const MAX_ALTERNATIVES = 16;

/**
 * Statements that name the keys (`at`, `id`) of all executions that can match, and of others. Undefined if any
 * execution may match.
 */
export function keysThatMayMatch(query: QueryNode, params: Params): string[] | undefined {
  return alternativesOf(query)?.map((alternative) => {
    if (alternative.candidate !== null) {
      return `SELECT at, execution_id AS id FROM appearances WHERE candidate = ${params.text(alternative.candidate)}`;
    }
    const conditions = [
      ...(alternative.words.length === 0
        ? []
        : [`hasAllTokens(words, ${params.texts(alternative.words)})`]),
      ...(alternative.facts.length === 0
        ? []
        : [`hasAllTokens(facts, ${params.texts(alternative.facts)})`]),
      // Letters and digits only, so nothing in it has a meaning for LIKE.
      ...alternative.beginnings.map((text) => `words LIKE ${params.text(`%${text}%`)}`),
    ];
    return `SELECT at, execution_id AS id FROM search WHERE ${conditions.join(' AND ')}`;
  });
}

function alternativesOf(query: QueryNode): Alternative[] | undefined {
  switch (query.kind) {
    case 'and':
      return query.nodes.map(alternativesOf).reduce(both, undefined);
    case 'or':
      return either(query.nodes.map(alternativesOf));
    case 'text': {
      const compiled = compileText(query.text, query.quoted);
      if (compiled === null) return [];
      const { whole, prefix } = wordsOfQuery(compiled.atoms);
      const beginnings = prefix === null ? [] : [prefix];
      // Ids in a ledger are compared whole, not by their words.
      return [
        { ...NOTHING, words: whole, beginnings },
        { ...NOTHING, candidate: compiled.text },
      ];
    }
    case 'term':
      return either(query.values.map((value) => alternativesOfValue(query, value)));
    default:
      return undefined;
  }
}

const NOTHING: Alternative = { words: [], beginnings: [], facts: [], candidate: null };

function alternativesOfValue(
  { field, key }: TermNode,
  { match, text }: QueryValue,
): Alternative[] | undefined {
  if (match === 'prefix') return undefined;
  const fact = (...line: Parameters<typeof factLine>): Alternative => ({
    ...NOTHING,
    facts: [factLine(...line)],
  });
  switch (field) {
    case 'candidate':
      return [{ ...NOTHING, candidate: text }];
    case 'subject':
      return text.includes('/')
        ? [fact('subject', '', text), fact('subject id', '', text)]
        : [fact('subject id', '', text)];
    case 'metadata':
      return metadataValues(text).map((value) => fact('metadata', key ?? '', value));
    case 'version':
      return [fact('version', key ?? '', text)];
    case 'rule':
      // How a rule was set is not a fact.
      return key === null ? [fact(field, '', text)] : undefined;
    case 'reason':
    case 'decisive':
    case 'error':
    case 'step':
    case 'failed':
    case 'tag':
      return [fact(field, '', text)];
    default:
      return undefined;
  }
}

function either(parts: (Alternative[] | undefined)[]): Alternative[] | undefined {
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  const all = known.flat();
  return all.length > MAX_ALTERNATIVES ? undefined : all;
}

function both(
  a: Alternative[] | undefined,
  b: Alternative[] | undefined,
): Alternative[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.length * b.length > MAX_ALTERNATIVES) return a.length <= b.length ? a : b;
  return a.flatMap((one) =>
    b.map((other) => ({
      words: [...one.words, ...other.words],
      beginnings: [...one.beginnings, ...other.beginnings],
      facts: [...one.facts, ...other.facts],
      candidate: one.candidate ?? other.candidate,
    })),
  );
}
