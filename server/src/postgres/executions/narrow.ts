import { sql } from 'kysely';
import type { Counted, NotSearched, QueryNode } from '@xray/core';
import type { Place } from '../search/hits.js';
import { needOf } from '../search/needs.js';
import type { Search, SearchPage } from '../search/search.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { countConditionsOf } from './conditions.js';
import type { Engine } from './engine.js';
import type { BoundedScope, Counts } from '../../store/execution-store.js';
import { isSearch } from '../../store/fields.js';
import { READ_LIMIT_MS } from '../read-within.js';
import type { Condition, CountConditions, CountScope, RowScope } from '../scope.js';
import type { SearchRange } from '../search/search-store.js';

/** The limits for counting search results one by one: a number of executions, and a time in ms. */
const COUNT_LIMITS = { executions: 5_000, forMs: READ_LIMIT_MS };
/** Search results that are read at a time. */
const COUNTED_AT_ONCE = 1_000;

/** Whether the index can list the executions that a filter can match. */
export function isNarrowable(filter: QueryNode): boolean {
  return needOf(filter) !== undefined;
}

/** The condition, limited to the few executions that can match if the index knows them. */
export async function narrowByIndex(
  search: Search,
  scope: RowScope,
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
  /** The part that was counted, if not everything was. */
  counted: Counted | null;
}

/**
 * The conditions for counting. A search finds the executions, newest first, and they are counted by
 * id, within the limits.
 */
export async function conditionOfCounted(
  search: Search,
  scope: Omit<RowScope, 'where'>,
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
    // The first page reports this for the whole range.
    if (before === undefined) left = page.left;
    before = page.next;
    if (before !== undefined && (ids.length >= limits.executions || performance.now() > endsAt)) {
      counted = { executions: ids.length, since: new Date(before.at).toISOString() };
    }
  } while (before !== undefined && counted === null);
  return { where: sql`e.id = ANY(${ids}::bigint[])`, alike: sql`true`, left, counted };
}

/** Answers a question that counts. With words in the filter, it counts what a search finds. */
export async function countFound<Question extends BoundedScope, Row>(
  { search }: Engine,
  question: Question,
  count: (scope: Question & CountScope) => Promise<Row[]>,
): Promise<Counts<Row>> {
  const { filter, nowMs } = question;
  const { left, counted, ...conditions } = await conditionOfCounted(
    search,
    question,
    filter,
    nowMs,
  );
  const rows = await count({ ...question, ...conditions });
  return { rows, notSearched: notSearchedOf(left), counted };
}

/** The same range in the form that a search takes. */
export function toSearchRange({ app, from, to }: Omit<RowScope, 'where'>): SearchRange {
  return { app, from: from?.getTime() ?? -Infinity, to: to?.getTime() ?? Infinity };
}

export function notSearchedOf(left: SearchPage['left']): NotSearched | null {
  return (
    left && {
      from: left.from.toISOString(),
      to: left.to.toISOString(),
      executions: left.executions,
    }
  );
}
