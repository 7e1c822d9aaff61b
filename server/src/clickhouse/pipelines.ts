import { FAILED_STATUSES, hasFailed, type PipelineList } from '@xray/core';
import { groupBy } from '../group-by.js';
import type { OverTime } from '../store/answers.js';
import type { BoundedScope, ExecutionRange } from '../store/execution-store.js';
import { countOf, quantileOf, type DurationGroup } from '../store/quantiles.js';
import type { Db } from './client.js';
import { sourceOfScope } from './count-scope.js';
import { bucketOf } from './counts.js';
import { isWithin } from './list-executions.js';
import { Params } from './params.js';

/** The limit of a statement that counts a whole pipeline, in ms. */
export const AGGREGATE_LIMIT_MS = 5_000;
const MAX_OUTCOMES = 20;
const MAX_REASONS = 20;
/** The number of distinct version sets that are searched for new versions. */
const MAX_RELEASES = 200;

/** Durations of a group differ by 2 % at most. */
const DURATION_GROUP = 'if(duration_ms > 0, toInt32(floor(log(duration_ms) * 50)), -2000000000)';
const DURATIONS = 'count() AS count, min(duration_ms) AS low, max(duration_ms) AS high';

interface PipelineGroup {
  pipeline: string;
  outcome: string | null;
  status: string;
  count: number;
  lastAt: number;
}

/** The app's pipelines by name, with counts of their executions. */
export async function listPipelines(db: Db, range: ExecutionRange): Promise<PipelineList['items']> {
  const counted = new Params();
  const groups = await db.read<PipelineGroup>(
    `SELECT pipeline, outcome, status, count() AS count, max(at) AS lastAt
    FROM executions FINAL WHERE ${isWithin(range, counted)} GROUP BY pipeline, outcome, status`,
    counted,
    AGGREGATE_LIMIT_MS,
  );
  const timed = new Params();
  const durations = await db.read<DurationGroup & { pipeline: string }>(
    `SELECT pipeline, ${DURATIONS} FROM executions FINAL
    WHERE ${isWithin(range, timed)} AND duration_ms IS NOT NULL
    GROUP BY pipeline, ${DURATION_GROUP}`,
    timed,
    AGGREGATE_LIMIT_MS,
  );
  const byName = groupBy(groups, ({ pipeline }) => pipeline);
  const durationsOf = groupBy(durations, ({ pipeline }) => pipeline);
  const names = [...byName.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  return names.map((name) => summaryOf(name, byName.get(name) ?? [], durationsOf.get(name) ?? []));
}

function summaryOf(
  pipeline: string,
  groups: PipelineGroup[],
  durations: DurationGroup[],
): PipelineList['items'][number] {
  const outcomes = [...groupBy(groups, ({ outcome }) => outcome)].map(([outcome, ofOutcome]) => ({
    outcome,
    count: countOf(ofOutcome),
  }));
  const lastAt = groups.reduce((last, group) => Math.max(last, group.lastAt), -Infinity);
  return {
    pipeline,
    executions: countOf(groups),
    lastAt: new Date(lastAt).toISOString(),
    failed: countOf(groups.filter(hasFailed)),
    outcomes: outcomes.toSorted((a, b) => b.count - a.count),
    p50Ms: quantileOf(durations, 0.5),
    p95Ms: quantileOf(durations, 0.95),
  };
}

interface BucketRow {
  startMs: number;
  outcome: string | null;
  reason: string | null;
  executions: number;
  failed: number;
}

const FAILED = FAILED_STATUSES.map((status) => `'${status}'`).join(', ');

export async function readOverTime(
  db: Db,
  question: BoundedScope & { origin: Date; bucketMs: number },
): Promise<OverTime> {
  const originMs = question.origin.getTime();
  const read = async <Row>(select: string, rest: string, where = 'true'): Promise<Row[]> => {
    const { params, from } = sourceOfScope(question);
    const start = bucketOf(originMs, question.bucketMs, params);
    return await db.read<Row>(
      `SELECT ${select.replace('START', () => start)} FROM ${from} AND ${where} ${rest}`,
      params,
      AGGREGATE_LIMIT_MS,
    );
  };
  const rows = await read<BucketRow>(
    `START AS startMs, outcome, if(empty(reasons), NULL, reasons[1]) AS reason, count() AS executions,
      countIf(status IN (${FAILED})) AS failed`,
    'GROUP BY startMs, outcome, reason ORDER BY startMs',
  );
  const durations = await read<DurationGroup & { startMs: number }>(
    `START AS startMs, ${DURATIONS}`,
    `GROUP BY startMs, ${DURATION_GROUP}`,
    'duration_ms IS NOT NULL',
  );
  const versions = await db.read<OverTime['versions'][number]>(
    ...versionsOf(question),
    AGGREGATE_LIMIT_MS,
  );
  const durationsOf = groupBy(durations, ({ startMs }) => startMs);
  const buckets = [...groupBy(rows, ({ startMs }) => startMs)].map(([startMs, ofBucket]) => ({
    startMs,
    executions: sum(ofBucket, ({ executions }) => executions),
    failed: sum(ofBucket, ({ failed }) => failed),
    p50: quantileOf(durationsOf.get(startMs) ?? [], 0.5),
    p95: quantileOf(durationsOf.get(startMs) ?? [], 0.95),
  }));
  const reasons = rows.flatMap((row) =>
    row.reason === null ? [] : [{ ...row, reason: row.reason }],
  );
  return {
    buckets,
    p50: quantileOf(durations, 0.5),
    p95: quantileOf(durations, 0.95),
    outcomes: mostFrequent(rows, ({ outcome }) => outcome, MAX_OUTCOMES),
    reasons: mostFrequent(reasons, ({ reason }) => reason, MAX_REASONS),
    distinctReasons: new Set(reasons.map(({ reason }) => reason)).size,
    versions,
  };
}

function versionsOf(question: BoundedScope): [string, Params] {
  const { params, from } = sourceOfScope(question);
  return [
    `SELECT name, version, min(first_at) AS firstAtMs FROM (
      SELECT versions, min(at) AS first_at FROM ${from} GROUP BY versions
      ORDER BY first_at DESC LIMIT ${params.int(MAX_RELEASES)})
    ARRAY JOIN mapKeys(versions) AS name, mapValues(versions) AS version
    GROUP BY name, version ORDER BY firstAtMs, name, version`,
    params,
  ];
}

/** The most frequent values over time, in the order of their totals. */
function mostFrequent<Row extends BucketRow, Value extends string | null>(
  rows: Row[],
  valueOf: (row: Row) => Value,
  limit: number,
): { value: Value; startMs: number; count: number }[] {
  return [...groupBy(rows, valueOf)]
    .map(([value, ofValue]) => ({ value, ofValue, total: sum(ofValue, (row) => row.executions) }))
    .toSorted((a, b) => b.total - a.total || compareValues(a.value, b.value))
    .slice(0, limit)
    .flatMap(({ value, ofValue }) =>
      [...groupBy(ofValue, ({ startMs }) => startMs)].map(([startMs, ofStart]) => ({
        value,
        startMs,
        count: sum(ofStart, (row) => row.executions),
      })),
    );
}

/** Null comes last, as in Postgres. */
function compareValues(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

function sum<Item>(items: Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
