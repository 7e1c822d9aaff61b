import { sql, type RawBuilder } from 'kysely';
import type { Driver } from './driver.js';
import { isWithin } from './executions.js';
import { READ_LIMIT_MS, readWithin } from './read-within.js';
import type { ExecutionScope, FacetRow, HistogramRow } from './store.js';

type Db = Driver['db'];

/**
 * Fields that are counted together in one pass over the rows. Fields of one value share a set, since few
 * combinations occur; each field of many has its own.
 */
const ONE = {
  outcome: 'outcome',
  status: 'status',
  pipeline: 'pipeline',
  env: 'environment',
  error: 'error_type',
} as const;
const MANY = { reason: 'reasons', decisive: 'decisive', rule: 'rules', tag: 'tags' } as const;

const SETS = [Object.values(ONE), ...Object.values(MANY).map((column) => [column]), ['versions']];
const MARKS = SETS.map(([first = '']) => first);
const COLUMNS = SETS.flat();

/**
 * The most frequent values of each field, with the number of all its values. The row whose field is ''
 * counts the executions.
 */
export async function countFacets(
  db: Db,
  scope: ExecutionScope & { values: number },
): Promise<FacetRow[]> {
  const rows = await readWithin(db, READ_LIMIT_MS, async (tx) => {
    const result = await sql<FacetRow>`
      WITH counted AS MATERIALIZED (
        SELECT grouping(${refs(MARKS)}) AS missing, ${refs(COLUMNS)}, count(*) AS n
        FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where}
        GROUP BY GROUPING SETS (${sql.join(SETS.map((set) => sql`(${refs(set)})`))})
      ), facets AS (
        SELECT field, key, value, sum(n)::bigint AS count FROM (
          SELECT ''::text AS field, NULL::text AS key, ''::text AS value, n FROM ${setOf('outcome')}
          ${sql.join(Object.entries(ONE).map(oneValue), sql` `)}
          ${sql.join(Object.entries(MANY).map(manyValues), sql` `)}
          UNION ALL SELECT 'version', v.key, v.value, n
          FROM ${setOf('versions')}, jsonb_each_text(counted.versions) AS v
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
  return sql`UNION ALL SELECT ${sql.lit(field)}, NULL, ${sql.ref(column)}, n FROM ${setOf('outcome')}`;
}

/** A value that an execution holds twice counts once. */
function manyValues([field, column]: [string, string]): RawBuilder<unknown> {
  return sql`UNION ALL SELECT ${sql.lit(field)}, NULL, v.value, n
    FROM ${setOf(column)}, LATERAL (SELECT DISTINCT unnest(${sql.ref(column)}) AS value) AS v`;
}

/** The counts of the set that a column begins: `missing` has a bit for each mark, the last one lowest. */
function setOf(mark: string): RawBuilder<unknown> {
  const all = 2 ** MARKS.length - 1;
  const own = 2 ** (MARKS.length - 1 - MARKS.indexOf(mark));
  return sql`(SELECT * FROM counted WHERE missing = ${sql.lit(all - own)}) AS counted`;
}

function refs(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
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
