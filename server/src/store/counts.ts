import { sql, type RawBuilder } from 'kysely';
import type { Driver } from './driver.js';
import { isWithin } from './executions.js';
import { READ_LIMIT_MS, readWithin } from './read-within.js';
import type { ExecutionScope, FacetRow, HistogramRow } from './store.js';

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
const COLUMNS = [...Object.values(ONE), ...Object.values(MANY), 'versions'];

/**
 * The most frequent values of each field, with the number of all its values. The row whose field is ''
 * counts the executions. One pass: few of all combinations of values occur, and those are taken apart.
 */
export async function countFacets(
  db: Db,
  scope: ExecutionScope & { values: number },
): Promise<FacetRow[]> {
  const columns = sql.join(COLUMNS.map((column) => sql.ref(column)));
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<FacetRow>`
      WITH counted AS MATERIALIZED (
        SELECT ${columns}, count(*) AS n
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY ${columns}
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
  scope: ExecutionScope & { from: Date; by: 'outcome' | 'status'; bucketMs: number },
): Promise<HistogramRow[]> {
  const from = sql`${scope.from.toISOString()}::timestamptz`;
  const width = sql`${scope.bucketMs}::double precision * interval '1 millisecond'`;
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<HistogramRow>`
      SELECT date_bin(${width}, e.at, ${from}) AS bucket, ${sql.ref(`e.${scope.by}`)} AS value,
        count(*) AS count
      FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where}
      GROUP BY 1, 2 ORDER BY 1, 2`.execute(tx);
    return result.rows;
  });
  return rows;
}
