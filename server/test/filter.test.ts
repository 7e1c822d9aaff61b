import * as fc from 'fast-check';
import { sql } from 'kysely';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  matchesQuery,
  parseQuery,
  printQuery,
  readFacetTerm,
  toggleTerm,
  type Facets,
  type QueryFacts,
  type QueryNode,
} from '@xray/core';
import { readFacets, readHistogram } from '#server/query/counts.js';
import { conditionOf } from '#server/store/conditions.js';
import type { Engine } from '#server/store/engine.js';
import { listRows } from '#server/store/executions.js';
import { narrowByIndex } from '#server/store/narrow.js';
import type { Driver } from '#server/store/driver.js';
import type { Store } from '#server/store/store.js';
import {
  APP,
  DRIVERS,
  changed,
  engineOf,
  newPlace,
  storeOver,
  type Place,
} from './support/databases.js';
import { EVERY_TERM, NOW, anyQueryText, factsOf, sampleSnapshots } from './support/queries.js';
import { recordOf } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

/** Ids of the executions that arrive after the index was built. */
const LAST = new Set(Array.from({ length: 20 }, (_, index) => `e${180 + index}`));
const facts = sampleSnapshots(200).map((snapshot) => factsOf(snapshot, NOW));

function foundByMeaning(query: QueryNode): QueryFacts[] {
  const context = { now: NOW, hasCandidate: () => false, hasText: () => false };
  return facts.filter((fact) => matchesQuery(query, fact, context));
}

/** For every facet, the number of executions with each value. */
function facetsByMeaning(found: QueryFacts[]): Record<string, Record<string, number>> {
  const fields: Record<string, Record<string, number>> = {};
  for (const fact of found) {
    const values: [string, (string | null)[]][] = [
      ['outcome', [fact.outcome]],
      ['status', [fact.status]],
      ['pipeline', [fact.pipeline]],
      ['env', [fact.environment]],
      ['error', [fact.errorType]],
      ['reason', fact.reasons],
      ['decisive', fact.decisive],
      ['rule', fact.rules],
      ['tag', fact.tags],
      ...Object.entries(fact.versions).map(([key, version]): [string, string[]] => [
        `version.${/^\w+$/.test(key) ? key : `"${key}"`}`,
        [version],
      ]),
    ];
    for (const [field, fieldValues] of values) {
      for (const value of new Set(fieldValues.filter((value) => value !== null))) {
        const counts = (fields[field] ??= {});
        counts[value] = (counts[value] ?? 0) + 1;
      }
    }
  }
  return fields;
}

function countsOf({ items }: Facets): Record<string, Record<string, number>> {
  return Object.fromEntries(
    items.map(({ field, values }) => [
      field,
      Object.fromEntries(values.map(({ value, count }) => [value, count])),
    ]),
  );
}

describe.each(DRIVERS)('a filter in SQL on %s', (driver) => {
  let place: Place;
  let database: Driver;
  let store: Store;
  let engine: Engine;
  beforeAll(async () => {
    place = await newPlace(driver);
    database = await openDriver(place);
    store = storeOver(database);
    engine = engineOf(store);
    await store.migrate();
    await changed(store, async (edits) => await edits.createApp(APP, APP));
    const records = sampleSnapshots(200).map((made) => recordOf(made, new Date(NOW)));
    // The search index does not contain the last ones.
    await store.saveExecutions(records.slice(0, -20));
    const indexing = store.startJobs({
      logger: pino({ enabled: false }),
      metrics: new Registry(),
      now: Date.now,
    });
    const range = { app: APP, from: -Infinity, to: Infinity };
    const indexed = idsByMeaning(queryOf('tag:vip')).filter((id) => !LAST.has(id)).length;
    await vi.waitUntil(
      async () => (await engine.search.findFew(range, queryOf('tag:vip')))?.ids.length === indexed,
      { timeout: 30_000 },
    );
    await indexing.stop();
    await store.saveExecutions(records.slice(-20));
    // These queries must work without the bodies.
    await sql`DROP TABLE xray.bodies`.execute(database.db);
  });
  afterAll(async () => {
    await store.close();
    await place.remove();
  });

  const idsByMeaning = (query: QueryNode): string[] =>
    foundByMeaning(query)
      .map(({ executionId }) => executionId)
      .sort();

  async function foundBySql(query: QueryNode, where = conditionOf(query, NOW)): Promise<string[]> {
    const listed = await listRows(engine.db, {
      app: APP,
      where,
      from: undefined,
      to: undefined,
      sort: '-at',
      after: undefined,
      limit: 1_000,
    });
    return listed.map(({ summary }) => summary.executionId).sort();
  }

  test('each term finds what it means, and its negation everything else', async () => {
    expect(await foundBySql(queryOf(''))).toHaveLength(facts.length);
    for (const text of EVERY_TERM) {
      const query = queryOf(text);
      expect([text, await foundBySql(query)]).toEqual([text, idsByMeaning(query)]);
    }
  });

  test('any query finds what it means', async () => {
    await fc.assert(
      fc.asyncProperty(anyQueryText, async (text) => {
        const query = queryOf(text);
        expect(await foundBySql(query)).toEqual(idsByMeaning(query));
      }),
      { numRuns: 200 },
    );
  });

  async function foundByIndex(query: QueryNode): Promise<string[]> {
    const scope = { app: APP, where: conditionOf(query, NOW), from: undefined, to: undefined };
    return await foundBySql(query, await narrowByIndex(engine.search, scope, query));
  }

  test('narrowed by the index, it finds the same, including newer executions', async () => {
    for (const text of EVERY_TERM) {
      const query = queryOf(text);
      expect([text, await foundByIndex(query)]).toEqual([text, idsByMeaning(query)]);
    }
    await fc.assert(
      fc.asyncProperty(anyQueryText, async (text) => {
        const query = queryOf(text);
        expect(await foundByIndex(query)).toEqual(idsByMeaning(query));
      }),
      { numRuns: 100 },
    );
  });

  const RANGE = { from: '2026-11-18T00:00:00Z', to: '2026-11-23T00:00:00Z' };

  test('facets count the matching executions of any query, by value', async () => {
    const nothing = { q: 'started:>2026-11-21 started:<2026-11-20', ...RANGE, values: 100 };
    expect(await readFacets(store, APP, nothing, NOW)).toMatchObject({ total: 0 });
    await fc.assert(
      fc.asyncProperty(anyQueryText, async (q) => {
        const found = foundByMeaning(queryOf(q));
        const facets = await readFacets(store, APP, { q, ...RANGE, values: 100 }, NOW);
        expect(facets.total).toBe(found.length);
        expect(countsOf(facets)).toEqual(facetsByMeaning(found));
      }),
      { numRuns: 40 },
    );
  });

  test('every facet is a term that finds as many executions as it counts', async () => {
    const facets = await readFacets(store, APP, { ...RANGE, values: 100 }, NOW);
    const fields = facets.items.map(({ field }) => field);
    expect(fields).toEqual(
      expect.arrayContaining(['outcome', 'status', 'pipeline', 'env', 'reason', 'rule', 'tag']),
    );
    for (const { field, values } of facets.items) {
      for (const { value, count } of values) {
        const term = readFacetTerm(field, value);
        const query = term && toggleTerm(queryOf(''), term);
        const text = query && printQuery(query);
        expect([field, value, text && (await foundBySql(queryOf(text))).length]).toEqual([
          field,
          value,
          count,
        ]);
      }
    }
  });

  test('facets list the most frequent values, and count the others', async () => {
    const [all, few] = await Promise.all(
      [100, 2].map((values) => readFacets(store, APP, { ...RANGE, values }, NOW)),
    );
    expect(few?.items).toEqual(
      all?.items.map(({ field, values }) => ({
        field,
        values: values.slice(0, 2),
        more: Math.max(0, values.length - 2),
      })),
    );
    const counts = all?.items.map(({ values }) => values.map(({ count }) => count));
    expect(counts).toEqual(counts?.map((fieldCounts) => fieldCounts.toSorted((a, b) => b - a)));
  });

  test.each(['outcome', 'status'] as const)('a histogram counts by time and %s', async (by) => {
    const q = 'pipeline:loan* -env:prod';
    const histogram = await readHistogram(store, APP, { q, ...RANGE, by, buckets: 30 }, NOW);
    const start = Date.parse(histogram.from);
    const found = foundByMeaning(queryOf(q));
    expect(histogram).toMatchObject({ total: found.length, bucketMs: 6 * 3_600_000 });
    expect(start % histogram.bucketMs).toBe(0);
    for (const { value, counts } of histogram.series) {
      const matching = found.filter((fact) => fact[by] === value);
      expect(counts).toHaveLength(20);
      for (const [place, count] of counts.entries()) {
        const from = start + place * histogram.bucketMs;
        const here = matching.filter(({ at }) => at >= from && at < from + histogram.bucketMs);
        expect(count).toBe(here.length);
      }
    }
    const counted = histogram.series.flatMap(({ counts }) => counts);
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(found.length);
  });

  test.each([
    ['', {}, '2026-11-15T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
    ['', { from: '2026-11-01T00:00:00Z' }, '2026-11-01T00:00:00.000Z', '2026-11-22T12:00:00.000Z'],
    ['', { to: '2026-11-08T00:00:00Z' }, '2026-11-01T00:00:00.000Z', '2026-11-08T00:00:00.000Z'],
    ['started:>=-24h tag:vip', {}, '2026-11-21T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
    [
      'started:2026-11-20 OR tag:vip',
      { from: '2026-11-20T00:00:00Z' },
      '2026-11-20T00:00:00.000Z',
      '2026-11-22T12:00:00.000Z',
    ],
    ['started:2026-11-20', RANGE, '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
    ['', { from: '0000-01-01T00:00:00Z' }, '0001-01-01T00:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ])('with q=%j and %j it looks from %s to %s', async (q, range, from, to) => {
    expect(await readFacets(store, APP, { q, ...range, values: 1 }, NOW)).toMatchObject({
      from,
      to,
    });
    const histogram = await readHistogram(
      store,
      APP,
      { q, ...range, by: 'status', buckets: 60 },
      NOW,
    );
    const { bucketMs } = histogram;
    expect(histogram.to).toBe(to);
    expect(Date.parse(from) - Date.parse(histogram.from)).toBeLessThan(bucketMs);
    expect(histogram.series.every(({ counts }) => counts.length <= 61)).toBe(true);
  });
});
