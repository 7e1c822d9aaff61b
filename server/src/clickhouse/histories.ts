import type { DecidingRule, LinkedFrom, Lookup, RecordedAppearance } from '@xray/core';
import { parseJson } from '@xray/core';
import type { CandidateAppearances, SubjectDecisions } from '../store/answers.js';
import type { BoundedRange, HistoryQuestion } from '../store/execution-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { Db } from './client.js';
import { bucketOf } from './counts.js';
import { currentOf, isWithin, withoutRepeats } from './list-executions.js';
import { Params } from './params.js';
import { readPlace, writePlace } from './places.js';
import { readRecords } from './records.js';
import { SUMMARY, toFound, type SummaryRow } from './summaries.js';

/** The bytes of bodies that are parsed for one page. A body with 3,000 candidates has about 50 KB. */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Counts over all appearances of a candidate, and one page of them. */
export async function readCandidateHistory(
  db: Db,
  threads: TaskThreads,
  question: HistoryQuestion & { candidate: string },
): Promise<CandidateAppearances> {
  const { app, candidate, bucketMs } = question;
  const current = (params: Params): string => currentAppearances(question, candidate, params);
  const fated = new Params();
  const byFate = await db.read<CandidateAppearances['byFate'][number]>(
    `SELECT pipeline, step_name AS step, outcome, reason, count() AS count FROM (${current(fated)})
    GROUP BY pipeline, step_name, outcome, reason ORDER BY count DESC, pipeline, step_name, outcome, reason`,
    fated,
  );
  const timed = new Params();
  const byTime = await db.read<CandidateAppearances['byTime'][number]>(
    `SELECT outcome AS value, ${bucketOf(question.origin.getTime(), bucketMs, timed)} AS startMs, count() AS count
    FROM (${current(timed)}) GROUP BY value, startMs ORDER BY value, startMs`,
    timed,
  );
  const counted = new Params();
  const [{ executions = 0 } = {}] = await db.read<{ executions: number }>(
    `SELECT uniqExact(execution_id) AS executions FROM (${current(counted)})`,
    counted,
  );
  const page = await readPage(db, question, (params) => {
    const keys = `SELECT at, execution_id FROM (${current(params)})`;
    return `(at, execution_id) IN (${keys})`;
  });
  const texts = await threads.run('appearances', {
    id: candidate,
    bodies: await readBodies(db, app, page.rows),
  });
  return {
    executions,
    byFate,
    byTime,
    items: page.rows.map((row, place) => ({
      execution: toFound(row),
      appearances: parseJson(texts[place] ?? '[]') as unknown as RecordedAppearance[],
    })),
    next: page.next,
    notSearched: null,
  };
}

/** Appearances in the current version of each execution. An older version may have had others. */
function currentAppearances(range: BoundedRange, candidate: string, params: Params): string {
  const rows = `SELECT DISTINCT execution_id, at, rank, pipeline, step, step_name, outcome, reason FROM appearances
    WHERE ${isWithin(range, params)} AND candidate = ${params.text(candidate)}`;
  const ranks = `SELECT execution_id, max(winner.rank) AS rank FROM records
    WHERE app = ${params.text(range.app)} AND execution_id IN (SELECT execution_id FROM (${rows}))
    GROUP BY execution_id`;
  return `SELECT * FROM (${rows}) WHERE (execution_id, rank) IN (SELECT execution_id, rank FROM (${ranks}))`;
}

/** Counts over all executions about a subject, and one page of them. */
export async function readSubjectHistory(
  db: Db,
  threads: TaskThreads,
  question: HistoryQuestion & { subject: { type: string; id: string } },
): Promise<SubjectDecisions> {
  const { subject, app } = question;
  const isAbout = (params: Params): string =>
    `has(arrayZip(subject_types, subject_ids), (${params.text(subject.type)}, ${params.text(subject.id)}))`;
  const params = new Params();
  const rows = await db.read<{
    startMs: number;
    outcome: string | null;
    reasons: string[];
    n: number;
  }>(
    `SELECT ${bucketOf(question.origin.getTime(), question.bucketMs, params)} AS startMs, outcome,
      arraySort(arrayDistinct(reasons)) AS reasons, count() AS n
    FROM executions FINAL WHERE ${isWithin(question, params)} AND ${isAbout(params)}
    GROUP BY startMs, outcome, reasons ORDER BY startMs`,
    params,
  );
  const page = await readPage(db, question, isAbout);
  const texts = await threads.run('rules', await readBodies(db, app, page.rows));
  const decided = rows.flatMap(({ outcome, ...row }) =>
    outcome === null ? [] : [{ ...row, value: outcome }],
  );
  return {
    executions: rows.reduce((sum, { n }) => sum + n, 0),
    byOutcome: countBy(decided, ({ value }) => value),
    byReason: countBy(
      rows.flatMap(({ reasons, n }) => reasons.map((value) => ({ value, n }))),
      ({ value }) => value,
    ),
    byTime: countBy(decided, ({ value, startMs }) => JSON.stringify([value, startMs])).map(
      ({ value: key, count }) => {
        const [value, startMs] = JSON.parse(key) as [string, number];
        return { value, startMs, count };
      },
    ),
    items: page.rows.map((row, place) => ({
      execution: toFound(row),
      rules: parseJson(texts[place] ?? '[]') as unknown as DecidingRule[],
    })),
    next: page.next,
    notSearched: null,
  };
}

/** Counts the executions, candidates and subjects with this id. */
export async function countRoles(
  db: Db,
  range: BoundedRange,
  id: string,
): Promise<Omit<Lookup, 'id'>> {
  const records = await readRecords(db, range.app, [id], { withBody: false });
  const appearing = new Params();
  const [{ n = 0 } = {}] = await db.read<{ n: number }>(
    `SELECT uniqExact(execution_id) AS n FROM (${currentAppearances(range, id, appearing)})`,
    appearing,
  );
  const params = new Params();
  const subjects = await db.read<Lookup['subjects'][number]>(
    `SELECT type, count() AS executions FROM (
      SELECT arrayJoin(arrayDistinct(arrayFilter((type, of) -> of = ${params.text(id)}, subject_types, subject_ids))) AS type
      FROM executions FINAL WHERE ${isWithin(range, params)} AND has(subject_ids, ${params.text(id)}))
    GROUP BY type ORDER BY executions DESC, type`,
    params,
  );
  return { execution: records.has(id), candidate: n, subjects };
}

/** The newest executions that link to one, the oldest of them first. */
export async function listLinksTo(
  db: Db,
  app: string,
  executionId: string,
  limit: number,
): Promise<LinkedFrom[]> {
  const params = new Params();
  const target = params.text(executionId);
  const rows = await db.read<Omit<LinkedFrom, 'at'> & { at: number }>(
    `SELECT execution_id AS executionId, relation, outcome, at FROM (
      SELECT * FROM executions FINAL WHERE app = ${params.text(app)} AND has(linked, ${target}))
    ARRAY JOIN linked AS link, relations AS relation WHERE link = ${target}
    ORDER BY at DESC, executionId DESC, relation LIMIT ${params.int(limit)}`,
    params,
  );
  return rows.toReversed().map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
}

/** The newest executions behind the place, as many as have bodies that fit into memory. */
async function readPage(
  db: Db,
  question: HistoryQuestion,
  condition: (params: Params) => string,
): Promise<{ rows: SummaryRow[]; next: string | undefined }> {
  const params = new Params();
  const after = question.after === undefined ? undefined : readPlace(question.after);
  const beyond =
    after === undefined
      ? 'true'
      : `(at, execution_id) < (${params.int(after.key)}, ${params.text(after.id)})`;
  const found = await db.read<SummaryRow>(
    `SELECT ${SUMMARY} FROM executions FINAL WHERE ${isWithin(question, params)} AND ${beyond}
      AND ${condition(params)} ORDER BY at DESC, execution_id DESC LIMIT ${params.int(question.limit + 1)}`,
    params,
  );
  const first = found.slice(0, question.limit);
  let bytes = 0;
  const overflow = first.findIndex((row, place) => {
    bytes += row.bytes;
    return place > 0 && bytes > MAX_PAGE_BYTES;
  });
  const page = overflow < 0 ? first : first.slice(0, overflow);
  const last = page.at(-1);
  const hasMore = found.length > page.length && last !== undefined;
  return {
    rows: await currentOf(db, question.app, withoutRepeats(page)),
    next: hasMore ? writePlace({ key: last.at, id: last.id }) : undefined,
  };
}

async function readBodies(db: Db, app: string, rows: SummaryRow[]): Promise<string[]> {
  const ids = rows.map(({ id }) => id);
  const records = await readRecords(db, app, ids, { withBody: true });
  return ids.map((id) => records.get(id)?.body ?? '{"steps":[]}');
}

function countBy<Item extends { n: number }>(
  items: Item[],
  keyOf: (item: Item) => string,
): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + item.n);
  return [...counts].map(([value, count]) => ({ value, count }));
}
