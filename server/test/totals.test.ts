import * as fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  matchesQuery,
  parseQuery,
  type Facets,
  type Funnel,
  type Histogram,
  type PipelineList,
  type PipelineOverview,
  type RuleHistory,
} from '@xray/core';
import { createApp } from '#server/app.js';
import { hashApiKey } from '#server/auth/api-key.js';
import { openBackend } from '#server/main.js';
import {
  API_KEY,
  APP,
  DRIVERS,
  changed,
  configFor,
  newPlace,
  type Place,
} from './support/databases.js';
import { fetchWithKey, get, list, postOk } from './support/http.js';
import { newKey } from './support/keys.js';
import { NOW, anyQueryText, factsOf, sampleSnapshots } from './support/queries.js';

/** Only the full run asks all questions. */
const QUESTIONS = process.env.XRAY_TEST_FULL === '1' ? 500 : 8;
const TIMEOUT_MS = 600_000;

const PIPELINES = ['loan', 'loan-2', 'Loan', 'offer'];
const SNAPSHOTS = sampleSnapshots(200);
const FACTS = SNAPSHOTS.map((made) => factsOf(made, NOW));
/** Outcomes of one more pipeline. A chart cannot show all of them. */
const MANY_OUTCOMES = Array.from({ length: 45 }, (_, index) => ({
  appId: APP,
  executionId: `many-${index}`,
  pipeline: 'many',
  steps: [],
  startedAt: new Date(NOW - 10 * 86_400_000 + index * 60_000).toISOString(),
  decision: { outcome: `outcome-${index}` },
}));

const anyTime = fc
  .integer({ min: NOW - 5 * 86_400_000, max: NOW + 86_400_000 })
  .map((ms) => new Date(ms).toISOString());
/** Filters of columns, and a few with words, which the search index answers. */
const anyFilter = fc.oneof(
  { arbitrary: anyQueryText, weight: 5 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom('TimeoutError', 'score', '決定', 'rul*', 'candidate:x'), anyQueryText)
      .map(([word, text]) => `${word} (${text})`),
    weight: 1,
  },
);
const anyQuestion = fc.record({
  q: anyFilter,
  range: fc
    .tuple(anyTime, anyTime)
    .filter(([a, b]) => a !== b)
    .map((times) => times.toSorted()),
  buckets: fc.integer({ min: 1, max: 400 }),
});

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/** The number of executions that match, from the meaning of the filter. Null for words, which facts do not have. */
function countByMeaning(q: string, from: string, to: string): number | null {
  const parsed = parseQuery(q);
  if (!parsed.ok) throw new Error(`${q}: ${parsed.error.message}`);
  let isSearch = false;
  const seek = (): boolean => (isSearch = true);
  const context = { now: NOW, hasCandidate: seek, hasText: seek };
  const found = FACTS.filter(
    (fact) =>
      fact.at >= Date.parse(from) &&
      fact.at < Date.parse(to) &&
      matchesQuery(parsed.query, fact, context),
  );
  return isSearch || /TimeoutError|score|決定|rul\*|candidate/.test(q.split(' (')[0] ?? '')
    ? null
    : found.length;
}

describe.each(DRIVERS)('the figures of every page on %s', (driver) => {
  let place: Place;
  let backend: Awaited<ReturnType<typeof openBackend>>;
  let indexing: { stop(): Promise<void> };
  let http: Server;
  let url: string;
  let api: string;
  beforeAll(async () => {
    place = await newPlace(driver);
    backend = await openBackend(configFor(place));
    const { deps } = backend;
    const { row } = newKey({ app: APP, hash: hashApiKey(API_KEY), scopes: ['ingest', 'read'] });
    await changed(deps.accounts, (edits) => edits.initialize({ id: APP, name: APP }, row));
    http = createServer(createApp({ ...deps, now: () => NOW }, 'network'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    api = `${url}/api/apps/${APP}`;
    await postOk(url, SNAPSHOTS.slice(0, -20));
    indexing = deps.executions.startJobs(deps);
    await postOk(url, [...SNAPSHOTS.slice(-20), ...MANY_OUTCOMES]);
  });
  afterAll(async () => {
    await indexing.stop();
    await new Promise((done) => http.close(done));
    await backend.close();
    await place.remove();
  });

  async function countListed(params: URLSearchParams): Promise<number> {
    let listed = 0;
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(url, `?limit=150&${params}${cursor && `&cursor=${cursor}`}`);
      listed += page.items.length;
      cursor = page.nextCursor;
    }
    return listed;
  }

  async function linesOf(params: URLSearchParams, format: string): Promise<number> {
    const response = await fetchWithKey(`${api}/export?${params}&format=${format}`);
    expect(response.status).toBe(200);
    return (await response.text()).split('\n').filter((line) => line.trim() !== '').length;
  }

  /** Every figure that stands for the number of executions, by the page that shows it. */
  async function totalsOf(params: URLSearchParams, buckets: number, isSearch: boolean) {
    const [listed, ndjson, csv, facets, histogram] = await Promise.all([
      countListed(params),
      linesOf(params, 'ndjson'),
      linesOf(params, 'csv'),
      get<Facets>(`${api}/facets?values=100&${params}`),
      get<Histogram>(`${api}/histogram?by=outcome&buckets=${buckets}&${params}`),
    ]);
    const sumOf = (field: string): number =>
      sum(
        facets.items.find((item) => item.field === field)?.values.map(({ count }) => count) ?? [],
      );
    const drawn = histogram.series.flatMap(({ counts }) => counts);
    const ofPipelines = isSearch
      ? []
      : await Promise.all([...PIPELINES, 'many'].map((pipeline) => headlines(pipeline, params)));
    return {
      list: listed,
      ndjson,
      // The first line names the columns.
      csv: csv - 1,
      facets: facets.total,
      statuses: sumOf('status'),
      pipelines: sumOf('pipeline'),
      environments: sumOf('env'),
      histogram: histogram.total,
      bars: sum(drawn) + sum(histogram.others?.counts ?? []),
      ...(!isSearch && {
        headlines: sum(ofPipelines.map(({ headline }) => headline)),
        funnels: sum(ofPipelines.map(({ funnel }) => funnel)),
        rules: sum(ofPipelines.map(({ rules }) => rules)),
      }),
    };
  }

  async function headlines(pipeline: string, params: URLSearchParams) {
    const page = `${api}/pipelines/${pipeline}`;
    const [overview, funnel, rules] = await Promise.all([
      get<PipelineOverview>(`${page}?${params}`),
      get<Funnel>(`${page}/funnel?${params}`),
      get<RuleHistory>(`${page}/rules?${params}`),
    ]);
    return {
      headline: sum(overview.executions),
      funnel: funnel.executions,
      rules: rules.executions,
    };
  }

  test(
    'agree for any filter and range',
    async () => {
      let asked = 0;
      await fc.assert(
        fc.asyncProperty(anyQuestion, async ({ q, range: [from = '', to = ''], buckets }) => {
          asked++;
          const params = new URLSearchParams({ q, from, to });
          const expected = countByMeaning(q, from, to);
          const totals = await totalsOf(params, buckets, expected === null);
          const total = expected ?? totals.list;
          expect(totals).toEqual(
            Object.fromEntries(Object.keys(totals).map((figure) => [figure, total])),
          );
        }),
        { numRuns: QUESTIONS },
      );
      expect(asked).toBeGreaterThanOrEqual(QUESTIONS);
    },
    TIMEOUT_MS,
  );

  test('agree for more outcomes than a chart shows, and with the list of pipelines', async () => {
    const from = new Date(NOW - 11 * 86_400_000).toISOString();
    const to = new Date(NOW + 1).toISOString();
    const params = new URLSearchParams({ q: 'pipeline:many', from, to });
    const totals = await totalsOf(params, 10, false);
    expect(new Set(Object.values(totals))).toEqual(new Set([MANY_OUTCOMES.length]));
    const whole = new URLSearchParams({ from, to });
    const { items } = await get<PipelineList>(`${api}/pipelines?${whole}`);
    expect(sum(items.map(({ executions }) => executions))).toBe(await countListed(whole));
  });
});
