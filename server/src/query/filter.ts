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

/** What a question may say of the executions that it is about; all of it must hold. */
export interface FilterQuery {
  q?: string | undefined;
  pipeline?: string | undefined;
  status?: Status | undefined;
  outcome?: string | undefined;
  environment?: string | undefined;
}

/** Reads `q` and the single filters beside it. Throws a DomainError that points into it, by its name. */
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

/** The condition on `xray.executions e` that a filter stands for. */
export function conditionOf(query: QueryNode, now: number, name = 'q'): Condition {
  return compileFilter(query, { now, seek: (sought) => refuseSearch(sought, name) });
}

/**
 * The conditions of what is counted. The pipelines belong to the rows: an index begins with them. Not so where the
 * filter is one of several alternatives (`isAlone: false`), which no index answers.
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

/** What all has to hold. */
export function partsOf(node: QueryNode): QueryNode[] {
  return node.kind === 'and' ? node.nodes.flatMap(partsOf) : [node];
}

function termOf(field: TextField, text: string): TermNode {
  const nowhere = { start: 0, end: 0 };
  const values = [{ match: 'is' as const, text, ...nowhere }];
  return { kind: 'term', field, key: null, values, ...nowhere };
}

function refuseSearch(sought: Sought, name: string): never {
  const what = sought.kind === 'text' ? 'Words without a field' : 'candidate:';
  throw new DomainError('invalid', `${name}, at ${sought.start}: ${what} cannot be used here.`, [
    { path: name, code: 'not_searchable', position: sought.start },
  ]);
}
