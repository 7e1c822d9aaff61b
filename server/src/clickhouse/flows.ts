import { FAILED_STATUSES } from '@xray/core';
import { groupBy } from '../group-by.js';
import { MAX_COURSES, type Flow, type StepFigures } from '../store/answers.js';
import type { BoundedScope } from '../store/execution-store.js';
import type { Db } from './client.js';
import { sourceOfScope, type CountSource } from './count-scope.js';
import { AGGREGATE_LIMIT_MS } from './pipelines.js';

const MAX_COURSE_STEPS = 200;
const MAX_STEPS = 500;
const MAX_REASONS = 20;
const SAMPLES = 2 ** 32;

/** The names of the first steps that an execution ran, in order. */
export const COURSE_STEPS = `arraySlice(arrayMap(s -> s.2, arraySort(arrayFilter(s -> s.3 != 'skipped',
  arrayZip(step_sequences, step_names, step_statuses)))), 1, ${MAX_COURSE_STEPS})`;

/** Exact courses, and the figures of a sample's steps. */
export async function readFlow(
  db: Db,
  question: BoundedScope & { sampled: number },
): Promise<Flow> {
  const { params, from } = sourceOfScope(question);
  const courses = await db.read<{ executions: number; steps: string[]; all: number }>(
    `SELECT count() AS executions, any(${COURSE_STEPS}) AS steps, sum(executions) OVER () AS all
    FROM ${from} GROUP BY course ORDER BY executions DESC, course LIMIT ${params.int(MAX_COURSES)}`,
    params,
    AGGREGATE_LIMIT_MS,
  );
  const executions = courses[0]?.all ?? 0;
  const drawn = (): CountSource => {
    const source = sourceOfScope(question);
    const share = Math.min(1, question.sampled / Math.max(1, executions));
    const below = source.params.int(Math.ceil(share * SAMPLES));
    return { ...source, from: `${source.from} AND sample < ${below}` };
  };
  const [{ n = 0 } = {}] = await db.read<{ n: number }>(...counting(drawn()));
  return {
    executions,
    courses: courses.map((course) => ({ executions: course.executions, steps: course.steps })),
    sampled: n,
    steps: await readSteps(db, drawn),
  };
}

function counting({ params, from }: CountSource): [string, CountSource['params']] {
  return [`SELECT count() AS n FROM ${from}`, params];
}

const FAILED = FAILED_STATUSES.map((status) => `'${status}'`).join(', ');
const RAN = "status != 'skipped'";

async function readSteps(db: Db, drawn: () => CountSource): Promise<StepFigures[]> {
  const figures = drawn();
  const steps = await db.read<Omit<StepFigures, 'drops'>>(
    `SELECT name, max(kind) AS kind, avg(ix) AS place, countIf(status IN (${FAILED})) AS failed,
      countIf(NOT (${RAN})) AS skipped,
      if(countIf(${RAN} AND isNotNull(duration)) = 0, NULL,
        quantileExactInclusiveIf(0.5)(assumeNotNull(duration), ${RAN} AND isNotNull(duration))) AS p50,
      if(countIf(${RAN} AND isNotNull(duration)) = 0, NULL,
        quantileExactInclusiveIf(0.95)(assumeNotNull(duration), ${RAN} AND isNotNull(duration))) AS p95,
      if(countIf(${RAN} AND isNotNull(ins)) = 0, NULL, toFloat64(sumIf(ins, ${RAN}))) AS candidatesIn,
      if(countIf(${RAN} AND isNotNull(outs)) = 0, NULL, toFloat64(sumIf(outs, ${RAN}))) AS candidatesOut
    FROM (
      SELECT name, kind, status, duration, ins, outs, ix - 1 AS ix FROM (SELECT * FROM ${figures.from})
      ARRAY JOIN step_names AS name, step_kinds AS kind, step_statuses AS status, step_durations AS duration,
        step_ins AS ins, step_outs AS outs, arrayEnumerate(step_names) AS ix)
    GROUP BY name ORDER BY count() DESC, name LIMIT ${figures.params.int(MAX_STEPS)}`,
    figures.params,
    AGGREGATE_LIMIT_MS,
  );
  const dropped = drawn();
  const drops = await db.read<{ name: string; reason: string; count: number }>(
    `SELECT name, reason, toFloat64(sum(dropped)) AS count FROM (
      SELECT name, mapKeys(drops) AS reasons_of, mapValues(drops) AS counts_of FROM (SELECT * FROM ${dropped.from})
      ARRAY JOIN step_names AS name, step_statuses AS status, step_drops AS drops WHERE ${RAN})
    ARRAY JOIN reasons_of AS reason, counts_of AS dropped
    GROUP BY name, reason ORDER BY name, count DESC, reason LIMIT ${dropped.params.int(MAX_REASONS)} BY name`,
    dropped.params,
    AGGREGATE_LIMIT_MS,
  );
  const byName = groupBy(drops, ({ name }) => name);
  return steps.map((step) => ({
    ...step,
    drops: (byName.get(step.name) ?? []).map(({ reason, count }) => ({ reason, count })),
  }));
}
