import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  matchesQuery,
  printQuery,
  readFacetTerm,
  toggleTerm,
  type Facets,
  type QueryFacts,
  type QueryNode,
} from '@xray/core';
import { readFacets, readHistogram } from '#server/query/counts.js';
import type { ExecutionStore } from '#server/store/execution-store.js';
import { APP, scopeOf } from '../support/databases.js';
import { EVERY_TERM, NOW, anyQueryText, factsOf, sampleSnapshots } from '../support/queries.js';
import { recordOf } from '../support/snapshots.js';
import type { OpenStore } from './open-store.js';

export const SNAPSHOTS = sampleSnapshots(200);
const FACTS = SNAPSHOTS.map((snapshot) => factsOf(snapshot, NOW));

export function queryOf(text: string): QueryNode {
  return scopeOf(text).filter;
}

function foundByMeaning(query: QueryNode): QueryFacts[] {
  const context = { now: NOW, hasCandidate: () => false, hasText: () => false };
  return FACTS.filter((fact) => matchesQuery(query, fact, context));
}

export function idsByMeaning(query: QueryNode): string[] {
  return foundByMeaning(query)
    .map(({ executionId }) => executionId)
    .sort();
}

async function foundIn(store: ExecutionStore, filter: QueryNode): Promise<string[]> {
  const all = { ...scopeOf('', NOW), filter, sort: '-at', after: undefined, limit: 1_000 } as const;
  const { items } = await store.listExecutions(all);
  return items.map(({ executionId }) => executionId).sort();
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

/** Filters mean what `matchesQuery` says, in lists and in counts. */
export function filterCases(open: OpenStore): void {
  describe('filters', () => {
    let store: ExecutionStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ store, close } = await open());
      await store.saveExecutions(SNAPSHOTS.map((made) => recordOf(made, new Date(NOW))));
    });
    afterAll(() => close());

    test('each term finds what it means, and its negation everything else', async () => {
      expect(await foundIn(store, queryOf(''))).toHaveLength(FACTS.length);
      for (const text of EVERY_TERM) {
        const query = queryOf(text);
        expect([text, await foundIn(store, query)]).toEqual([text, idsByMeaning(query)]);
      }
    });

    test('any query finds what it means', async () => {
      await fc.assert(
        fc.asyncProperty(anyQueryText, async (text) => {
          const query = queryOf(text);
          expect(await foundIn(store, query)).toEqual(idsByMeaning(query));
        }),
        { numRuns: 200 },
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
          expect([field, value, text && (await foundIn(store, queryOf(text))).length]).toEqual([
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
      [
        '',
        { from: '2026-11-01T00:00:00Z' },
        '2026-11-01T00:00:00.000Z',
        '2026-11-22T12:00:00.000Z',
      ],
      ['', { to: '2026-11-08T00:00:00Z' }, '2026-11-01T00:00:00.000Z', '2026-11-08T00:00:00.000Z'],
      ['started:>=-24h tag:vip', {}, '2026-11-21T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
      [
        'started:2026-11-20 OR tag:vip',
        { from: '2026-11-20T00:00:00Z' },
        '2026-11-20T00:00:00.000Z',
        '2026-11-22T12:00:00.000Z',
      ],
      ['started:2026-11-20', RANGE, '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
      [
        '',
        { from: '0000-01-01T00:00:00Z' },
        '0001-01-01T00:00:00.000Z',
        '2026-11-22T12:00:00.000Z',
      ],
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
}
