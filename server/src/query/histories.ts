import { sql } from 'kysely';
import {
  allOf,
  type CandidateHistory,
  type ExecutionSummary,
  type HistoryQuery,
  type Lookup,
  type NotSearched,
  type OutcomeStrip,
  type SubjectHistory,
} from '@xray/core';
import { DomainError } from '../errors.js';
import type { Appeared, Occurrences, Search } from '../search/search.js';
import type { SearchRange } from '../store/search-store.js';
import type { Store } from '../store/store.js';
import { bucketWidthOf } from './bucket-width.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { rangeOf } from './range.js';
import { isStale } from './read-executions.js';

export interface HistoryDeps {
  store: Store;
  search: Search;
  now: () => number;
}

/** A record can lie so far ahead of the server's clock (ingest/read-snapshot.ts). */
const MAX_AHEAD_MS = 5 * 60_000;
const STRIP_BUCKETS = 60;
/** Values of one list of counts. */
const MAX_COUNTED = 100;

/** Every appearance of a candidate in a range: counted from the index, and a page of them from the record. */
export async function candidateHistory(
  deps: HistoryDeps,
  app: string,
  id: string,
  query: HistoryQuery,
): Promise<CandidateHistory> {
  const { store, search } = deps;
  const range = searchRangeOf(app, query, deps.now());
  const { items: all, left } = await search.findCandidate(range, id);
  const executions = executionsOf(all);
  const { page, nextCursor } = pageOf(executions, query);
  const ids = page.map((one) => one.id);
  const [rows, appearances] = await Promise.all([
    store.index.listByIds(ids, ANY),
    search.readAppearances(ids, id),
  ]);
  const summaries = new Map(rows.map((row) => [row.id, row.summary]));
  const notKept = all.filter(({ fate }) => fate.outcome !== 'selected' && fate.outcome !== 'kept');
  const byStep = countBy(all, ({ fate }) => JSON.stringify([fate.pipeline, fate.step]));
  return {
    ...rangeShown(range),
    id,
    executions: executions.length,
    appearances: all.length,
    byOutcome: Object.fromEntries(countBy(all, ({ fate }) => fate.outcome)),
    byReason: counted(notKept.flatMap(({ fate }) => fate.reason ?? [])),
    byStep: byCount(byStep).map(([key, count]) => {
      const [pipeline = '', step = ''] = JSON.parse(key) as string[];
      return { pipeline, step, count };
    }),
    strip: stripOf(
      range,
      all.map(({ entry, fate }) => ({ at: entry.at, value: fate.outcome })),
    ),
    items: page.flatMap((one) => {
      const summary = summaries.get(one.id);
      if (summary === undefined) return [];
      const { executionId, pipeline, environment, at, outcome: decision } = summary;
      return (appearances.get(one.id) ?? []).map((appearance) => ({
        executionId,
        pipeline,
        environment,
        at,
        decision,
        ...appearance,
      }));
    }),
    nextCursor,
    notSearched: notSearchedOf(left),
  };
}

/** Every execution in a range that decided on a subject. */
export async function subjectHistory(
  deps: HistoryDeps,
  app: string,
  subject: { type: string; id: string },
  query: HistoryQuery,
): Promise<SubjectHistory> {
  const { store, search } = deps;
  const now = deps.now();
  const range = searchRangeOf(app, query, now);
  const written = `${subject.type}/${subject.id}`;
  const { items: all, left } = await search.findFact(range, 'subject', '', written);
  // Equal hashes can be of other subjects, and a slash can stand in a type.
  const found = await store.index.readSubject(idsOf(all), subject);
  const rows = found.toSorted((a, b) => b.at - a.at || b.id - a.id);
  const { page, nextCursor } = pageOf(rows, query);
  const ids = page.map(({ id }) => id);
  const [listed, rules] = await Promise.all([
    store.index.listByIds(ids, ANY),
    search.readRules(ids),
  ]);
  const summaries = new Map(listed.map((row) => [row.id, row.summary]));
  return {
    ...rangeShown(range),
    ...subject,
    executions: rows.length,
    byOutcome: counted(rows.flatMap(({ outcome }) => outcome ?? [])),
    byReason: counted(rows.flatMap(({ reasons }) => [...new Set(reasons)])),
    strip: stripOf(
      range,
      rows.flatMap(({ at, outcome }) => (outcome === null ? [] : [{ at, value: outcome }])),
    ),
    items: ids.flatMap((id) => {
      const summary = summaries.get(id);
      return summary === undefined
        ? []
        : [{ ...withStale(summary, now), rules: rules.get(id) ?? [] }];
    }),
    nextCursor,
    notSearched: notSearchedOf(left),
  };
}

/** What an id is known as. */
export async function lookUp(
  deps: HistoryDeps,
  app: string,
  id: string,
  query: Pick<HistoryQuery, 'from' | 'to'>,
): Promise<Lookup> {
  const { store, search } = deps;
  const range = searchRangeOf(app, query, deps.now());
  // One after the other: a heavy read may hold two connections (heavy-reads.ts), and the index takes both.
  const execution = await store.readExecution(app, id);
  const candidate = await search.findCandidate(range, id);
  const subject = await search.findFact(range, 'subject id', '', id);
  return {
    id,
    execution: execution !== undefined,
    candidate: executionsOf(candidate.items).length,
    subjects: await store.index.countSubjectTypes(idsOf(subject.items), id),
  };
}

const ANY = sql<boolean>`true`;

/** Without an end, what is just coming in belongs to it too. */
function searchRangeOf(
  app: string,
  query: Pick<HistoryQuery, 'from' | 'to'>,
  now: number,
): SearchRange {
  const { from, to } = rangeOf(query, allOf([]), now + MAX_AHEAD_MS);
  return { app, from: from.getTime(), to: to.getTime() };
}

function rangeShown({ from, to }: SearchRange): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** The executions of appearances, in their order. */
function executionsOf(all: Appeared[]): { id: number; at: number }[] {
  const executions = new Map(all.map(({ entry }) => [entry.id, entry]));
  return [...executions.values()];
}

function idsOf(items: Occurrences<{ entry: { id: number } }>['items']): number[] {
  return [...new Set(items.map(({ entry }) => entry.id))];
}

/** The next `limit` executions behind the cursor. */
function pageOf<Row extends { id: number; at: number }>(
  rows: Row[],
  { cursor, limit }: HistoryQuery,
): { page: Row[]; nextCursor: string | null } {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest =
    after === undefined
      ? rows
      : rows.filter(({ at, id }) => at < after.at || (at === after.at && id < after.id));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rest.length > page.length && last !== undefined;
  return {
    page,
    nextCursor: hasMore ? encodeCursor({ at: new Date(last.at), id: last.id }) : null,
  };
}

function readCursor(text: string): { at: number; id: number } {
  const cursor = decodeCursor(text);
  if (cursor === undefined) {
    throw new DomainError('invalid', 'The cursor is not one that this server gave.', [
      { path: 'cursor', code: 'invalid_cursor' },
    ]);
  }
  return { at: cursor.at.getTime(), id: cursor.id };
}

function stripOf({ from, to }: SearchRange, events: { at: number; value: string }[]): OutcomeStrip {
  const bucketMs = bucketWidthOf(to - from, STRIP_BUCKETS);
  const start = Math.floor(from / bucketMs) * bucketMs;
  const buckets = Math.ceil((to - start) / bucketMs);
  const series = new Map<string, number[]>();
  for (const [value] of byCount(countBy(events, (event) => event.value))) {
    series.set(
      value,
      Array.from({ length: buckets }, () => 0),
    );
  }
  for (const { at, value } of events) {
    const counts = series.get(value);
    const bucket = Math.floor((at - start) / bucketMs);
    if (counts !== undefined) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return {
    from: new Date(start).toISOString(),
    bucketMs,
    series: [...series].map(([value, counts]) => ({ value, counts })),
  };
}

function countBy<Item>(items: Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function byCount(counts: Map<string, number>): [string, number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_COUNTED);
}

function counted(values: string[]): { value: string; count: number }[] {
  return byCount(countBy(values, (value) => value)).map(([value, count]) => ({ value, count }));
}

function withStale(summary: Omit<ExecutionSummary, 'stale'>, now: number): ExecutionSummary {
  return { ...summary, stale: isStale(summary.status, Date.parse(summary.receivedAt), now) };
}

export function notSearchedOf(left: Occurrences<never>['left']): NotSearched | null {
  return (
    left && {
      from: left.from.toISOString(),
      to: left.to.toISOString(),
      executions: left.executions,
    }
  );
}
