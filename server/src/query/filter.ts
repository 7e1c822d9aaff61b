import {
  allOf,
  parseQuery,
  queryLeaves,
  type QueryNode,
  type Status,
  type TermNode,
  type TextField,
} from '@xray/core';
import { DomainError } from '../errors.js';
import { isSought } from '../store/fields.js';

/** The filters of a question. An execution must match all of them. */
export interface FilterQuery {
  q?: string | undefined;
  pipeline?: string | undefined;
  status?: Status | undefined;
  outcome?: string | undefined;
  environment?: string | undefined;
}

/**
 * Reads `q` and the filters next to it. Throws a DomainError that names the parameter and the
 * position.
 */
export function readFilter(
  { q, pipeline, status, outcome, environment }: FilterQuery,
  name = 'q',
): QueryNode {
  const parsed = parseQuery(q ?? '');
  if (!parsed.ok) {
    const { code, message, start } = parsed.error;
    throw new DomainError('invalid', `${name}, at ${start}: ${message}`, [
      { path: name, code, position: start },
    ]);
  }
  const single = Object.entries({ pipeline, status, outcome, env: environment }).flatMap(
    ([field, text]) => (text === undefined ? [] : [termOf(field as TextField, text)]),
  );
  return allOf([parsed.query, ...single]);
}

/** The same for a question that only columns answer. Throws a DomainError if it asks for words or candidates. */
export function readPlainFilter(query: FilterQuery, name = 'q'): QueryNode {
  const filter = readFilter(query, name);
  const sought = [...queryLeaves(filter)].find(isSought);
  if (sought === undefined) return filter;
  const what = sought.kind === 'text' ? 'Words without a field' : 'candidate:';
  throw new DomainError('invalid', `${name}, at ${sought.start}: ${what} cannot be used here.`, [
    { path: name, code: 'not_searchable', position: sought.start },
  ]);
}

function termOf(field: TextField, text: string): TermNode {
  const nowhere = { start: 0, end: 0 };
  const values = [{ match: 'is' as const, text, ...nowhere }];
  return { kind: 'term', field, key: null, values, ...nowhere };
}
