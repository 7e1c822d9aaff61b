import { sql, type RawBuilder } from 'kysely';
import { FAILED_STATUSES, type Course } from '@xray/core';
import { MAX_COURSES, type Flow, type StepFigures } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import { isWithin } from '../rows.js';
import { bigints, countAlike, isDrawn, isOneOf, type Bigints } from './fingerprints.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import type { CountScope } from '../scope.js';

type Db = Driver['db'];

/** The first steps of a course. */
const MAX_COURSE_STEPS = 200;
const MAX_STEPS = 500;
const RAN = sql`status <> 'skipped'`;
const MAX_REASONS = 20;

/**
 * Reads the exact courses from the executions, then the steps of a sample. There are five times as
 * many steps, and the page only shows shares, quantiles and sums of them. Throws a ReadTooLong.
 */
export async function readFlow(db: Db, scope: CountScope & { sampled: number }): Promise<Flow> {
  return await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const { rows } = await sql<{ executions: number; courses: Course[]; fingerprints: Bigints }>`
      WITH known AS MATERIALIZED (${countAlike(scope)}
      ), courses AS (
        SELECT course, sum(n) AS executions, max(sample) AS sample FROM known
        GROUP BY course ORDER BY executions DESC, course LIMIT ${MAX_COURSES}
      )
      SELECT
        (SELECT coalesce(sum(n), 0)::integer FROM known) AS executions,
        (SELECT coalesce(json_agg(json_build_object('executions', courses.executions,
            'steps', ${stepsOf(sql`courses.sample`)}) ORDER BY courses.executions DESC, course), '[]')
          FROM courses) AS courses,
        (SELECT ${bigints(sql`fingerprint`)} FROM known) AS fingerprints`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw new TypeError('a select without FROM gives one row');
    const { executions, courses, fingerprints } = row;
    const drawn = await sql<{ ids: Bigints; count: number }>`
      SELECT ${bigints(sql`e.id`)} AS ids, count(*) AS count FROM xray.executions e
      WHERE ${isWithin(scope)} AND ${scope.where} AND ${isDrawn(scope.sampled, executions)}
        AND ${isOneOf(fingerprints)}`.execute(tx);
    const { ids, count } = drawn.rows[0] ?? { ids: null, count: 0 };
    const steps = await readSteps(tx, ids);
    return { executions, courses, sampled: count, steps };
  });
}

/** The names of the first steps that an execution ran, in order, as JSON. */
export function stepsOf(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(SELECT coalesce(json_agg(s.name ORDER BY s.sequence, s.ix), '[]') FROM (
    SELECT name, sequence, ix FROM xray.steps WHERE execution = ${id} AND status <> 'skipped'
    ORDER BY sequence, ix LIMIT ${MAX_COURSE_STEPS}) s)`;
}

/** Executions are looked up one by one, because a scan of all steps would read many more rows. */
async function readSteps(tx: Db, sample: Bigints): Promise<StepFigures[]> {
  const run = sql`
    SELECT s.* FROM unnest(${sample ?? '{}'}::bigint[]) AS p(id)
    CROSS JOIN LATERAL (SELECT * FROM xray.steps WHERE execution = p.id OFFSET 0) s`;
  const figures = await sql<Omit<StepFigures, 'drops'>>`
    SELECT name, max(kind) AS kind, avg(ix)::double precision AS place,
      count(*) FILTER (WHERE status = ANY (${FAILED_STATUSES}::text[])) AS failed,
      count(*) FILTER (WHERE status = 'skipped') AS skipped,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE ${RAN}) AS p50,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE ${RAN}) AS p95,
      (sum(candidates_in) FILTER (WHERE ${RAN}))::double precision AS "candidatesIn",
      (sum(candidates_out) FILTER (WHERE ${RAN}))::double precision AS "candidatesOut"
    FROM (${run}) AS run GROUP BY name ORDER BY count(*) DESC, name LIMIT ${MAX_STEPS}`.execute(tx);
  const drops = await sql<{ name: string; reason: string; count: number }>`
    SELECT name, reason, count FROM (
      SELECT name, d.key AS reason, sum(d.value::double precision) AS count,
        row_number() OVER (PARTITION BY name ORDER BY sum(d.value::double precision) DESC, d.key) AS rank
      FROM (${run}) AS run CROSS JOIN LATERAL jsonb_each_text(run.drops) d
      WHERE run.drops IS NOT NULL AND ${RAN} GROUP BY name, d.key
    ) AS ranked WHERE rank <= ${MAX_REASONS} ORDER BY name, rank`.execute(tx);
  return figures.rows.map((figure) => ({
    ...figure,
    drops: drops.rows
      .filter(({ name }) => name === figure.name)
      .map(({ reason, count }) => ({ reason, count })),
  }));
}
