import { sql, type RawBuilder } from 'kysely';
import type { Driver } from './driver.js';
import { isWithin } from './executions.js';
import { countAlike, withAlike } from './fingerprints.js';
import { instant } from './instant.js';
import { READ_LIMIT_MS, readWithin } from './read-within.js';
import type { CountScope, FacetRow, HistogramRow } from './store.js';

type Db = Driver['db'];

/** Fields of one value. */
const ONE = {
  outcome: 'outcome',
  status: 'status',
  pipeline: 'pipeline',
  env: 'environment',
  error: 'error_type',
} as const;
/** Fields of many; a value that an execution holds twice counts once. */
const MANY = { reason: 'reasons', decisive: 'decisive', rule: 'rules', tag: 'tags' } as const;

/**
 * The most frequent values of each field, with the number of all its values. The row whose field is ''
 * counts the executions. One pass by fingerprint, each of which is then taken apart.
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

/** Each value of a column once, before it is taken apart. */
function countsOf(column: string): RawBuilder<unknown> {
  const ref = sql.ref(column);
  return sql`(SELECT ${ref}, sum(n) AS n FROM counted GROUP BY ${ref}) AS own`;
}

/** Executions of each bucket and value; buckets without any are left out. */
export async function countByTime(
  db: Db,
  scope: CountScope & { from: Date; by: 'outcome' | 'status'; bucketMs: number },
): Promise<HistogramRow[]> {
  const from = instant(scope.from.getTime());
  const width = sql`${scope.bucketMs}::double precision * interval '1 millisecond'`;
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<HistogramRow>`
      WITH grouped AS MATERIALIZED (
        SELECT date_bin(${width}, e.at, ${from}) AS bucket, e.fingerprint, count(*) AS n, max(e.id) AS sample
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
