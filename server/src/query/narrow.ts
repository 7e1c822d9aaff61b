import { sql } from 'kysely';
import type { Counted, QueryNode } from '@xray/core';
import type { Place } from '../search/hits.js';
import { needOf } from '../search/needs.js';
import type { Search, SearchPage } from '../search/search.js';
import { READ_LIMIT_MS } from '../store/read-within.js';
import type { Condition, CountConditions, ExecutionScope } from '../store/store.js';
import { compileWhatIsKnown, isSearch } from './compile-filter.js';
import { countConditionsOf } from './filter.js';
import { toSearchRange } from './range.js';

/** How far what a search finds is counted one by one: so many executions, and for so long, in ms. */
const COUNT_LIMITS = { executions: 5_000, forMs: READ_LIMIT_MS };
/** Executions found that are taken at a time. */
const COUNTED_AT_ONCE = 1_000;

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
  const few = await search.findFew(toSearchRange(scope), filter);
  if (few === undefined) return scope.where;
  const { xact, id } = few.after;
  return sql`(${scope.where} AND (e.id = ANY(${few.ids}::bigint[])
    OR (e.xact, e.id) > (${xact}::xid8, ${id}::bigint)))`;
}

export interface Countable extends CountConditions {
  left: SearchPage['left'];
  /** What of it the conditions stand for, where not for all. */
  counted: Counted | null;
}

/**
 * The conditions of what is counted. Words are looked for first, newest first, and what has them is counted
 * by its id, as far as the limits allow.
 */
export async function conditionOfCounted(
  search: Search,
  scope: Omit<ExecutionScope, 'where'>,
  filter: QueryNode,
  now: number,
  limits = COUNT_LIMITS,
): Promise<Countable> {
  if (!isSearch(filter)) {
    const { where, alike } = countConditionsOf(filter, now);
    const narrowed = await narrowByIndex(search, { ...scope, where }, filter);
    return { where: narrowed, alike, left: null, counted: null };
  }
  const endsAt = performance.now() + limits.forMs;
  const ids: number[] = [];
  let before: Place | undefined;
  let left: SearchPage['left'] = null;
  let counted: Counted | null = null;
  do {
    const page = await search.find({
      range: toSearchRange(scope),
      query: filter,
      where: compileWhatIsKnown(filter, now),
      before,
      limit: Math.min(COUNTED_AT_ONCE, limits.executions - ids.length),
      now,
      maxMatches: 0,
      endsAt,
    });
    ids.push(...page.items.map(({ id }) => id));
    // The first page says it for the whole range.
    if (before === undefined) left = page.left;
    before = page.next;
    if (before !== undefined && (ids.length >= limits.executions || performance.now() > endsAt)) {
      counted = { executions: ids.length, since: new Date(before.at).toISOString() };
    }
  } while (before !== undefined && counted === null);
  return { where: sql`e.id = ANY(${ids}::bigint[])`, alike: sql`true`, left, counted };
}
