import { sql } from 'kysely';
import {
  FIRST_INSTANT_MS,
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
import { isOlder, type Place } from '../search/hits.js';
import type { Occurrences } from '../search/occurrences.js';
import type { Everywhere, Search } from '../search/search.js';
import type { Fate } from '../segments/segment.js';
import type { SearchRange } from '../store/search-store.js';
import type { ListedExecution, Store } from '../store/store.js';
import { bucketWidthOf } from './bucket-width.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { rangeOf } from './range.js';
import { isStale } from './read-executions.js';

export interface HistoryDeps {
  store: Store;
  search: Search;
  now: () => number;
}

/** A record's time can be this far ahead of the server's clock (records/read-snapshot.ts). */
const MAX_AHEAD_MS = 5 * 60_000;
const STRIP_BUCKETS = 60;
/**
 * The bytes of bodies that are parsed for one page. A body with 3,000 candidates has about 50 KB.
 */
const MAX_PAGE_BYTES = 1024 * 1024;
/** The largest number of values in one list of counts. */
const MAX_COUNTED = 100;

/**
 * Every decision on a candidate in a range. The index gives the counts, and the records give one
 * page of them.
 */
export async function candidateHistory(
  deps: HistoryDeps,
  app: string,
  id: string,
  query: HistoryQuery,
): Promise<CandidateHistory> {
  const { store, search } = deps;
  const range = searchRangeOf(app, query, deps.now());
  const { found, left } = await search.findCandidate(range, id);
  const { ats, codes, fates } = found;
  const { ids, summaries, nextCursor } = await readPage(store, newestOf(found, query), query);
  const appearances = await search.readAppearances(ids, id);
  // All appearances share a few fates, so each fate is analyzed once.
  const counts = countCodes(codes, fates);
  const notKept = counts.filter(([{ outcome }]) => outcome !== 'selected' && outcome !== 'kept');
  const byStep = countFates(counts, ({ pipeline, step }) => JSON.stringify([pipeline, step]));
  return {
    ...rangeShown(range),
    id,
    executions: executionsIn(found),
    appearances: codes.length,
    byOutcome: Object.fromEntries(countFates(counts, ({ outcome }) => outcome)),
    byReason: shownCounts(countFates(notKept, ({ reason }) => reason)),
    byStep: byCount(byStep).map(([key, count]) => {
      const [pipeline = '', step = ''] = JSON.parse(key) as string[];
      return { pipeline, step, count };
    }),
    strip: stripOf(
      range,
      ats,
      codes,
      fates.map(({ outcome }) => outcome),
    ),
    items: ids.flatMap((execution) => {
      const summary = summaries.get(execution);
      if (summary === undefined) return [];
      const { executionId, pipeline, environment, at, outcome: decision } = summary;
      return (appearances.get(execution) ?? []).map((appearance) => ({
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

/** Every execution in a range that decided about a subject. */
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
  const { found, left } = await search.findFact(range, 'subject', '', written);
  // Other subjects can have the same hash, and a type can contain a slash.
  const rows = await store.index.readSubject([...new Set(found.ids)], subject);
  const ats = rows.map(({ at }) => at);
  const outcomes = coded(rows.map(({ outcome }) => outcome));
  const newest = newestOf({ ids: rows.map(({ id }) => id), ats }, query);
  const { ids, summaries, nextCursor } = await readPage(store, newest, query);
  const rules = await search.readRules(ids);
  return {
    ...rangeShown(range),
    ...subject,
    executions: rows.length,
    byOutcome: shownCounts(countBy(rows, ({ outcome }) => outcome)),
    byReason: shownCounts(
      countBy(
        rows.flatMap(({ reasons }) => [...new Set(reasons)]),
        (reason) => reason,
      ),
    ),
    strip: stripOf(range, ats, outcomes.codes, outcomes.values),
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

/** The kinds of things that have this id. */
export async function lookUp(
  deps: HistoryDeps,
  app: string,
  id: string,
  query: Pick<HistoryQuery, 'from' | 'to'>,
): Promise<Lookup> {
  const { store, search } = deps;
  const range = searchRangeOf(app, query, deps.now());
  // The reads run one after the other: a heavy read may hold two connections (heavy-reads.ts), and
  // the index takes both.
  const execution = await store.readExecution(app, id);
  const candidate = await search.findCandidate(range, id);
  const subject = await search.findFact(range, 'subject id', '', id);
  return {
    id,
    execution: execution !== undefined,
    candidate: executionsIn(candidate.found),
    subjects: await store.index.countSubjectTypes([...new Set(subject.found.ids)], id),
  };
}

const ANY = sql<boolean>`true`;

/** Without an end, the range includes executions that are arriving now. */
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

/** Places of one execution are next to each other. */
function executionsIn({ ids }: Pick<Occurrences, 'ids'>): number {
  let executions = 0;
  for (let place = 0; place < ids.length; place++) if (ids[place] !== ids[place - 1]) executions++;
  return executions;
}

/**
 * The newest executions behind the cursor, newest first. There is one more than fits the page, if
 * it exists.
 */
function newestOf(
  { ids, ats }: { ids: ArrayLike<number>; ats: ArrayLike<number> },
  { cursor, limit }: Pick<HistoryQuery, 'cursor' | 'limit'>,
): Place[] {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const newest: Place[] = [];
  // Later segments come last and contain newer executions. Within a segment the newest come last.
  for (let place = ids.length - 1; place >= 0; place--) {
    const at = ats[place] ?? 0;
    if (at < (newest[limit]?.at ?? at)) continue;
    const found = { at, id: ids[place] ?? 0 };
    if (found.id === ids[place + 1] || (after !== undefined && !isOlder(found, after))) continue;
    if (newest.length > limit && !isOlder(newest[limit] ?? found, found)) continue;
    const behind = newest.findIndex((other) => isOlder(other, found));
    newest.splice(behind < 0 ? newest.length : behind, 0, found);
    if (newest.length > limit + 1) newest.pop();
  }
  return newest;
}

/**
 * The first `limit` of these executions, or fewer if their bodies are large, because bodies are
 * parsed. A deleted execution has no summary.
 */
async function readPage(
  store: Store,
  newest: Place[],
  { limit }: Pick<HistoryQuery, 'limit'>,
): Promise<{
  ids: number[];
  summaries: Map<number, ListedExecution['summary']>;
  nextCursor: string | null;
}> {
  const next = newest.slice(0, limit);
  const ids = next.map(({ id }) => id);
  const listed = await store.index.listByIds(ids, ANY);
  const bytesOf = new Map(listed.map(({ id, bytes }) => [id, bytes]));
  let bytes = 0;
  const overflow = ids.findIndex((id, place) => {
    bytes += bytesOf.get(id) ?? 0;
    return place > 0 && bytes > MAX_PAGE_BYTES;
  });
  const page = overflow < 0 ? next : next.slice(0, overflow);
  const last = page.at(-1);
  const hasMore = newest.length > page.length && last !== undefined;
  return {
    ids: page.map(({ id }) => id),
    summaries: new Map(listed.map(({ id, summary }) => [id, summary])),
    nextCursor: hasMore ? encodeCursor({ at: new Date(last.at), id: last.id }) : null,
  };
}

function readCursor(text: string): Place {
  const cursor = decodeCursor(text);
  if (cursor === undefined) {
    throw new DomainError('invalid', 'This server did not issue the cursor.', [
      { path: 'cursor', code: 'invalid_cursor' },
    ]);
  }
  return { at: cursor.at.getTime(), id: cursor.id };
}

/** Counts each value over time. Codes refer to values. Entries without a value are not counted. */
function stripOf(
  { from, to }: SearchRange,
  ats: ArrayLike<number>,
  codes: ArrayLike<number>,
  values: (string | null)[],
): OutcomeStrip {
  const bucketMs = bucketWidthOf(to - from, STRIP_BUCKETS);
  const start = Math.max(Math.floor(from / bucketMs) * bucketMs, FIRST_INSTANT_MS);
  const buckets = Math.ceil((to - start) / bucketMs);
  const countsOf = values.map(() => new Uint32Array(buckets));
  for (let place = 0; place < ats.length; place++) {
    const counts = countsOf[codes[place] ?? 0];
    const bucket = Math.floor(((ats[place] ?? 0) - start) / bucketMs);
    if (counts !== undefined) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const series = new Map<string, number[]>();
  for (const [code, value] of values.entries()) {
    if (value === null) continue;
    const sums = series.get(value);
    series.set(
      value,
      Array.from(countsOf[code] ?? [], (n, bucket) => n + (sums?.[bucket] ?? 0)),
    );
  }
  const totals = new Map([...series].map(([value, counts]) => [value, total(counts)]));
  return {
    from: new Date(start).toISOString(),
    bucketMs,
    series: byCount(totals)
      .filter(([, count]) => count > 0)
      .map(([value]) => ({ value, counts: series.get(value) ?? [] })),
  };
}

function total(counts: number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Counts the items by key. An item may count under several keys. */
function countBy<Item, Key>(
  items: Item[],
  keyOf: (item: Item) => Key,
  countOf: (item: Item) => number = () => 1,
): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + countOf(item));
  }
  return counts;
}

/** The distinct values, and for each item the index of its value. */
function coded<Value>(items: Value[]): { codes: number[]; values: Value[] } {
  const known = new Map<Value, number>();
  const codes = items.map((value) => {
    const code = known.get(value) ?? known.size;
    known.set(value, code);
    return code;
  });
  return { codes, values: [...known.keys()] };
}

/** Counts each fate. */
function countCodes(codes: Uint32Array, fates: Fate[]): [Fate, number][] {
  const counts = new Uint32Array(fates.length);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return fates.flatMap((fate, code): [Fate, number][] =>
    counts[code] ? [[fate, counts[code]]] : [],
  );
}

function countFates<Key>(fates: [Fate, number][], keyOf: (fate: Fate) => Key): Map<Key, number> {
  return countBy(
    fates,
    ([fate]) => keyOf(fate),
    ([, count]) => count,
  );
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

function withStale(summary: Omit<ExecutionSummary, 'stale'>, now: number): ExecutionSummary {
  return { ...summary, stale: isStale(summary.status, Date.parse(summary.receivedAt), now) };
}

export function notSearchedOf(left: Everywhere['left']): NotSearched | null {
  return (
    left && {
      from: left.from.toISOString(),
      to: left.to.toISOString(),
      executions: left.executions,
    }
  );
}
