import * as fc from 'fast-check';
import { sql } from 'kysely';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { QueryNode } from '@xray/core';
import { conditionOf } from '#server/postgres/executions/conditions.js';
import type { Engine } from '#server/postgres/executions/engine.js';
import { listRows } from '#server/postgres/rows.js';
import { narrowByIndex } from '#server/postgres/executions/narrow.js';
import type { Driver } from '#server/postgres/driver.js';
import {
  APP,
  DRIVERS,
  changed,
  engineOf,
  newPlace,
  storeOver,
  type Place,
  type Store,
} from './support/databases.js';
import { SNAPSHOTS, idsByMeaning, queryOf } from './contract/filters.js';
import { EVERY_TERM, NOW, anyQueryText } from './support/queries.js';
import { recordOf } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

/** Ids of the executions that arrive after the index was built. */
const LAST = new Set(Array.from({ length: 20 }, (_, index) => `e${180 + index}`));

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
    const records = SNAPSHOTS.map((made) => recordOf(made, new Date(NOW)));
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
});
