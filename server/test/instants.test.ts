import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  FIRST_INSTANT_MS,
  LAST_INSTANT_MS,
  executionQuerySchema,
  type ExecutionPage,
  type ExecutionQuery,
} from '@xray/core';
import { readFacets, readHistogram } from '#server/query/counts.js';
import { listExecutions } from '#server/query/list-executions.js';
import { readOverview, readPipelines } from '#server/query/pipelines.js';
import {
  APP,
  DRIVERS,
  administer,
  newPlace,
  openStore,
  type Place,
  type Store,
} from './support/databases.js';
import { recordOf, snapshot } from './support/snapshots.js';

const anyInstant = fc.oneof(
  fc.integer({ min: FIRST_INSTANT_MS, max: LAST_INSTANT_MS }),
  // The years that `Date` would read as years of the last century.
  fc.integer({ min: FIRST_INSTANT_MS, max: Date.parse('0100-01-01T00:00:00Z') }),
);
/** The last instant can be stored, and nothing is after it. */
const NOW = LAST_INSTANT_MS;

const STORED = [
  '0001-01-01T00:00:00.000Z',
  '0001-06-15T12:00:00.000Z',
  '0004-02-29T12:00:00.000Z',
  '0026-11-30T10:00:00.000Z',
  '0099-12-31T23:59:59.999Z',
  '0100-01-01T00:00:00.000Z',
  '1582-10-10T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.998Z',
  ...fc.sample(anyInstant, { numRuns: 40, seed: 15 }).map((ms) => new Date(ms).toISOString()),
];
const SORTED = STORED.toSorted();

describe.each(DRIVERS)('instants of the years 1 to 9999 on %s', (driver) => {
  let place: Place;
  let store: Store;
  beforeAll(async () => {
    place = await newPlace(driver);
    const url = place.env.DATABASE_URL;
    // Offsets had seconds in those years. In this zone our first instant is before Christ.
    if (url !== undefined) {
      const name = new URL(url).pathname.slice(1);
      await administer(`ALTER DATABASE ${name} SET timezone = 'America/New_York'`);
    }
    store = await openStore(place);
    await store.migrate();
    const made = STORED.map((startedAt) => snapshot({ startedAt, versions: { code: startedAt } }));
    await store.saveExecutions(made.map((sent) => recordOf(sent, new Date(NOW))));
  });
  afterAll(async () => {
    await store.close();
    await place.remove();
  });

  async function list(changes: Record<string, unknown>): Promise<ExecutionPage> {
    const query: ExecutionQuery = executionQuerySchema.parse(changes);
    return await listExecutions(store, APP, query, NOW);
  }

  test.each(['at', '-at'])('are listed and paged in the order %s', async (sort) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ sort, limit: 7, cursor });
      seen.push(...page.items.map(({ at }) => at));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && seen.length < 2 * STORED.length);
    expect(seen).toEqual(sort === 'at' ? SORTED : SORTED.toReversed());
  });

  test('are filtered by range and by `started:` in the order of their texts', async () => {
    const anyText = fc.oneof(
      anyInstant.map((ms) => new Date(ms).toISOString()),
      fc.constantFrom(...STORED),
    );
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (a, b) => {
        const [from = a, to = b] = [a, b].toSorted();
        const expected = SORTED.filter((at) => at >= from && at < to);
        const started = `started:>=${from} started:<${to}`;
        const bySearch = await list({ q: started, sort: 'at', limit: 200 });
        expect(bySearch.items.map(({ at }) => at)).toEqual(expected);
        const day = await list({ q: `started:${from.slice(0, 10)}`, sort: 'at', limit: 200 });
        expect(day.items.map(({ at }) => at)).toEqual(
          SORTED.filter((at) => at.slice(0, 10) === from.slice(0, 10)),
        );
        if (from === to) return;
        const byRange = await list({ from, to, sort: 'at', limit: 200 });
        expect(byRange.items.map(({ at }) => at)).toEqual(expected);
        const facets = await readFacets(store, APP, { from, to, values: 1 }, NOW);
        expect(facets.total).toBe(expected.length);
      }),
      { numRuns: 25 },
    );
  });

  test('are shown by pipeline, over time and in a histogram', async () => {
    const [listed] = (await readPipelines(store, APP, {})).items;
    expect(listed).toMatchObject({ executions: STORED.length, lastAt: SORTED.at(-1) });
    const first = { from: SORTED[0], to: '0101-01-01T00:00:00Z' };
    const early = SORTED.filter((at) => at < first.to);
    const overview = await readOverview(store, APP, 'loan-approval', first, NOW);
    expect(overview.executions.reduce((sum, count) => sum + count, 0)).toBe(early.length);
    const bucketMs = overview.bucketMs;
    expect(overview.versions.map(({ firstAt }) => firstAt)).toEqual(
      [...new Set(early)].filter((at) => Date.parse(at) >= FIRST_INSTANT_MS + bucketMs),
    );
    const histogram = await readHistogram(store, APP, { ...first, by: 'status', buckets: 60 }, NOW);
    expect(histogram.total).toBe(early.length);
  });

  test.each([
    'started:>9999-12-31',
    'started:<0001-01-01',
    'started:<=9999-12-31',
    'started:>=0001-01-01',
  ])('%s at the very edge is answered', async (q) => {
    const { items } = await list({ q, limit: 200 });
    expect(items).toHaveLength(q.includes('=') ? STORED.length : 0);
    const facets = await readFacets(store, APP, { q, values: 1 }, NOW);
    expect(facets.total).toBeLessThanOrEqual(items.length);
  });
});
