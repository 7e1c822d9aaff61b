import type { Lookup } from '@xray/core';
import { isOlder, type Place as Newest } from '../search/hits.js';
import type { Occurrences } from '../search/occurrences.js';
import type { Fate } from '../../segments/segment.js';
import type {
  CandidateAppearances,
  FoundExecution,
  Place,
  SubjectDecisions,
  ValueOverTime,
} from '../../store/answers.js';
import type { Engine } from './engine.js';
import type { BoundedRange, HistoryQuestion } from '../../store/execution-store.js';
import { readExecution } from '../rows.js';
import { notSearchedOf } from './narrow.js';
import { readPlace, writeTimePlace } from '../places.js';
import { ALL } from '../scope.js';
import type { SearchRange } from '../search/search-store.js';

/**
 * The bytes of bodies that are parsed for one page. A body with 3,000 candidates has about 50 KB.
 */
const MAX_PAGE_BYTES = 1024 * 1024;

/** The index gives the counts, and the records give one page of them. */
export async function readCandidateHistory(
  engine: Engine,
  question: HistoryQuestion & { candidate: string },
): Promise<CandidateAppearances> {
  const { search } = engine;
  const { candidate } = question;
  const { found, left } = await search.findCandidate(rangeOf(question), candidate);
  const { ats, codes, fates } = found;
  const { ids, summaries, next } = await readPage(engine, newestOf(found, question), question);
  const appearances = await search.readAppearances(ids, candidate);
  const outcomes = fates.map(({ outcome }) => outcome);
  return {
    executions: executionsIn(found),
    byFate: countCodes(codes, fates),
    byTime: countOverTime(question, ats, codes, outcomes),
    items: ids.flatMap((id) => {
      const execution = summaries.get(id);
      const ofExecution = appearances.get(id) ?? [];
      return execution === undefined ? [] : [{ execution, appearances: ofExecution }];
    }),
    next,
    notSearched: notSearchedOf(left),
  };
}

export async function readSubjectHistory(
  engine: Engine,
  question: HistoryQuestion & { subject: { type: string; id: string } },
): Promise<SubjectDecisions> {
  const { search, index } = engine;
  const { subject } = question;
  const written = `${subject.type}/${subject.id}`;
  const { found, left } = await search.findFact(rangeOf(question), 'subject', '', written);
  // Other subjects can have the same hash, and a type can contain a slash.
  const rows = await index.readSubject([...new Set(found.ids)], subject);
  const ats = rows.map(({ at }) => at);
  const outcomes = coded(rows.map(({ outcome }) => outcome));
  const newest = newestOf({ ids: rows.map(({ id }) => id), ats }, question);
  const { ids, summaries, next } = await readPage(engine, newest, question);
  const rules = await search.readRules(ids);
  return {
    executions: rows.length,
    byOutcome: countValues(rows.map(({ outcome }) => outcome)),
    byReason: countValues(rows.flatMap(({ reasons }) => [...new Set(reasons)])),
    byTime: countOverTime(question, ats, outcomes.codes, outcomes.values),
    items: ids.flatMap((id) => {
      const execution = summaries.get(id);
      return execution === undefined ? [] : [{ execution, rules: rules.get(id) ?? [] }];
    }),
    next,
    notSearched: notSearchedOf(left),
  };
}

export async function countRoles(
  { db, search, index }: Engine,
  range: BoundedRange,
  id: string,
): Promise<Omit<Lookup, 'id'>> {
  // The reads run one after the other: a heavy read may hold two connections (heavy-reads.ts), and
  // the index takes both.
  const execution = await readExecution(db, range.app, id);
  const candidate = await search.findCandidate(rangeOf(range), id);
  const subject = await search.findFact(rangeOf(range), 'subject id', '', id);
  return {
    execution: execution !== undefined,
    candidate: executionsIn(candidate.found),
    subjects: await index.countSubjectTypes([...new Set(subject.found.ids)], id),
  };
}

function rangeOf({ app, from, to }: BoundedRange): SearchRange {
  return { app, from: from.getTime(), to: to.getTime() };
}

/** Places of one execution are next to each other. */
function executionsIn({ ids }: Pick<Occurrences, 'ids'>): number {
  let executions = 0;
  for (let place = 0; place < ids.length; place++) if (ids[place] !== ids[place - 1]) executions++;
  return executions;
}

/**
 * The newest executions behind the place, newest first. There is one more than fits the page, if
 * it exists.
 */
function newestOf(
  { ids, ats }: { ids: ArrayLike<number>; ats: ArrayLike<number> },
  { after: place, limit }: HistoryQuestion,
): Newest[] {
  const read = readPlace(place, '-at');
  const after = read && { at: read.key, id: read.id };
  const newest: Newest[] = [];
  // Later segments come last and contain newer executions. Within a segment the newest come last.
  for (let nth = ids.length - 1; nth >= 0; nth--) {
    const at = ats[nth] ?? 0;
    if (at < (newest[limit]?.at ?? at)) continue;
    const found = { at, id: ids[nth] ?? 0 };
    if (found.id === ids[nth + 1] || (after !== undefined && !isOlder(found, after))) continue;
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
  { index }: Engine,
  newest: Newest[],
  { limit }: HistoryQuestion,
): Promise<{ ids: number[]; summaries: Map<number, FoundExecution>; next: Place | undefined }> {
  const first = newest.slice(0, limit);
  const ids = first.map(({ id }) => id);
  const listed = await index.listByIds(ids, ALL);
  const bytesOf = new Map(listed.map(({ id, bytes }) => [id, bytes]));
  let bytes = 0;
  const overflow = ids.findIndex((id, place) => {
    bytes += bytesOf.get(id) ?? 0;
    return place > 0 && bytes > MAX_PAGE_BYTES;
  });
  const page = overflow < 0 ? first : first.slice(0, overflow);
  const last = page.at(-1);
  const hasMore = newest.length > page.length && last !== undefined;
  return {
    ids: page.map(({ id }) => id),
    summaries: new Map(listed.map(({ id, summary }) => [id, summary])),
    next: hasMore ? writeTimePlace(last) : undefined,
  };
}

/** Counts each value over time. Codes refer to values. Entries without a value are not counted. */
function countOverTime(
  { to, origin, bucketMs }: HistoryQuestion,
  ats: ArrayLike<number>,
  codes: ArrayLike<number>,
  values: (string | null)[],
): ValueOverTime[] {
  const start = origin.getTime();
  const buckets = Math.ceil((to.getTime() - start) / bucketMs);
  const countsOf = new Map(values.map((value) => [value, new Uint32Array(buckets)]));
  const byCode = values.map((value) => countsOf.get(value));
  for (let place = 0; place < ats.length; place++) {
    const counts = byCode[codes[place] ?? 0];
    const bucket = Math.floor(((ats[place] ?? 0) - start) / bucketMs);
    if (counts !== undefined) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return [...countsOf].flatMap(([value, counts]) =>
    value === null
      ? []
      : [...counts].flatMap((count, bucket) =>
          count === 0 ? [] : [{ value, startMs: start + bucket * bucketMs, count }],
        ),
  );
}

/** Counts each value. Null is not counted. */
function countValues(values: (string | null)[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count }));
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

/** All appearances share a few fates, so each fate is counted once. */
function countCodes(codes: Uint32Array, fates: Fate[]): CandidateAppearances['byFate'] {
  const counts = new Uint32Array(fates.length);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return fates.flatMap((fate, code) => (counts[code] ? [{ ...fate, count: counts[code] }] : []));
}
