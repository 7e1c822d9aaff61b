import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  simulationSchema,
  type ErrorBody,
  type Simulation,
  type SimulationLine,
  type Snapshot,
} from '@xray/core';
import {
  applicants,
  decide,
  PROGRAMS,
  RECORDED,
} from '../../packages/core/test/simulated-programs.js';
import { APP, driverInCi, freshServer } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';

const COUNT = 300;
const PEOPLE = applicants(COUNT, 5);
const STRICTER = { ...RECORDED, min_score: 650 };
const NOVEMBER = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' };

function record(index: number, thresholds = RECORDED): Snapshot {
  const [program, person] = [PROGRAMS['refers nothing'], PEOPLE[index]];
  if (program === undefined || person === undefined) throw new Error('no such person');
  return {
    ...decide(program, person, thresholds, { executionId: `loan-${String(index)}` }),
    appId: APP,
    startedAt: '2026-11-05T00:00:00Z',
    tags: [index % 2 === 0 ? 'even' : 'odd'],
  };
}

describe.each(driverInCi('postgres'))('a simulation on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  const records = PEOPLE.map((_, index) => record(index));
  beforeAll(async () => {
    server = await freshServer(driver);
    await postOk(server.url, records);
  });
  afterAll(() => server.close());

  const address = (query: Record<string, string>, set: string[], path = 'simulate'): string => {
    const params = new URLSearchParams([
      ...Object.entries({ ...NOVEMBER, ...query }),
      ...set.map((change): [string, string] => ['set', change]),
    ]);
    return `${server.url}/api/apps/${APP}/${path}?${String(params)}`;
  };
  const flipsAmong = (indexes: number[]): number =>
    indexes.filter(
      (index) => record(index, STRICTER).decision?.outcome !== records[index]?.decision?.outcome,
    ).length;

  test('finds the flips of a filter’s executions', async () => {
    const answer = await get<Simulation>(
      address({ q: 'pipeline:loan tag:even' }, ['min_score:650']),
    );
    expect(simulationSchema.parse(answer)).toEqual(answer);
    const flips = flipsAmong(records.flatMap((_, index) => (index % 2 === 0 ? [index] : [])));
    expect(flips).toBeGreaterThan(10);
    expect(answer).toMatchObject({
      executions: COUNT / 2,
      sampled: COUNT / 2,
      basis: 'learned',
      to: [{ from: 'approved', to: ['declined'], choice: false, count: flips }],
    });
    expect(answer.flips.certain).toBe(flips);
    expect(answer.rules).toMatchObject([
      { rule: 'min_score', threshold: 650, was: [620], evaluated: COUNT / 2 },
    ]);
  });

  test('reads all executions with progress', async () => {
    const response = await fetchWithKey(address({}, ['min_score:650'], 'simulate/all'));
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SimulationLine);
    expect(lines.at(-2)).toEqual({ progress: { read: COUNT, executions: COUNT } });
    expect(lines.at(-1)).toMatchObject({
      answer: { flips: { certain: flipsAmong(records.map((_, index) => index)) } },
    });
  });

  test('ends with the error if it is found late', async () => {
    const response = await fetchWithKey(address({}, ['min_scor:650'], 'simulate/all'));
    const [last = ''] = (await response.text()).trim().split('\n').slice(-1);
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'invalid' } });
  });

  test('takes several rules', async () => {
    const answer = await get<Simulation>(address({}, ['min_score:650', 'max_debt:0.4']));
    expect(answer.rules.map(({ rule }) => rule)).toEqual(['min_score', 'max_debt']);
  });

  test.each([
    [['min_scor:650'], 'none of the 300 executions'],
    [['min_score'], 'write RULE:THRESHOLD'],
    [[], 'set'],
  ])('refuses %o', async (set, message) => {
    const response = await fetchWithKey(address({}, set));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.message).toContain(message);
    expect(error.details).toMatchObject([{ path: 'set' }]);
  });

  test('says nothing flips where nothing is found', async () => {
    const answer = await get<Simulation>(address({ q: 'pipeline:none' }, ['min_score:650']));
    expect(answer).toMatchObject({ executions: 0, flips: { certain: 0, atMost: 0 } });
  });
});
