import { sql, type RawBuilder } from 'kysely';
import { FAILED_STATUSES, hasFailed, type PipelineList } from '@xray/core';
import type { OverTime } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import { DURATIONS } from './durations.js';
import { countOf, quantileOf, type DurationGroup } from '../../store/quantiles.js';
import { isWithin } from '../rows.js';
import { bigints, isOneOf, withAlike, type Bigints } from './fingerprints.js';
import { instant, isoOf } from '../instant.js';
import { groupBy } from '../../group-by.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import type { CountScope, RowScope } from '../scope.js';

type Db = Driver['db'];

const MAX_OUTCOMES = 20;
const MAX_REASONS = 20;
/** The number of distinct version sets that are searched for new versions. */
const MAX_RELEASES = 200;

/** Executions of one pipeline with the same outcome. */
interface PipelineGroup {
  pipeline: string;
  outcome: string | null;
  status: string;
  count: number;
  lastAt: Date;
}

/** The app's pipelines by name, with counts of their executions. Throws a ReadTooLong. */
export async function listPipelines(
  db: Db,
  scope: Omit<RowScope, 'where'>,
): Promise<PipelineList['items']> {
  const { groups, durations } = await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const counted = await sql<PipelineGroup>`
      WITH grouped AS MATERIALIZED (
        SELECT e.fingerprint, count(*) AS n, max(e.at) AS last_at, max(e.id) AS sample
        FROM xray.executions e WHERE ${isWithin(scope)} GROUP BY e.fingerprint
      )
      SELECT pipeline, outcome, status, sum(n)::bigint AS count, max(last_at) AS "lastAt"
      FROM (${withAlike(sql`grouped`, sql`true`)}) AS counted
      GROUP BY pipeline, outcome, status`.execute(tx);
    const timed = await sql<DurationGroup & { pipeline: string }>`
      SELECT e.pipeline, ${DURATIONS} FROM xray.executions e
      WHERE ${isWithin(scope)} AND e.duration_group IS NOT NULL
      GROUP BY e.pipeline, e.duration_group`.execute(tx);
    return { groups: counted.rows, durations: timed.rows };
  });
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
  const byOutcome = groupBy(groups, ({ outcome }) => outcome);
  const outcomes = [...byOutcome].map(([outcome, groups]) => ({ outcome, count: countOf(groups) }));
  return {
    pipeline,
    executions: countOf(groups),
    lastAt: isoOf(lastOf(groups)),
    failed: countOf(groups.filter(hasFailed)),
    outcomes: outcomes.toSorted((a, b) => b.count - a.count),
    p50Ms: quantileOf(durations, 0.5),
    p95Ms: quantileOf(durations, 0.95),
  };
}

function lastOf(groups: PipelineGroup[]): number {
  return groups.reduce((last, { lastAt }) => Math.max(last, lastAt.getTime()), -Infinity);
}

const START_MS = msOf(sql`start`);

/** A timestamptz in ms since the epoch. As text it would depend on the session's time zone. */
function msOf(instant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`round(extract(epoch FROM ${instant}) * 1000)`;
}

type CountedOverTime = Omit<OverTime, 'buckets' | 'p50' | 'p95'> & {
  buckets: Omit<OverTime['buckets'][number], 'p50' | 'p95'>[];
  fingerprints: Bigints;
};

/**
 * Reads only the index executions_pipeline, unless the filter needs other columns. Throws a
 * ReadTooLong.
 */
export async function readOverTime(
  db: Db,
  scope: CountScope & { origin: Date; bucketMs: number },
): Promise<OverTime> {
  const origin = instant(scope.origin.getTime());
  const width = sql`make_interval(secs => ${scope.bucketMs / 1_000}::double precision)`;
  const START = sql`date_bin(${width}, e.at, ${origin})`;
  return await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const { rows } = await sql<CountedOverTime>`
      WITH grouped AS MATERIALIZED (
        SELECT ${START} AS start, e.fingerprint, count(*) AS n, min(e.at) AS first_at, max(e.id) AS sample
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY start, e.fingerprint
      ), kinds AS (
        SELECT fingerprint, max(sample) AS sample, min(first_at) AS first_at FROM grouped GROUP BY fingerprint
      ), known AS MATERIALIZED (${withAlike(sql`kinds`, scope.alike)}
      ), counted AS MATERIALIZED (
        SELECT start, outcome, reasons[1] AS reason, status = ANY (${FAILED_STATUSES}::text[]) AS broken,
          sum(n) AS n
        FROM grouped JOIN known USING (fingerprint) GROUP BY start, outcome, reason, broken
      ), buckets AS (
        SELECT start, sum(n) AS executions, coalesce(sum(n) FILTER (WHERE broken), 0) AS failed
        FROM counted GROUP BY start
      ), outcomes AS (
        SELECT outcome AS value, sum(n) AS total FROM counted
        GROUP BY outcome ORDER BY total DESC, outcome LIMIT ${MAX_OUTCOMES}
      ), reasons AS (
        SELECT reason AS value, sum(n) AS total FROM counted WHERE reason IS NOT NULL
        GROUP BY reason ORDER BY total DESC, reason LIMIT ${MAX_REASONS}
      ), releases AS (
        SELECT versions, min(first_at) AS first_at FROM known
        GROUP BY versions ORDER BY first_at DESC LIMIT ${MAX_RELEASES}
      ), versions AS (
        SELECT v.key AS name, v.value AS version, min(first_at) AS first_at
        FROM releases CROSS JOIN LATERAL jsonb_each_text(versions) v GROUP BY v.key, v.value
      )
      SELECT
        (SELECT coalesce(json_agg(json_build_object('startMs', ${START_MS},
            'executions', executions, 'failed', failed)), '[]')
          FROM buckets) AS buckets,
        (SELECT coalesce(json_agg(o ORDER BY o.total DESC, o.value, o."startMs"), '[]') FROM (
          SELECT value, total, ${START_MS} AS "startMs", sum(n) AS count
          FROM outcomes JOIN counted ON counted.outcome IS NOT DISTINCT FROM value
          GROUP BY value, total, start) o) AS outcomes,
        (SELECT coalesce(json_agg(r ORDER BY r.total DESC, r.value, r."startMs"), '[]') FROM (
          SELECT value, total, ${START_MS} AS "startMs", sum(n) AS count
          FROM reasons JOIN counted ON counted.reason = value
          GROUP BY value, total, start) r) AS reasons,
        (SELECT count(DISTINCT reason) FROM counted) AS "distinctReasons",
        (SELECT coalesce(json_agg(json_build_object('name', name, 'version', version,
            'firstAtMs', ${msOf(sql`first_at`)}) ORDER BY first_at, name, version), '[]') FROM versions) AS versions,
        (SELECT ${bigints(sql`fingerprint`)} FROM known) AS fingerprints
      `.execute(tx);
    const [row] = rows;
    if (row === undefined) throw new TypeError('a select without FROM gives one row');
    const { buckets, fingerprints, ...counted } = row;
    const { rows: durations } = await sql<DurationGroup & { startMs: number }>`
      SELECT ${START_MS}::double precision AS "startMs", count, low, high FROM (
        SELECT ${START} AS start, ${DURATIONS} FROM xray.executions e
        WHERE ${isWithin(scope)} AND ${scope.where} AND ${isOneOf(fingerprints)}
          AND e.duration_group IS NOT NULL
        GROUP BY start, e.duration_group) AS timed`.execute(tx);
    const durationsOf = groupBy(durations, ({ startMs }) => startMs);
    return {
      ...counted,
      p50: quantileOf(durations, 0.5),
      p95: quantileOf(durations, 0.95),
      buckets: buckets.map((bucket) => {
        const durations = durationsOf.get(bucket.startMs) ?? [];
        return { ...bucket, p50: quantileOf(durations, 0.5), p95: quantileOf(durations, 0.95) };
      }),
    };
  });
}
