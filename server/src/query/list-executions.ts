import { createHash } from 'node:crypto';
import {
  FIRST_INSTANT_MS,
  LAST_INSTANT_MS,
  type ExecutionPage,
  type ExecutionQuery,
  type ExecutionSummary,
  type QueryNode,
} from '@xray/core';
import { DomainError } from '../errors.js';
import type { Search } from '../search/search.js';
import { ReadTooLong } from '../store/errors.js';
import { READ_LIMIT_MS } from '../store/read-within.js';
import type { ExecutionFilter, ListPlace, ListedExecution, Store } from '../store/store.js';
import { compileWhatIsKnown, isSearch } from './compile-filter.js';
import { conditionOf, readFilter } from './filter.js';
import { notSearchedOf } from './histories.js';
import { isNarrowable, narrowByIndex } from './narrow.js';
import { instantOf, toSearchRange } from './range.js';
import { isStale } from './read-executions.js';
import { narrowed } from './too-broad.js';

/** How long a walk through the list may take before the index is asked, in ms. */
const SOON_MS = 10;

export async function listExecutions(
  { store, search }: { store: Store; search: Search },
  app: string,
  query: ExecutionQuery,
  now: number,
): Promise<ExecutionPage> {
  const filter = readFilter(query);
  if (isSearch(filter)) return await searchExecutions(search, app, query, filter, now);
  const question = questionOf(app, query);
  const list = {
    app,
    where: conditionOf(filter, now),
    from: instantOf(query.from),
    to: instantOf(query.to),
    sort: query.sort,
    after: query.cursor === undefined ? undefined : readCursor(query.cursor, question, query.sort),
    // One extra row shows whether there is a next page.
    limit: query.limit + 1,
  };
  const rows = await narrowed(filter, query, async () => {
    if (!isNarrowable(filter)) return await store.listExecutions(list);
    const soon = await listSoon(store, list);
    if (soon !== undefined) return soon;
    const where = await narrowByIndex(search, list, filter);
    return await store.listExecutions({ ...list, where });
  });
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ summary }) => ({
      ...summary,
      stale: isStale(summary.status, Date.parse(summary.receivedAt), now),
    })),
    nextCursor:
      rows.length > page.length && last !== undefined
        ? writeCursor({ key: keyOf(last.summary, query.sort), id: last.id }, question)
        : null,
  };
}

/**
 * A common filter fills a page quickly by walking the list. A rare one would walk all of it, so the
 * search index is asked instead. PGlite can be stopped only at some points, so it does not try the
 * walk.
 */
async function listSoon(
  store: Store,
  list: ExecutionFilter,
): Promise<ListedExecution[] | undefined> {
  if (store.kind === 'pglite') return undefined;
  try {
    return await store.listExecutions({ ...list, limitMs: SOON_MS });
  } catch (error) {
    if (error instanceof ReadTooLong) return undefined;
    throw error;
  }
}

/** Executions with the filter's words or candidates, newest first. */
async function searchExecutions(
  search: Search,
  app: string,
  query: ExecutionQuery,
  filter: QueryNode,
  now: number,
): Promise<ExecutionPage> {
  if (query.sort !== '-at') {
    throw new DomainError('invalid', 'A search for words needs the order newest first: sort=-at.', [
      { path: 'sort', code: 'not_sortable' },
    ]);
  }
  const question = questionOf(app, query);
  const after =
    query.cursor === undefined ? undefined : readCursor(query.cursor, question, query.sort);
  const { items, next, left } = await narrowed(filter, query, () =>
    search.find({
      range: toSearchRange({ app, from: instantOf(query.from), to: instantOf(query.to) }),
      query: filter,
      where: compileWhatIsKnown(filter, now),
      before: after && { at: after.key, id: after.id },
      limit: query.limit,
      now,
      endsAt: performance.now() + READ_LIMIT_MS,
    }),
  );
  return {
    items: items.map(({ summary, matches }) => ({
      ...summary,
      stale: isStale(summary.status, Date.parse(summary.receivedAt), now),
      matches,
    })),
    nextCursor: next === undefined ? null : writeCursor({ key: next.at, id: next.id }, question),
    notSearched: notSearchedOf(left),
  };
}

/** The last row's key in the order, in ms. */
function keyOf(
  summary: Pick<ExecutionSummary, 'at' | 'receivedAt' | 'durationMs'>,
  sort: ExecutionQuery['sort'],
): number {
  switch (sort) {
    case 'at':
    case '-at':
      return Date.parse(summary.at);
    case 'received':
    case '-received':
      return Date.parse(summary.receivedAt);
    case 'duration':
    case '-duration':
      return summary.durationMs ?? -1;
  }
}

/**
 * A cursor is only valid for its own question. A page of another question would begin at a random
 * place.
 */
function questionOf(app: string, query: ExecutionQuery): string {
  const { cursor: _cursor, limit: _limit, ...question } = query;
  const text = JSON.stringify([app, Object.entries(question).toSorted()]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

function writeCursor({ key, id }: ListPlace, question: string): string {
  return Buffer.from(`${question} ${key} ${id}`).toString('base64url');
}

function readCursor(text: string, question: string, sort: ExecutionQuery['sort']): ListPlace {
  const plain = Buffer.from(text, 'base64url').toString('latin1');
  const [, cursorQuestion, ...numbers] = /^(\S{8}) (\S+) (\d{1,15})$/.exec(plain) ?? [];
  const [key = Number.NaN, id = Number.NaN] = numbers.map(Number);
  const [min, max] = sort.endsWith('duration')
    ? [-1, Number.MAX_VALUE]
    : [FIRST_INSTANT_MS, LAST_INSTANT_MS];
  if (!(key >= min && key <= max) || !Number.isInteger(id)) {
    throw new DomainError('invalid', 'This server did not issue the cursor.', [
      { path: 'cursor', code: 'invalid_cursor' },
    ]);
  }
  if (cursorQuestion !== question) {
    throw new DomainError(
      'invalid',
      'The cursor belongs to another filter or order. Ask for the first page again.',
      [{ path: 'cursor', code: 'other_cursor' }],
    );
  }
  return { key, id };
}
