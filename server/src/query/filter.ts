import {
  allOf,
  parseQuery,
  type QueryNode,
  type Status,
  type TermNode,
  type TextField,
} from '@xray/core';
import { DomainError } from '../errors.js';
import type { Condition, CountConditions } from '../store/store.js';
import { compileFilter, isOfAlike, type Sought } from './compile-filter.js';

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

/** The condition of a filter on `xray.executions e`. */
export function conditionOf(query: QueryNode, now: number, name = 'q'): Condition {
  return compileFilter(query, { now, seek: (node) => refuseSearch(node, name) });
}

/**
 * The conditions for counting. The pipelines are checked for each row, because an index begins with
 * them. If the filter is one of several alternatives (`isAlone: false`), no index applies.
 */
export function countConditionsOf(
  query: QueryNode,
  now: number,
  name = 'q',
  { isAlone = true } = {},
): CountConditions {
  const parts = partsOf(query);
  const isAskedOnce = (part: QueryNode): boolean =>
    isOfAlike(part) && !(isAlone && part.kind === 'term' && part.field === 'pipeline');
  return {
    where: conditionOf(allOf(parts.filter((part) => !isAskedOnce(part))), now, name),
    alike: conditionOf(allOf(parts.filter(isAskedOnce)), now, name),
  };
}

/** The conditions that must all hold. */
export function partsOf(node: QueryNode): QueryNode[] {
  return node.kind === 'and' ? node.nodes.flatMap(partsOf) : [node];
}

function termOf(field: TextField, text: string): TermNode {
  const nowhere = { start: 0, end: 0 };
  const values = [{ match: 'is' as const, text, ...nowhere }];
  return { kind: 'term', field, key: null, values, ...nowhere };
}

function refuseSearch(node: Sought, name: string): never {
  const what = node.kind === 'text' ? 'Words without a field' : 'candidate:';
  throw new DomainError('invalid', `${name}, at ${node.start}: ${what} cannot be used here.`, [
    { path: name, code: 'not_searchable', position: node.start },
  ]);
}
