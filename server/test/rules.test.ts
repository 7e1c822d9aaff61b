import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changesOf,
  cohortComparisonSchema,
  ruleHistorySchema,
  type CohortComparison,
  type ErrorBody,
  type ExecutionPage,
  type RuleHistory,
  type Snapshot,
} from '@xray/core';
import { sql } from 'kysely';
import { readRuleHistory } from '#server/query/rules.js';
import { reindex } from '#server/upkeep/reindex.js';
import { APP, driverInCi, freshServer, newPlace, storeOver } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';
import { administratorOf, WITH_ADMINISTRATOR, type Answer } from './support/people.js';
import { recordOf, snapshot } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

const FIRST = Date.parse('2026-11-24T00:00:00Z');
const MINUTE_MS = 60_000;
const RANGE = { from: '2026-11-23T00:00:00Z', to: '2026-12-01T00:00:00Z' };
const NOVEMBER = new URLSearchParams(RANGE).toString();

/** From `CHANGED` on, the rule set r42 allows less debt. The limit of the amount depends on the applicant. */
const CHANGED = 60;

function decision(index: number, changes: Partial<Snapshot> = {}): Snapshot {
  const isNew = index >= CHANGED;
  const limit = isNew ? 0.36 : 0.43;
  const dti = (index % 10) / 20;
  const fails = dti > limit;
  return snapshot({
    executionId: `decision-${index}`,
    environment: 'prod',
    startedAt: new Date(FIRST + index * MINUTE_MS).toISOString(),
    versions: { ruleset: isNew ? 'r42' : 'r41' },
    status: 'completed',
    decision: { outcome: fails ? 'declined' : 'approved', adverse: fails },
    steps: [
      {
        name: 'rules',
        kind: 'rules',
        rules: [
          {
            id: 'max_amount',
            op: '<=',
            actual: 100,
            threshold: index % 3 === 0 ? 5_000 : 9_000,
            result: 'pass',
          },
          {
            id: 'max_dti',
            op: '<=',
            actual: dti,
            threshold: limit,
            effect: 'reject',
            result: fails ? 'fail' : 'pass',
          },
        ],
      },
      ...(isNew ? [{ name: 'second_opinion' }] : []),
    ],
    ...changes,
  });
}

const STORED = Array.from({ length: 2 * CHANGED }, (_, index) => decision(index));

describe.each(driverInCi('pglite'))('rules of a pipeline on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let api: string;
  beforeAll(async () => {
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    api = `${server.url}/api/apps/${APP}`;
    await postOk(server.url, STORED);
  });
  afterAll(() => server.close());

  const history = async (query = ''): Promise<RuleHistory> => {
    const answer = await get<RuleHistory>(
      `${api}/pipelines/loan-approval/rules?${NOVEMBER}${query}`,
    );
    expect(ruleHistorySchema.parse(answer)).toEqual(answer);
    return answer;
  };

  test('tell which limit changed, since when, and with which version', async () => {
    const answer = await history();
    expect(answer).toMatchObject({ executions: 120, sampled: 120, moreRules: 0 });
    expect(changesOf(answer)).toEqual(
      expect.arrayContaining([
        {
          rule: 'max_dti',
          step: null,
          field: 'threshold',
          from: 0.43,
          to: 0.36,
          at: new Date(FIRST + CHANGED * MINUTE_MS).toISOString(),
          environment: 'prod',
          versions: { ruleset: 'r42' },
          evidence: 'version',
        },
        expect.objectContaining({ rule: null, step: 'second_opinion', field: 'presence' }),
      ]),
    );
    expect(changesOf(answer)).toHaveLength(2);
    expect(answer.rules.map(({ id, varies }) => [id, varies])).toEqual([
      ['max_dti', []],
      ['max_amount', ['threshold']],
    ]);
  });

  test('have the counts that the list has', async () => {
    const { rules } = await history();
    const count = async (q: string): Promise<number> => {
      const url = `${api}/executions?${NOVEMBER}&limit=200&q=${encodeURIComponent(q)}`;
      return (await get<ExecutionPage>(url)).items.length;
    };
    const [limit] = rules;
    expect(limit?.failed).toBe(await count('rule:max_dti'));
    expect(limit?.decided).toBe(await count('decisive:max_dti'));
    expect(limit?.evaluated).toBe(await count('rule.max_dti.threshold:*'));
    expect(limit?.settings.map(({ threshold, executions }) => [threshold, executions])).toEqual([
      [0.36, await count('rule.max_dti.threshold:0.36')],
      [0.43, await count('rule.max_dti.threshold:0.43')],
    ]);
    expect(await count('rule.max_amount.threshold:5000 rule.max_dti.op:"<="')).toBe(40);
  });

  test('are those of the executions that a filter finds', async () => {
    const { executions, rules } = await history('&q=version.ruleset:r42');
    expect(executions).toBe(60);
    expect(rules.every(({ changes }) => changes.length === 0)).toBe(true);
  });

  test('come first in a comparison of the executions before and after', async () => {
    const compare = async (query: Record<string, string>): Promise<CohortComparison> => {
      const url = `${api}/cohorts?${new URLSearchParams(query).toString()}`;
      const answer = await get<CohortComparison>(url);
      expect(cohortComparisonSchema.parse(answer)).toEqual(answer);
      return answer;
    };
    const at = new Date(FIRST + CHANGED * MINUTE_MS).toISOString();
    const limit = {
      pipeline: 'loan-approval',
      rule: 'max_dti',
      field: 'threshold',
      from: 0.43,
      to: 0.36,
      at,
      versions: { ruleset: 'r42' },
    };
    const half = new Date(FIRST + (CHANGED - 20) * MINUTE_MS).toISOString();
    const inTime = await compare({
      a: 'pipeline:loan-approval',
      b: 'pipeline:loan-approval',
      aFrom: RANGE.from,
      aTo: half,
      bFrom: half,
      bTo: RANGE.to,
    });
    expect(inTime.ruleChanges).toContainEqual(expect.objectContaining(limit));
    expect(inTime.ruleChanges).toHaveLength(2);
    const byVersion = await compare({
      a: 'version.ruleset:r42',
      b: 'version.ruleset:r41',
      aFrom: RANGE.from,
      aTo: RANGE.to,
      bFrom: RANGE.from,
      bTo: RANGE.to,
    });
    expect(byVersion.ruleChanges).toContainEqual(expect.objectContaining(limit));
    expect(byVersion.figures.find(({ figure }) => figure === 'steps')).toMatchObject({
      a: { value: 2, of: 60 },
      b: { value: 1, of: 60 },
      significant: true,
    });
  });

  test('have outcomes whose meaning people set once', async () => {
    const url = `${api}/pipelines/loan-approval/outcomes`;
    expect(await get(url)).toEqual({ outcomes: [] });
    const ada = await administratorOf(server);
    const path = `/api/apps/${APP}/pipelines/loan-approval/outcomes`;
    const put = async (outcomes: object[]): Promise<Answer> =>
      await ada.send('PUT', path, { outcomes });
    const outcomes = [
      { outcome: 'declined', meaning: 'bad', hue: null },
      { outcome: 'approved', meaning: 'good', hue: 140 },
    ];
    expect((await put(outcomes)).status).toBe(200);
    expect(await get(url)).toEqual({ outcomes });
    expect(await get(`${api}/outcomes`)).toEqual({
      items: [{ pipeline: 'loan-approval', outcomes }],
    });
    expect((await put([{ outcome: 'x', meaning: 'great' }])).status).toBe(400);
    expect((await put([...outcomes, ...outcomes])).status).toBe(400);
    expect((await put([])).status).toBe(200);
    expect(await get(`${api}/outcomes`)).toEqual({ items: [] });
  });

  test('refuse a filter that names no part of a rule, and words', async () => {
    for (const [q, code] of [
      ['rule.max_dti:1', 'missing_key'],
      ['hello', 'not_searchable'],
    ]) {
      const answer = await fetchWithKey(
        `${api}/pipelines/loan-approval/rules?q=${encodeURIComponent(q ?? '')}`,
      );
      expect(answer.status).toBe(400);
      const { error } = (await answer.json()) as ErrorBody;
      expect(error.details).toMatchObject([{ path: 'q', code }]);
    }
  });
});

describe('the history of rules', () => {
  test('follows what is written over, erased and read again', async () => {
    const place = await newPlace('pglite');
    const database = await openDriver(place);
    const store = storeOver(database);
    try {
      await store.migrate();
      const read = async (): Promise<RuleHistory> =>
        await readRuleHistory(store, APP, 'loan-approval', RANGE, Date.now());
      const counts = async (): Promise<(number | string)[][]> =>
        (await read()).rules
          .flatMap(({ id, settings }) =>
            settings.map(({ threshold, executions }) => [id, String(threshold), executions]),
          )
          .sort();
      await store.saveExecutions(STORED.slice(0, 4).map((made) => recordOf(made)));
      const before = await counts();
      expect(before).toContainEqual(['max_dti', '0.43', 4]);

      await store.saveExecutions([recordOf(decision(0, { revision: 2, steps: [] }))]);
      expect(await counts()).toContainEqual(['max_dti', '0.43', 3]);

      const scope = {
        app: APP,
        environment: undefined,
        what: { kind: 'execution' as const, executionId: 'decision-1' },
      };
      await store.eraseBatch(scope, undefined, { wait: true });
      const after = await counts();
      expect(after).toContainEqual(['max_dti', '0.43', 2]);

      await sql`UPDATE xray.steps SET rules = NULL`.execute(database.db);
      expect(await counts()).toEqual([]);
      await reindex(store, undefined);
      expect(await counts()).toEqual(after);
    } finally {
      await store.close();
      await place.remove();
    }
  });
});
