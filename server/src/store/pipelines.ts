import { sql } from 'kysely';
import type { PipelineList } from '@xray/core';
import type { Driver } from './driver.js';
import { isWithin } from './executions.js';
import { AGGREGATE_LIMIT_MS, readWithin } from './read-within.js';
import type { ExecutionScope } from './store.js';

type Db = Driver['db'];

const MAX_OUTCOMES = 20;
const MAX_REASONS = 20;
/** Distinct sets of versions that are looked into for new ones. */
const MAX_RELEASES = 200;

/** What ran of each pipeline of an app, by name. Throws a ReadTooLong. */
export async function listPipelines(
  db: Db,
  app: string,
  { from, to }: { from: string | undefined; to: string | undefined },
): Promise<PipelineList> {
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<PipelineRow>`
    SELECT pipeline, outcome, grouping(outcome) = 1 AS is_total, count(*) AS executions,
      count(*) FILTER (WHERE status IN ('failed', 'timed_out')) AS failed, max(at) AS last_at,
      CASE WHEN grouping(outcome) = 1 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) END AS p50,
      CASE WHEN grouping(outcome) = 1 THEN percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) END AS p95
    FROM xray.executions
    WHERE app = ${app}
      AND (${from ?? null}::timestamptz IS NULL OR at >= ${from ?? null}::timestamptz)
      AND (${to ?? null}::timestamptz IS NULL OR at < ${to ?? null}::timestamptz)
    GROUP BY GROUPING SETS ((pipeline), (pipeline, outcome))
    ORDER BY pipeline, executions DESC`.execute(tx),
  );
  return {
    from: from ?? null,
    to: to ?? null,
    items: rows
      .filter((row) => row.is_total)
      .map((total) => ({
        pipeline: total.pipeline,
        executions: total.executions,
        lastAt: total.last_at.toISOString(),
        failed: total.failed,
        outcomes: rows
          .filter((row) => !row.is_total && row.pipeline === total.pipeline)
          .map((row) => ({ outcome: row.outcome, count: row.executions })),
        p50Ms: total.p50,
        p95Ms: total.p95,
      })),
  };
}

interface PipelineRow {
  pipeline: string;
  outcome: string | null;
  is_total: boolean;
  executions: number;
  failed: number;
  last_at: Date;
  p50: number | null;
  p95: number | null;
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
    sql<OverTime>`
      WITH matched AS MATERIALIZED (
        SELECT date_bin(${width}, e.at, ${origin}) AS start, e.id, e.at, e.outcome, e.reason, e.release,
          e.duration_ms, e.status IN ('failed', 'timed_out') AS broken
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where}
      ), grouped AS MATERIALIZED (
        SELECT start, outcome, reason, count(*) AS n FROM matched GROUP BY start, outcome, reason
      ), buckets AS (
        SELECT start, count(*) AS executions, count(*) FILTER (WHERE broken) AS failed,
          percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50,
          percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95
        FROM matched GROUP BY start
      ), outcomes AS (
        SELECT outcome AS value, sum(n) AS total FROM grouped
        GROUP BY outcome ORDER BY total DESC, outcome LIMIT ${MAX_OUTCOMES}
      ), reasons AS (
        SELECT reason AS value, sum(n) AS total FROM grouped WHERE reason IS NOT NULL
        GROUP BY reason ORDER BY total DESC, reason LIMIT ${MAX_REASONS}
      ), releases AS (
        SELECT min(at) AS first_at, min(id) AS sample FROM matched
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
            'executions', executions, 'failed', failed, 'p50', p50, 'p95', p95)), '[]')
          FROM buckets) AS buckets,
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
  return row;
}
