import type { ExecutionSummary } from '@xray/core';
import type { FoundExecution } from '../../store/answers.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { conditionOf } from './conditions.js';
import type { Engine } from './engine.js';
import { ReadTooLong } from '../../store/errors.js';
import type { FoundPage, ListQuestion } from '../../store/execution-store.js';
import { listRows } from '../rows.js';
import { isSearch } from '../../store/fields.js';
import { isNarrowable, narrowByIndex, notSearchedOf, toSearchRange } from './narrow.js';
import { readPlace, writePlace, writeTimePlace } from '../places.js';
import { READ_LIMIT_MS } from '../read-within.js';
import type { ListedExecution, RowFilter } from '../scope.js';

/** How long a walk through the list may take before the index is asked, in ms. */
const SOON_MS = 10;
/** Postgres treats 0 as no limit for a statement. */
const NO_LIMIT_MS = 0;

export async function listExecutions(engine: Engine, question: ListQuestion): Promise<FoundPage> {
  const { filter, nowMs, limit, sort, isWhole = false } = question;
  const after = readPlace(question.after, sort);
  if (isSearch(filter)) return await searchExecutions(engine, question);
  const list: RowFilter = {
    ...question,
    where: conditionOf(filter, nowMs),
    after,
    // One extra row shows whether there is a next page.
    limit: limit + 1,
    ...(isWhole && { limitMs: NO_LIMIT_MS }),
  };
  const rows = isWhole
    ? await listRows(engine.db, list)
    : await listNarrowed(engine, question, list);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > page.length && last !== undefined;
  return {
    items: page.map(({ summary }) => summary),
    next: hasMore ? writePlace({ key: keyOf(last.summary, sort), id: last.id }) : undefined,
    notSearched: null,
  };
}

/**
 * A common filter fills a page quickly by walking the list. A rare one would walk all of it, so the
 * search index is asked instead.
 */
async function listNarrowed(
  engine: Engine,
  { filter }: ListQuestion,
  list: RowFilter,
): Promise<ListedExecution[]> {
  if (!isNarrowable(filter)) return await listRows(engine.db, list);
  const soon = await listSoon(engine, list);
  if (soon !== undefined) return soon;
  const where = await narrowByIndex(engine.search, list, filter);
  return await listRows(engine.db, { ...list, where });
}

/** PGlite can be stopped only at some points, so it does not try the walk. */
async function listSoon(
  { db, kind }: Engine,
  list: RowFilter,
): Promise<ListedExecution[] | undefined> {
  if (kind === 'pglite') return undefined;
  try {
    return await listRows(db, { ...list, limitMs: SOON_MS });
  } catch (error) {
    if (error instanceof ReadTooLong) return undefined;
    throw error;
  }
}

/** Executions with the filter's words or candidates, newest first. */
async function searchExecutions({ search }: Engine, question: ListQuestion): Promise<FoundPage> {
  const { filter, nowMs, limit, isWhole = false } = question;
  if (question.sort !== '-at') throw new TypeError('a search finds the newest first');
  const after = readPlace(question.after, question.sort);
  const { items, next, left } = await search.find({
    range: toSearchRange(question),
    query: filter,
    where: compileWhatIsKnown(filter, nowMs),
    before: after && { at: after.key, id: after.id },
    limit,
    now: nowMs,
    ...(isWhole ? { isWhole, maxMatches: 0 } : { endsAt: performance.now() + READ_LIMIT_MS }),
  });
  return {
    items: items.map(({ summary, matches }): FoundExecution =>
      isWhole ? summary : { ...summary, matches },
    ),
    next: next && writeTimePlace(next),
    notSearched: notSearchedOf(left),
  };
}

/** The last row's key in the order, in ms. */
function keyOf(
  summary: Pick<ExecutionSummary, 'at' | 'receivedAt' | 'durationMs'>,
  sort: ListQuestion['sort'],
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
