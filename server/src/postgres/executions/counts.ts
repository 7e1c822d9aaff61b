import { sql, type RawBuilder } from 'kysely';
import type { Releases } from '@xray/core';
import type { FacetRow, HistogramRow } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import { isWithin } from '../rows.js';
import { countAlike, withAlike } from './fingerprints.js';
import { instant, isoOf } from '../instant.js';
import { READ_LIMIT_MS, readWithin } from '../read-within.js';
import type { CountScope } from '../scope.js';

type Db = Driver['db'];

const MAX_RELEASES = 50;

/** Fields with one value. */
const ONE = {
  outcome: 'outcome',
  status: 'status',
  pipeline: 'pipeline',
  env: 'environment',
  error: 'error_type',
} as const;
/** Fields with many values. A value that an execution has twice counts once. */
const MANY = { reason: 'reasons', decisive: 'decisive', rule: 'rules', tag: 'tags' } as const;

/**
 * The most frequent values of each field, with the number of its distinct values. The row with the
 * field '' counts the executions. One pass groups by fingerprint; each group is then unpacked.
 */
export async function countFacets(
  db: Db,
  scope: CountScope & { values: number },
): Promise<FacetRow[]> {
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<FacetRow>`
      WITH counted AS MATERIALIZED (${countAlike(scope)}
      ), facets AS (
        SELECT field, key, value, sum(n)::bigint AS count FROM (
          SELECT ''::text AS field, NULL::text AS key, ''::text AS value, n FROM counted
          ${sql.join(Object.entries(ONE).map(oneValue), sql` `)}
          ${sql.join(Object.entries(MANY).map(manyValues), sql` `)}
          UNION ALL SELECT 'version', v.key, v.value, n
          FROM ${countsOf('versions')}, jsonb_each_text(versions) AS v
        ) AS one WHERE value IS NOT NULL GROUP BY field, key, value
      )
      SELECT field, key, value, count, distinct_values AS "distinctValues" FROM (
        SELECT *, row_number() OVER (PARTITION BY field, key ORDER BY count DESC, value) AS place,
          count(*) OVER (PARTITION BY field, key) AS distinct_values
        FROM facets
      ) AS ranked WHERE place <= ${scope.values} ORDER BY field, key, place`.execute(tx);
    return result.rows;
  });
  return rows;
}

function oneValue([field, column]: [string, string]): RawBuilder<unknown> {
  return sql`UNION ALL SELECT ${sql.lit(field)}, NULL, ${sql.ref(column)}, n FROM counted`;
}

function manyValues([field, column]: [string, string]): RawBuilder<unknown> {
  return sql`UNION ALL SELECT ${sql.lit(field)}, NULL, v.value, n
    FROM ${countsOf(column)}, LATERAL (SELECT DISTINCT unnest(${sql.ref(column)}) AS value) AS v`;
}

/** Each distinct value of a column, before it is unpacked. */
function countsOf(column: string): RawBuilder<unknown> {
  const ref = sql.ref(column);
  return sql`(SELECT ${ref}, sum(n) AS n FROM counted GROUP BY ${ref}) AS own`;
}

interface ReleaseRow extends Omit<Releases['items'][number], 'firstAt'> {
  firstAt: Date;
}

/**
 * Versions by pipeline and name in the order in which they were first seen. The first version is
 * not a release.
 */
export async function listReleases(
  db: Db,
  scope: CountScope & { newFromMs: number },
): Promise<Releases['items']> {
  const { rows } = await readWithin(db, READ_LIMIT_MS, (tx) =>
    sql<ReleaseRow>`
      WITH groups AS MATERIALIZED (
        SELECT e.fingerprint, count(*) AS n, min(e.at) AS first_at, max(e.id) AS sample
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY e.fingerprint
      ), known AS MATERIALIZED (${withAlike(sql`groups`, scope.alike)}
      ), versions AS (
        SELECT pipeline, v.key AS name, v.value AS version, min(first_at) AS first_at, sum(n)::bigint AS executions
        FROM known CROSS JOIN LATERAL jsonb_each_text(versions) v GROUP BY pipeline, v.key, v.value
      ), ordered AS (
        SELECT *, lag(version) OVER (PARTITION BY pipeline, name ORDER BY first_at, version) AS previous
        FROM versions
      )
      SELECT pipeline, name, version, first_at AS "firstAt", executions, previous FROM ordered
      WHERE previous IS NOT NULL AND first_at >= ${instant(scope.newFromMs)}
      ORDER BY first_at DESC, pipeline, name, version LIMIT ${MAX_RELEASES}`.execute(tx),
  );
  return rows.map((row) => ({ ...row, firstAt: isoOf(row.firstAt) }));
}

/** Executions of each bucket and value. Buckets count from `origin`; empty buckets are left out. */
export async function countByTime(
  db: Db,
  scope: CountScope & { origin: Date; by: 'outcome' | 'status'; bucketMs: number },
): Promise<HistogramRow[]> {
  const origin = instant(scope.origin.getTime());
  const width = sql`${scope.bucketMs}::double precision * interval '1 millisecond'`;
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<HistogramRow>`
      WITH grouped AS MATERIALIZED (
        SELECT date_bin(${width}, e.at, ${origin}) AS bucket, e.fingerprint, count(*) AS n, max(e.id) AS sample
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY bucket, e.fingerprint
      ), kinds AS (SELECT fingerprint, max(sample) AS sample FROM grouped GROUP BY fingerprint
      ), valued AS MATERIALIZED (
        SELECT fingerprint, ${sql.ref(scope.by)} AS value FROM (${withAlike(sql`kinds`, scope.alike)}) AS kinds
      )
      SELECT bucket, value, sum(n)::bigint AS count FROM grouped JOIN valued USING (fingerprint)
      GROUP BY bucket, value ORDER BY bucket, value`.execute(tx);
    return result.rows;
  });
  return rows;
}
