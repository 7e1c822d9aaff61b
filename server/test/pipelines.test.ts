import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  funnelSchema,
  pipelineListSchema,
  pipelineOverviewSchema,
  releasesSchema,
  type ErrorBody,
  type Funnel,
  type PipelineList,
  type PipelineOverview,
  type Releases,
  type Snapshot,
  type Step,
} from '@xray/core';
import { APP, driverInCi, freshServer, freshStore, scopeOf } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';
import { recordOf, snapshot } from './support/snapshots.js';

const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-11-01T00:00:00Z');
const NOVEMBER = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z';

function selection(index: number, steps: Step[], changes: Partial<Snapshot> = {}): Snapshot {
  return snapshot({
    executionId: `selection-${index}`,
    pipeline: 'product-selection',
    startedAt: new Date(FIRST + index * DAY_MS).toISOString(),
    durationMs: 10 * (index + 1),
    versions: { ruleset: index < 3 ? 'r1' : 'r2' },
    decision: { outcome: index < 4 ? 'selected' : 'none' },
    steps,
    ...changes,
  });
}

const search: Step = { name: 'search', kind: 'retrieve', durationMs: 5 };
const filter = (into: number, out: number, byReason: Record<string, number>): Step => ({
  name: 'filter',
  kind: 'filter',
  durationMs: into,
  candidates: { in: into, out, byOutcome: { kept: out }, byReason, items: [] },
});
const decide: Step = { name: 'decide', kind: 'decide' };

const STORED = [
  selection(0, [search, filter(10, 4, { PRICE: 5, STOCK: 1 }), decide]),
  selection(1, [search, filter(20, 8, { PRICE: 12 }), decide]),
  // The steps ran twice, and were sent in another order than they ran.
  selection(2, [
    { ...decide, sequence: 4 },
    { ...search, sequence: 0 },
    { ...search, sequence: 2 },
    { ...filter(30, 1, {}), sequence: 3 },
  ]),
  selection(3, [search, { ...filter(1_000, 0, { NEVER: 1_000 }), status: 'skipped' }, decide]),
  selection(4, [{ ...search, status: 'failed', error: { type: 'Timeout', message: '' } }], {
    status: 'failed',
    decision: { outcome: 'none', reasons: [{ code: 'NO_ANSWER' }, { code: 'SECOND' }] },
  }),
  snapshot({ executionId: 'loan', startedAt: '2026-11-02T00:00:00Z' }),
];

describe.each(driverInCi('postgres'))('pipelines on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let api: string;
  beforeAll(async () => {
    server = await freshServer(driver);
    api = `${server.url}/api/apps/${APP}/pipelines`;
    await postOk(server.url, STORED);
  });
  afterAll(() => server.close());

  const funnel = async (query = ''): Promise<Funnel> => {
    const answer = await get<Funnel>(`${api}/product-selection/funnel?${NOVEMBER}${query}`);
    expect(funnelSchema.parse(answer)).toEqual(answer);
    return answer;
  };

  test('are listed by name with counts of their executions', async () => {
    const answer = await get<PipelineList>(api);
    expect(pipelineListSchema.parse(answer)).toEqual(answer);
    expect(answer.items.map(({ pipeline, executions }) => [pipeline, executions])).toEqual([
      ['loan-approval', 1],
      ['product-selection', 5],
    ]);
    expect(answer.items[1]).toMatchObject({
      lastAt: new Date(FIRST + 4 * DAY_MS).toISOString(),
      failed: 1,
      outcomes: [
        { outcome: 'selected', count: 4 },
        { outcome: 'none', count: 1 },
      ],
      p50Ms: 30,
      p95Ms: 48,
    });
    const always = await get<PipelineList>(
      `${api}?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z`,
    );
    expect(always.items).toEqual(answer.items);
  });

  test('show their steps as they ran, with candidates in and out', async () => {
    const { executions, sampled, steps } = await funnel();
    expect({ executions, sampled }).toEqual({ executions: 5, sampled: 5 });
    expect(steps).toEqual([
      {
        name: 'search',
        kind: 'retrieve',
        position: 1 / 6,
        executions: 5,
        runs: 6,
        failed: 1,
        skipped: 0,
        p50Ms: 5,
        p95Ms: 5,
        candidatesIn: null,
        candidatesOut: null,
        drops: [],
      },
      {
        name: 'filter',
        kind: 'filter',
        position: 4 / 3,
        executions: 3,
        runs: 3,
        failed: 0,
        skipped: 1,
        p50Ms: 20,
        p95Ms: 29,
        candidatesIn: 60,
        candidatesOut: 13,
        drops: [
          { reason: 'PRICE', count: 17 },
          { reason: 'STOCK', count: 1 },
        ],
      },
      expect.objectContaining({ name: 'decide', executions: 4, position: 2, p50Ms: null }),
    ]);
  });

  test('show the edges between steps, and the courses by frequency', async () => {
    const { edges, variants, moreVariants } = await funnel();
    expect(edges).toContainEqual({ from: null, to: 'search', executions: 5 });
    expect(edges).toContainEqual({ from: 'search', to: 'search', executions: 1 });
    expect(edges).toContainEqual({ from: 'search', to: 'decide', executions: 1 });
    expect(edges).toContainEqual({ from: 'search', to: null, executions: 1 });
    expect(variants[0]).toEqual({ steps: ['search', 'filter', 'decide'], executions: 2 });
    expect(variants).toContainEqual({
      steps: ['search', 'search', 'filter', 'decide'],
      executions: 1,
    });
    expect(moreVariants).toBe(0);
  });

  test('take a filter, and a range that excludes its end', async () => {
    expect((await funnel('&q=outcome:none')).executions).toBe(1);
    const short = 'from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z';
    const answer = await get<Funnel>(`${api}/product-selection/funnel?${short}`);
    expect(answer.executions).toBe(2);
  });

  test('show nothing for a pipeline that never ran', async () => {
    const answer = await get<Funnel>(`${api}/nothing%2Fhere/funnel?${NOVEMBER}`);
    expect(answer).toMatchObject({ pipeline: 'nothing/here', executions: 0, steps: [], edges: [] });
    const overview = await get<PipelineOverview>(`${api}/nothing?${NOVEMBER}`);
    expect(overview).toMatchObject({ outcomes: [], reasons: [], versions: [], moreReasons: 0 });
  });

  test('over time: volume, failures, outcomes, reasons and new versions', async () => {
    const answer = await get<PipelineOverview>(`${api}/product-selection?${NOVEMBER}`);
    expect(pipelineOverviewSchema.parse(answer)).toEqual(answer);
    const { bucketMs, outcomes, reasons } = answer;
    expect(bucketMs).toBe(DAY_MS);
    expect(Date.parse(answer.from)).toBe(FIRST);
    expect(answer.executions).toHaveLength(30);
    expect(answer.executions.slice(0, 6)).toEqual([1, 1, 1, 1, 1, 0]);
    expect(answer.failed.slice(3, 6)).toEqual([0, 1, 0]);
    expect(answer.p95Ms.slice(3, 6)).toEqual([40, 50, null]);
    expect(answer.durations).toEqual({ p50Ms: 30, p95Ms: 48 });
    expect(outcomes.map(({ outcome, counts }) => [outcome, counts.slice(2, 6)])).toEqual([
      ['selected', [1, 1, 0, 0]],
      ['none', [0, 0, 1, 0]],
    ]);
    expect(reasons.map(({ reason, total }) => ({ reason, total }))).toEqual([
      { reason: 'NO_ANSWER', total: 1 },
    ]);
    expect(reasons[0]?.counts[4]).toBe(1);
    expect(answer.moreReasons).toBe(0);
    expect(answer.versions).toEqual([
      { name: 'ruleset', version: 'r2', firstAt: '2026-11-04T00:00:00.000Z' },
    ]);
  });

  test('name the newest releases first, each with the version before it', async () => {
    const answer = await get<Releases>(`${api.replace(/pipelines$/, 'releases')}?${NOVEMBER}`);
    expect(releasesSchema.parse(answer)).toEqual(answer);
    expect(answer.items).toEqual([
      {
        pipeline: 'product-selection',
        name: 'ruleset',
        version: 'r2',
        firstAt: '2026-11-04T00:00:00.000Z',
        executions: 2,
        previous: 'r1',
      },
    ]);
    const late = await get<Releases>(
      `${api.replace(/pipelines$/, 'releases')}?from=2026-11-04T00:00:00Z&to=2026-12-01T00:00:00Z`,
    );
    expect(late.items).toEqual([]);
  });

  test.each(['', '/funnel'])('give the position of an error in a filter: %s', async (page) => {
    const response = await fetchWithKey(`${api}/product-selection${page}?q=outcom:none`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.details?.[0]).toMatchObject({ path: 'q', position: 0 });
  });

  /** The answer for executions of one day with these durations. */
  const readTimed = async (durations: (number | null | undefined)[]) => {
    const store = await freshStore(driver);
    const records = durations.map((durationMs, index) =>
      recordOf(
        selection(0, [decide], { executionId: `timed-${index}`, durationMs }),
        new Date(FIRST),
      ),
    );
    await store.saveExecutions(records);
    const range = { from: new Date(FIRST), to: new Date(FIRST + DAY_MS) };
    const items = await store.listPipelines({ app: APP, ...range });
    const scope = {
      ...scopeOf(),
      ...range,
      origin: range.from,
      bucketMs: DAY_MS,
    };
    const { buckets } = await store.readOverTime(scope);
    return { items, buckets };
  };

  test('have quantiles of many durations that are at most 2 % off', async () => {
    const durations = Array.from({ length: 500 }, (_, index) =>
      index === 0 ? 0 : 1_000 ** (1 + ((index * 0.618034) % 1)),
    );
    const { items, buckets } = await readTimed(durations);
    const sorted = durations.toSorted((a, b) => a - b);
    for (const [found, q] of [
      [items[0]?.p50Ms, 0.5],
      [items[0]?.p95Ms, 0.95],
      [buckets[0]?.p50, 0.5],
      [buckets[0]?.p95, 0.95],
    ] as const) {
      const place = q * (sorted.length - 1);
      const [before = 0, after = 0] = [Math.floor(place), Math.ceil(place)].map((at) => sorted[at]);
      const exact = before + (after - before) * (place % 1);
      expect(Math.abs((found ?? 0) / exact - 1)).toBeLessThan(0.02);
    }
  });

  test('have quantiles of the executions that have a duration, including the longest', async () => {
    const durations = [null, undefined, null, 10, 20, Number.MAX_VALUE];
    const { items, buckets } = await readTimed(durations);
    expect(items[0]).toMatchObject({ executions: 6, p50Ms: 20 });
    expect(buckets[0]).toMatchObject({ executions: 6, p50: 20 });
  });

  test('read the steps of a sample if there are many, always the same one', async () => {
    const store = await freshStore(driver);
    const executions = 600;
    const steps = [search, filter(10, 4, { PRICE: 6 }), decide];
    const records = Array.from({ length: executions }, (_, index) =>
      recordOf(selection(0, steps, { executionId: `many-${index}` }), new Date(FIRST)),
    );
    await store.saveExecutions(records);
    const range = { from: new Date(FIRST), to: new Date(FIRST + DAY_MS) };
    const scope = { ...scopeOf(), ...range, sampled: 200 };
    const flow = await store.readFlow(scope);
    expect(flow.executions).toBe(executions);
    expect(flow.courses).toEqual([{ executions, steps: ['search', 'filter', 'decide'] }]);
    // Three standard deviations of a sample of one third are 35.
    expect(Math.abs(flow.sampled - 200)).toBeLessThan(35);
    const filtered = flow.steps.find(({ name }) => name === 'filter');
    expect(filtered).toMatchObject({
      candidatesIn: 10 * flow.sampled,
      drops: [{ reason: 'PRICE', count: 6 * flow.sampled }],
    });
    expect(await store.readFlow(scope)).toEqual(flow);
    expect((await store.readFlow({ ...scope, sampled: executions })).sampled).toBe(executions);
  });
});
