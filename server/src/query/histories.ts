import {
  FIRST_INSTANT_MS,
  allOf,
  type CandidateHistory,
  type HistoryQuery,
  type Lookup,
  type OutcomeStrip,
  type SubjectHistory,
} from '@xray/core';
import type { ValueOverTime } from '../store/answers.js';
import type { BoundedRange, ExecutionStore, HistoryQuestion } from '../store/execution-store.js';
import { bucketWidthOf } from './bucket-width.js';
import { decodeCursor, encodeCursor, fromCursor } from './cursor.js';
import { rangeOf } from './range.js';
import { withStale } from './read-executions.js';

export interface HistoryDeps {
  executions: ExecutionStore;
  now: () => number;
}

/** A record's time can be this far ahead of the server's clock (records/read-snapshot.ts). */
const MAX_AHEAD_MS = 5 * 60_000;
const STRIP_BUCKETS = 60;
/** The largest number of values in one list of counts. */
const MAX_COUNTED = 100;

/** Every decision on a candidate in a range. */
export async function candidateHistory(
  { executions, now }: HistoryDeps,
  app: string,
  id: string,
  query: HistoryQuery,
): Promise<CandidateHistory> {
  const question = questionOf(app, query, now());
  const found = await fromCursor(() =>
    executions.readCandidateHistory({ ...question, candidate: id }),
  );
  const { byFate } = found;
  const notKept = byFate.filter(({ outcome }) => outcome !== 'selected' && outcome !== 'kept');
  const byStep = countBy(byFate, ({ pipeline, step }) => JSON.stringify([pipeline, step]));
  return {
    ...rangeShown(question),
    id,
    executions: found.executions,
    appearances: byFate.reduce((sum, { count }) => sum + count, 0),
    byOutcome: Object.fromEntries(countBy(byFate, ({ outcome }) => outcome)),
    byReason: shownCounts(countBy(notKept, ({ reason }) => reason)),
    byStep: byCount(byStep).map(([key, count]) => {
      const [pipeline = '', step = ''] = JSON.parse(key) as string[];
      return { pipeline, step, count };
    }),
    strip: stripOf(question, found.byTime),
    items: found.items.flatMap(({ execution, appearances }) => {
      const { executionId, pipeline, environment, at, outcome: decision } = execution;
      return appearances.map((appearance) => ({
        executionId,
        pipeline,
        environment,
        at,
        decision,
        ...appearance,
      }));
    }),
    nextCursor: found.next === undefined ? null : encodeCursor(found.next),
    notSearched: found.notSearched,
  };
}

/** Every execution in a range that decided about a subject. */
export async function subjectHistory(
  deps: HistoryDeps,
  app: string,
  subject: { type: string; id: string },
  query: HistoryQuery,
): Promise<SubjectHistory> {
  const now = deps.now();
  const question = questionOf(app, query, now);
  const found = await fromCursor(() =>
    deps.executions.readSubjectHistory({ ...question, subject }),
  );
  const counted = (counts: { value: string; count: number }[]) =>
    shownCounts(countBy(counts, ({ value }) => value));
  return {
    ...rangeShown(question),
    ...subject,
    executions: found.executions,
    byOutcome: counted(found.byOutcome),
    byReason: counted(found.byReason),
    strip: stripOf(question, found.byTime),
    items: found.items.map(({ execution, rules }) => ({ ...withStale(execution, now), rules })),
    nextCursor: found.next === undefined ? null : encodeCursor(found.next),
    notSearched: found.notSearched,
  };
}

/** The kinds of things that have this id. */
export async function lookUp(
  { executions, now }: HistoryDeps,
  app: string,
  id: string,
  query: Pick<HistoryQuery, 'from' | 'to'>,
): Promise<Lookup> {
  return { id, ...(await executions.countRoles(historyRange(app, query, now()), id)) };
}

/** Without an end, the range includes executions that are arriving now. */
function historyRange(
  app: string,
  query: Pick<HistoryQuery, 'from' | 'to'>,
  now: number,
): BoundedRange {
  return { app, ...rangeOf(query, allOf([]), now + MAX_AHEAD_MS) };
}

function questionOf(app: string, query: HistoryQuery, now: number): HistoryQuestion {
  const range = historyRange(app, query, now);
  const [from, to] = [range.from.getTime(), range.to.getTime()];
  const bucketMs = bucketWidthOf(to - from, STRIP_BUCKETS);
  const origin = new Date(Math.max(Math.floor(from / bucketMs) * bucketMs, FIRST_INSTANT_MS));
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  return { ...range, origin, bucketMs, after, limit: query.limit };
}

function rangeShown({ from, to }: BoundedRange): { from: string; to: string } {
  return { from: from.toISOString(), to: to.toISOString() };
}

function stripOf({ to, origin, bucketMs }: HistoryQuestion, byTime: ValueOverTime[]): OutcomeStrip {
  const start = origin.getTime();
  const length = Math.ceil((to.getTime() - start) / bucketMs);
  const series = new Map<string, number[]>();
  for (const { value, startMs, count } of byTime) {
    const counts = series.get(value) ?? Array.from({ length }, () => 0);
    counts[(startMs - start) / bucketMs] = count;
    series.set(value, counts);
  }
  return {
    from: origin.toISOString(),
    bucketMs,
    series: byCount(countBy(byTime, ({ value }) => value)).map(([value]) => ({
      value,
      counts: series.get(value) ?? [],
    })),
  };
}

/** Adds the counts of the items by key. */
function countBy<Item extends { count: number }, Key>(
  items: Item[],
  keyOf: (item: Item) => Key,
): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + item.count);
  }
  return counts;
}

/** The most frequent first. The key null is not counted. */
function byCount(counts: Map<string | null, number>): [string, number][] {
  return [...counts]
    .filter((count): count is [string, number] => count[0] !== null)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MAX_COUNTED);
}

function shownCounts(counts: Map<string | null, number>): { value: string; count: number }[] {
  return byCount(counts).map(([value, count]) => ({ value, count }));
}
