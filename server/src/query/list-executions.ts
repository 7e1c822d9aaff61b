import { createHash } from 'node:crypto';
import type { ExecutionPage, ExecutionQuery } from '@xray/core';
import { DomainError } from '../errors.js';
import type { Place } from '../store/answers.js';
import type { ExecutionStore } from '../store/execution-store.js';
import { isSearch } from '../store/fields.js';
import { decodeCursor, encodeCursor, fromCursor } from './cursor.js';
import { readFilter } from './filter.js';
import { instantOf } from './range.js';
import { withStale } from './read-executions.js';
import { narrowed } from './too-broad.js';

export async function listExecutions(
  store: ExecutionStore,
  app: string,
  query: ExecutionQuery,
  now: number,
): Promise<ExecutionPage> {
  const filter = readFilter(query);
  const asksForWords = isSearch(filter);
  if (asksForWords && query.sort !== '-at') {
    throw new DomainError('invalid', 'A search for words needs the order newest first: sort=-at.', [
      { path: 'sort', code: 'not_sortable' },
    ]);
  }
  const question = questionOf(app, query);
  const { items, next, notSearched } = await narrowed(filter, query, () =>
    fromCursor(() =>
      store.listExecutions({
        app,
        filter,
        from: instantOf(query.from),
        to: instantOf(query.to),
        nowMs: now,
        sort: query.sort,
        after: query.cursor === undefined ? undefined : readCursor(query.cursor, question),
        limit: query.limit,
      }),
    ),
  );
  return {
    items: items.map((found) => withStale(found, now)),
    nextCursor: next === undefined ? null : encodeCursor(`${question} ${next}`),
    ...(asksForWords && { notSearched }),
  };
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

/** A text without a question is not a cursor, and no store made its place. */
function readCursor(text: string, question: string): Place {
  const [, cursorQuestion = question, place = ''] =
    /^(\S{8}) (.+)$/s.exec(decodeCursor(text)) ?? [];
  if (cursorQuestion === question) return place;
  throw new DomainError(
    'invalid',
    'The cursor belongs to another filter or order. Ask for the first page again.',
    [{ path: 'cursor', code: 'other_cursor' }],
  );
}
