import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cohortComparisonSchema,
  rankExplanations,
  type CohortComparison,
  type CohortExplanation,
  type ErrorBody,
  type ExecutionPage,
  type Snapshot,
} from '@xray/core';
import {
  CAUSES,
  countTraits,
  namesCause,
  plantedCohort,
  type Cause,
} from '../../packages/core/test/planted.js';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';

const HOUR_MS = 3_600_000;
const WEEK_A = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-08T00:00:00.000Z' };
const WEEK_B = { from: WEEK_A.to, to: '2026-11-15T00:00:00.000Z' };
const EXECUTIONS = 1_000;
const BATCH = 200;

/** Two cohorts of one pipeline, a week each, with one planted cause. */
function planted(cause: Cause | undefined): { a: Snapshot[]; b: Snapshot[] } {
  const cohort = (name: 'a' | 'b', from: string): Snapshot[] =>
    plantedCohort(name, 7, { appId: APP, executions: EXECUTIONS, cause }).map((made, index) => ({
      ...made,
      executionId: `${cause}-${made.executionId}`,
      pipeline: `loan-${cause}`,
      startedAt: new Date(Date.parse(from) + (index % 160) * HOUR_MS).toISOString(),
    }));
  return { a: cohort('a', WEEK_A.from), b: cohort('b', WEEK_B.from) };
}

const outlineOf = (explanations: CohortExplanation[]): string[] =>
  explanations.map(
    ({ kind, name, how, a, b, within }) =>
      `${kind} ${name} ${how} ${a.count}/${a.of} ${b.count}/${b.of} ${within.a.count} ${within.b.count}`,
  );

describe.each(driverInCi('postgres'))('cohorts on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let api: string;
  beforeAll(async () => {
    server = await freshServer(driver);
    api = `${server.url}/api/apps/${APP}`;
    for (const cause of [...CAUSES, undefined]) {
      const { a, b } = planted(cause);
      const all = [...a, ...b];
      for (let i = 0; i < all.length; i += BATCH) {
        await postOk(server.url, all.slice(i, i + BATCH));
      }
    }
  }, 240_000);
  afterAll(() => server.close());

  const compare = async (a: string, b: string, query = ''): Promise<CohortComparison> => {
    const weeks = `aFrom=${WEEK_A.from}&aTo=${WEEK_A.to}&bFrom=${WEEK_B.from}&bTo=${WEEK_B.to}`;
    const filters = `a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
    const answer = await get<CohortComparison>(`${api}/cohorts?${filters}&${weeks}${query}`);
    expect(cohortComparisonSchema.parse(answer)).toEqual(answer);
    return answer;
  };

  test.each(CAUSES)('list a planted cause among the first three: %s', async (cause) => {
    const { a, b, explained, explanations, outcomes, warnings } = await compare(
      `pipeline:loan-${cause}`,
      `pipeline:loan-${cause}`,
    );
    expect([a.executions, b.executions, a.sampled]).toEqual([EXECUTIONS, EXECUTIONS, EXECUTIONS]);
    expect(outcomes[0]).toMatchObject({ outcome: explained?.outcome, significant: true });
    expect(explanations.slice(0, 3).some((explanation) => namesCause(cause, explanation))).toBe(
      true,
    );
    expect(warnings).toEqual([]);
  });

  test('have the same counts as a count of each record', async () => {
    const { a, b } = planted('missing_step');
    const answer = await compare('pipeline:loan-missing_step', 'pipeline:loan-missing_step');
    const { explained, outcomes } = answer;
    const { difference } = outcomes[0] ?? { difference: 0 };
    const counts = countTraits(a, b, explained?.outcome ?? null);
    // Inputs are counted in fewer executions, and this test does not need them.
    const plain = counts.traits.filter(({ kind }) => kind !== 'input');
    const expected = rankExplanations(difference, [{ ...counts, traits: plain }]);
    expect(outlineOf(answer.explanations)).toEqual(outlineOf(expected.explanations));
  });

  test('explain nothing if nothing changed', async () => {
    const { explained, explanations, warnings } = await compare(
      'pipeline:loan-undefined',
      'pipeline:loan-undefined',
    );
    expect({ explained, explanations }).toEqual({ explained: null, explanations: [] });
    expect(warnings.map(({ code }) => code)).toEqual(['no_change']);
  });

  test('have terms that find the executions behind an explanation', async () => {
    const pipeline = 'pipeline:loan-threshold';
    const { explanations } = await compare(pipeline, pipeline);
    const found = explanations.find(({ kind }) => kind === 'rule' || kind === 'decisive');
    const q = encodeURIComponent(`${pipeline} ${found?.term}`);
    const range = `from=${WEEK_A.from}&to=${WEEK_A.to}`;
    const page = await get<ExecutionPage>(`${api}/executions?q=${q}&${range}&limit=200`);
    expect(found?.a.count).toBeGreaterThan(0);
    expect(page.items).toHaveLength(found?.a.count ?? -1);
  });

  test('of two versions in one range are not explained by that version', async () => {
    const version = (name: string): string => `pipeline:loan-threshold version.ruleset:${name}`;
    const both = `&aFrom=${WEEK_B.from}&aTo=${WEEK_B.to}&bFrom=${WEEK_B.from}&bTo=${WEEK_B.to}`;
    const filters = `a=${version('r41')}&b=${version('r42')}`;
    const answer = await get<CohortComparison>(`${api}/cohorts?${filters}${both}`);
    expect(answer.a.executions + answer.b.executions).toBe(EXECUTIONS);
    expect(answer.explanations[0]).toMatchObject({ name: 'max_dti' });
    expect(answer.explanations.map(({ kind }) => kind)).not.toContain('version');
  });

  test('show the steps and edges that differ', async () => {
    const { flow } = await compare('pipeline:loan-missing_step', 'pipeline:loan-missing_step');
    expect(flow.steps.map(({ name }) => name)).toEqual(['credit_history']);
    expect(flow.steps[0]).toMatchObject({ a: { rate: 1 }, b: { of: EXECUTIONS } });
    expect(flow.edges.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual([
      'credit_history score',
      'fetch_applicant credit_history',
      'fetch_applicant score',
    ]);
  });

  test('explain the requested outcome, or say that it did not change', async () => {
    const pipeline = 'pipeline:loan-threshold';
    const approved = await compare(pipeline, pipeline, '&outcome=approved');
    expect(approved.explained).toEqual({ outcome: 'approved' });
    const none = await compare(pipeline, pipeline, '&outcome=');
    expect(none.explained).toBeNull();
    expect(none.warnings.map(({ code }) => code)).toEqual(['no_change']);
  });

  test('warn if cohorts are small or share executions', async () => {
    const few = await compare('pipeline:loan-threshold', 'pipeline:nothing');
    expect(few.b).toMatchObject({ executions: 0, sampled: 0 });
    expect(few.warnings.map(({ code }) => code)).toEqual(['small', 'no_change']);
    const same = `a=pipeline:loan-threshold&b=pipeline:loan-threshold metadata.region:eu`;
    const range = `aFrom=${WEEK_B.from}&aTo=${WEEK_B.to}&bFrom=${WEEK_B.from}&bTo=${WEEK_B.to}`;
    const shared = await get<CohortComparison>(`${api}/cohorts?${same}&${range}`);
    expect(shared.b.executions).toBeLessThan(shared.a.executions);
    expect(shared.warnings[0]).toMatchObject({
      code: 'overlap',
      message: expect.stringContaining(`${shared.b.executions} executions are in both`),
    });
  });

  test('leave out running executions', async () => {
    const [running] = planted('threshold').a;
    await postOk(server.url, {
      ...running,
      executionId: 'running',
      pipeline: 'loan-running',
      status: 'running',
      decision: null,
    });
    const { a } = await compare('pipeline:loan-running', 'pipeline:loan-running');
    expect(a.executions).toBe(0);
  });

  test('name the filter and the position of an error', async () => {
    const response = await fetchWithKey(`${api}/cohorts?a=pipeline:x&b=env:prod (`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.details?.[0]).toMatchObject({ path: 'b', position: 9 });
  });
});
