import type { Releases } from '@xray/core';
import { groupBy } from '../group-by.js';
import type { FacetRow, HistogramRow } from '../store/answers.js';
import type { Db } from './client.js';
import type { CountSource } from './count-scope.js';

const MAX_RELEASES = 50;

/** One value of a field of an execution. A value that an execution has twice counts once. */
const VALUES = `arrayConcat(
  [tuple('', CAST(NULL, 'Nullable(String)'), '')],
  [tuple('status', NULL, status), tuple('pipeline', NULL, pipeline), tuple('env', NULL, environment)],
  if(isNull(outcome), [], [tuple('outcome', NULL, assumeNotNull(outcome))]),
  if(isNull(error_type), [], [tuple('error', NULL, assumeNotNull(error_type))]),
  arrayMap(v -> tuple('reason', NULL, v), arrayDistinct(reasons)),
  arrayMap(v -> tuple('decisive', NULL, v), arrayDistinct(decisive)),
  arrayMap(v -> tuple('rule', NULL, v), arrayDistinct(rules)),
  arrayMap(v -> tuple('tag', NULL, v), arrayDistinct(tags)),
  arrayMap((k, v) -> tuple('version', k, v), mapKeys(versions), mapValues(versions))
)::Array(Tuple(field String, key Nullable(String), value String))`;

/**
 * The most frequent values of each field. Executions that are alike in all fields are counted together before
 * their values are unpacked.
 */
export async function countFacets(
  db: Db,
  { params, from }: CountSource,
  values: number,
): Promise<FacetRow[]> {
  return await db.read<FacetRow>(
    `SELECT field, key, value, count, distinctValues FROM (
      SELECT *, count() OVER (PARTITION BY field, key) AS distinctValues,
        row_number() OVER (PARTITION BY field, key ORDER BY count DESC, value) AS place
      FROM (
        SELECT each.field AS field, each.key AS key, each.value AS value, sum(n) AS count FROM (
          SELECT count() AS n, any(status) AS status, any(pipeline) AS pipeline, any(environment) AS environment,
            anyLast(outcome) AS outcome, anyLast(error_type) AS error_type, any(reasons) AS reasons,
            any(decisive) AS decisive, any(rules) AS rules, any(tags) AS tags, any(versions) AS versions
          FROM ${from} GROUP BY fingerprint)
        ARRAY JOIN ${VALUES} AS each
        GROUP BY field, key, value)
    ) WHERE place <= ${params.int(values)} ORDER BY field, key, place`,
    params,
  );
}

/** Executions of each bucket and value. Buckets count from `originMs`; empty ones are left out. */
export async function countByTime(
  db: Db,
  { params, from }: CountSource,
  { by, originMs, bucketMs }: { by: 'outcome' | 'status'; originMs: number; bucketMs: number },
): Promise<HistogramRow[]> {
  const rows = await db.read<Omit<HistogramRow, 'bucket'> & { bucket: number }>(
    `SELECT ${bucketOf(originMs, bucketMs, params)} AS bucket, ${by} AS value, count() AS count
    FROM ${from} GROUP BY bucket, value ORDER BY bucket, value`,
    params,
  );
  return rows.map((row) => ({ ...row, bucket: new Date(row.bucket) }));
}

/** The start of an execution's bucket in ms. */
export function bucketOf(
  originMs: number,
  bucketMs: number,
  params: CountSource['params'],
): string {
  const [origin, width] = [params.int(originMs), params.int(bucketMs)];
  return `${origin} + ${width} * toInt64(floor((at - ${origin}) / ${width}))`;
}

interface VersionRow {
  pipeline: string;
  name: string;
  version: string;
  firstAt: number;
  executions: number;
}

/** Versions by pipeline and name in the order in which they were first seen. The first one is no release. */
export async function listReleases(
  db: Db,
  { params, from }: CountSource,
  newFromMs: number,
): Promise<Releases['items']> {
  const rows = await db.read<VersionRow>(
    `SELECT pipeline, name, version, min(first_at) AS firstAt, sum(n) AS executions FROM (
      SELECT pipeline, versions, min(at) AS first_at, count() AS n FROM ${from} GROUP BY pipeline, versions)
    ARRAY JOIN mapKeys(versions) AS name, mapValues(versions) AS version
    GROUP BY pipeline, name, version ORDER BY firstAt, version`,
    params,
  );
  const named = groupBy(rows, ({ pipeline, name }) => JSON.stringify([pipeline, name]));
  const releases = [...named.values()].flatMap((versions) =>
    versions.flatMap((row, place) => {
      const previous = versions[place - 1];
      return previous === undefined || row.firstAt < newFromMs
        ? []
        : [{ ...row, previous: previous.version }];
    }),
  );
  return releases
    .toSorted((a, b) => b.firstAt - a.firstAt || compare(keyOf(a), keyOf(b)))
    .slice(0, MAX_RELEASES)
    .map((row) => ({ ...row, firstAt: new Date(row.firstAt).toISOString() }));
}

function keyOf({ pipeline, name, version }: VersionRow): string {
  return `${pipeline}\0${name}\0${version}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
