import { sql } from 'kysely';
import type { QueryNode } from '@xray/core';
import { DomainError } from '../errors.js';
import { needOf } from '../search/needs.js';
import type { Search, SearchPage } from '../search/search.js';
import type { Condition, ExecutionScope } from '../store/store.js';
import { compileWhatIsKnown, isSearch } from './compile-filter.js';
import { conditionOf } from './filter.js';

/** Executions with the words of a search that are counted one by one. */
const MAX_COUNTED = 1_000;

/** Whether the index can tell which executions alone a filter can find. */
export function isNarrowable(filter: QueryNode): boolean {
  return needOf(filter) !== undefined;
}

/** The condition, narrowed to the few executions that can answer it where the index knows them. */
export async function narrowByIndex(
  search: Search,
  scope: ExecutionScope,
  filter: QueryNode,
): Promise<Condition> {
  const few = await search.findFew(rangeOfScope(scope), filter);
  if (few === undefined) return scope.where;
  const { xact, id } = few.after;
  return sql`(${scope.where} AND (e.id = ANY(${few.ids}::bigint[])
    OR (e.xact, e.id) > (${xact}::xid8, ${id}::bigint)))`;
}

/**
 * The condition on what is counted. Words are looked for first, and what has them is counted by its id;
 * throws a DomainError when that are too many.
 */
export async function conditionOfCounted(
  search: Search,
  scope: Omit<ExecutionScope, 'where'>,
  filter: QueryNode,
  now: number,
): Promise<{ where: Condition; left: SearchPage['left'] }> {
  if (!isSearch(filter)) {
    const where = conditionOf(filter, now);
    return { where: await narrowByIndex(search, { ...scope, where }, filter), left: null };
  }
  const { items, next, left } = await search.find({
    range: rangeOfScope(scope),
    query: filter,
    where: compileWhatIsKnown(filter, now),
    before: undefined,
    limit: MAX_COUNTED,
    now,
  });
  if (next !== undefined) {
    throw new DomainError(
      'too_broad',
      `More than ${MAX_COUNTED} executions may have these words; they are listed, and not counted. ` +
        'To narrow it: look at a shorter time (from, to); add a field to the words.',
      [{ path: 'q', code: 'too_broad', position: filter.start, limit: MAX_COUNTED }],
    );
  }
  return { where: sql`e.id = ANY(${items.map(({ id }) => id)}::bigint[])`, left };
}

function rangeOfScope({ app, from, to }: Omit<ExecutionScope, 'where'>): {
  app: string;
  from: number;
  to: number;
} {
  return { app, from: from?.getTime() ?? -Infinity, to: to?.getTime() ?? Infinity };
}
