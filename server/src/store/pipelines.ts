import { sql } from 'kysely';
import { FAILED_STATUSES, hasFailed, type PipelineList } from '@xray/core';
import type { Driver } from './driver.js';
import { DURATION_GROUP, countOf, quantileOf, type DurationGroup } from './durations.js';
import { isWithin } from './executions.js';
import { groupBy } from '../group-by.js';
import { AGGREGATE_LIMIT_MS, readWithin } from './read-within.js';
import type { ExecutionScope } from './store.js';

type Db = Driver['db'];

const MAX_OUTCOMES = 20;
const MAX_REASONS = 20;
/** Distinct sets of versions that are looked into for new ones. */
const MAX_RELEASES = 200;

/** Executions of one pipeline that ended alike and took about as long. */
interface PipelineGroup {
  pipeline: string;
  outcome: string | null;
  status: string;
  count: number;
  lastAt: Date;
  /** Null where they have no duration. */
  low: number | null;
  high: number | null;
}

/** What ran of each pipeline of an app, by name, in one pass. Throws a ReadTooLong. */
export async function listPipelines(
  db: Db,
  app: string,
  { from, to }: { from: string | undefined; to: string | undefined },
): Promise<PipelineList> {
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<PipelineGroup>`
    SELECT pipeline, outcome, status, count(*) AS count, max(at) AS "lastAt",
      min(duration_ms) AS low, max(duration_ms) AS high
    FROM xray.executions
    WHERE app = ${app}
      AND (${from ?? null}::timestamptz IS NULL OR at >= ${from ?? null}::timestamptz)
      AND (${to ?? null}::timestamptz IS NULL OR at < ${to ?? null}::timestamptz)
    GROUP BY pipeline, outcome, status, ${DURATION_GROUP}`.execute(tx),
  );
  const byName = groupBy(rows, ({ pipeline }) => pipeline);
  const names = [...byName.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  return {
    from: from ?? null,
    to: to ?? null,
    items: names.map((name) => summaryOf(name, byName.get(name) ?? [])),
  };
}

function summaryOf(pipeline: string, groups: PipelineGroup[]): PipelineList['items'][number] {
  const byOutcome = groupBy(groups, ({ outcome }) => outcome);
  const outcomes = [...byOutcome].map(([outcome, own]) => ({ outcome, count: countOf(own) }));
  const timed = groups.flatMap(({ count, low, high }) =>
    low === null || high === null ? [] : [{ count, low, high }],
  );
  return {
    pipeline,
    executions: countOf(groups),
    lastAt: lastOf(groups).toISOString(),
    failed: countOf(groups.filter(hasFailed)),
    outcomes: outcomes.toSorted((a, b) => b.count - a.count),
    p50Ms: quantileOf(timed, 0.5),
    p95Ms: quantileOf(timed, 0.95),
  };
}

function lastOf(groups: PipelineGroup[]): Date {
  return new Date(groups.reduce((last, { lastAt }) => Math.max(last, lastAt.getTime()), -Infinity));
}

const START_MS = sql`round(extract(epoch FROM start) * 1000)`;

/** What ran over time, in buckets by their start. */
export interface OverTime {
  buckets: {
    startMs: number;
    executions: number;
    failed: number;
    p50: number | null;
    p95: number | null;
  }[];
  outcomes: { value: string | null; startMs: number; count: number }[];
  /** The most frequent principal reasons; `distinctReasons` tells how many there are. */
  reasons: { value: string; startMs: number; count: number }[];
  distinctReasons: number;
  /** By the time they were first seen. */
  versions: { name: string; version: string; firstAt: string }[];
}

type CountedOverTime = Omit<OverTime, 'buckets'> & {
  buckets: Omit<OverTime['buckets'][number], 'p50' | 'p95'>[];
  durations: (DurationGroup & { startMs: number })[];
};

/**
 * One pass over the executions, whose columns all stand in the index executions_pipeline. Throws a
 * ReadTooLong.
 */
export async function readOverTime(
  db: Db,
  scope: ExecutionScope & { from: Date; bucketMs: number },
): Promise<OverTime> {
  const origin = sql`${scope.from.toISOString()}::timestamptz`;
  const width = sql`make_interval(secs => ${scope.bucketMs / 1_000}::double precision)`;
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<CountedOverTime>`
      WITH grouped AS MATERIALIZED (
        SELECT date_bin(${width}, e.at, ${origin}) AS start, e.outcome, e.reason, e.release,
          status = ANY (${FAILED_STATUSES}::text[]) AS broken,
          ${DURATION_GROUP} AS duration, count(*) AS n, min(e.duration_ms) AS low, max(e.duration_ms) AS high,
          min(e.at) AS first_at, min(e.id) AS sample
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where}
        GROUP BY start, e.outcome, e.reason, e.release, broken, duration
      ), buckets AS (
        SELECT start, sum(n) AS executions, coalesce(sum(n) FILTER (WHERE broken), 0) AS failed
        FROM grouped GROUP BY start
      ), durations AS (
        SELECT start, sum(n) AS count, min(low) AS low, max(high) AS high
        FROM grouped WHERE duration IS NOT NULL GROUP BY start, duration
      ), outcomes AS (
        SELECT outcome AS value, sum(n) AS total FROM grouped
        GROUP BY outcome ORDER BY total DESC, outcome LIMIT ${MAX_OUTCOMES}
      ), reasons AS (
        SELECT reason AS value, sum(n) AS total FROM grouped WHERE reason IS NOT NULL
        GROUP BY reason ORDER BY total DESC, reason LIMIT ${MAX_REASONS}
      ), releases AS (
        SELECT min(first_at) AS first_at, min(sample) AS sample FROM grouped
        GROUP BY release ORDER BY first_at DESC LIMIT ${MAX_RELEASES}
      ), versions AS (
        SELECT v.key AS name, v.value AS version, min(releases.first_at) AS first_at
        FROM releases CROSS JOIN LATERAL (
          SELECT versions FROM xray.executions WHERE id = releases.sample OFFSET 0
        ) e CROSS JOIN LATERAL jsonb_each_text(e.versions) v
        GROUP BY v.key, v.value
      )
      SELECT
        (SELECT coalesce(json_agg(json_build_object('startMs', ${START_MS},
            'executions', executions, 'failed', failed)), '[]')
          FROM buckets) AS buckets,
        (SELECT coalesce(json_agg(json_build_object('startMs', ${START_MS},
            'count', count, 'low', low, 'high', high)), '[]')
          FROM durations) AS durations,
        (SELECT coalesce(json_agg(o ORDER BY o.total DESC, o.value, o."startMs"), '[]') FROM (
          SELECT value, total, ${START_MS} AS "startMs", sum(n) AS count
          FROM outcomes JOIN grouped ON grouped.outcome IS NOT DISTINCT FROM value
          GROUP BY value, total, start) o) AS outcomes,
        (SELECT coalesce(json_agg(r ORDER BY r.total DESC, r.value, r."startMs"), '[]') FROM (
          SELECT value, total, ${START_MS} AS "startMs", sum(n) AS count
          FROM reasons JOIN grouped ON grouped.reason = value
          GROUP BY value, total, start) r) AS reasons,
        (SELECT count(DISTINCT reason) FROM grouped) AS "distinctReasons",
        (SELECT coalesce(json_agg(json_build_object('name', name, 'version', version,
            'firstAt', first_at) ORDER BY first_at, name, version), '[]') FROM versions) AS versions
      `.execute(tx),
  );
  const [row] = rows;
  if (row === undefined) throw new TypeError('a select without FROM gives one row');
  const { buckets, durations, ...counted } = row;
  const durationsOf = groupBy(durations, ({ startMs }) => startMs);
  return {
    ...counted,
    buckets: buckets.map((bucket) => {
      const own = durationsOf.get(bucket.startMs) ?? [];
      return { ...bucket, p50: quantileOf(own, 0.5), p95: quantileOf(own, 0.95) };
    }),
  };
}
