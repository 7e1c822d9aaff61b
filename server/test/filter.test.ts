import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchesQuery, parseQuery, type QueryNode } from '@xray/core';
import { readSnapshot } from '#server/ingest/read-snapshot.js';
import { conditionOf } from '#server/query/filter.js';
import type { Store } from '#server/store/store.js';
import { APP, DRIVERS, newPlace, openStore, type Place } from './support/databases.js';
import { EVERY_TERM, NOW, anyQueryText, factsOf, sampleSnapshots } from './support/queries.js';

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

describe.each(DRIVERS)('a filter in SQL on %s', (driver) => {
  let place: Place;
  let store: Store;
  const receivedAt = new Date(NOW);
  const snapshots = sampleSnapshots(200);
  beforeAll(async () => {
    place = await newPlace(driver);
    store = await openStore(place);
    await store.migrate();
    const records = snapshots.map((snapshot) => {
      const read = readSnapshot(
        JSON.stringify(snapshot),
        { app: APP, environments: null },
        receivedAt,
      );
      if (!read.ok) throw new Error(read.message);
      return read.record;
    });
    await store.saveExecutions(records);
  });
  afterAll(async () => {
    await store.close();
    await place.remove();
  });

  async function foundBySql(query: QueryNode): Promise<string[]> {
    const listed = await store.listExecutions({
      app: APP,
      where: conditionOf(query, NOW),
      from: undefined,
      to: undefined,
      sort: '-at',
      after: undefined,
      limit: 1_000,
    });
    return listed.map(({ summary }) => summary.executionId).sort();
  }

  function foundByMeaning(query: QueryNode): string[] {
    const context = { now: NOW, hasCandidate: () => false, hasText: () => false };
    return snapshots
      .filter((snapshot) => matchesQuery(query, factsOf(snapshot, NOW), context))
      .map(({ executionId }) => executionId)
      .sort();
  }

  test('holds all that was stored', async () => {
    expect(await foundBySql(queryOf(''))).toHaveLength(snapshots.length);
  });

  test('each term finds what it means, and its negation all else', async () => {
    for (const text of EVERY_TERM) {
      const query = queryOf(text);
      expect([text, await foundBySql(query)]).toEqual([text, foundByMeaning(query)]);
    }
  });

  test('any query finds what it means', async () => {
    await fc.assert(
      fc.asyncProperty(anyQueryText, async (text) => {
        const query = queryOf(text);
        expect(await foundBySql(query)).toEqual(foundByMeaning(query));
      }),
      { numRuns: driver === 'postgres' ? 300 : 150 },
    );
  });
});
