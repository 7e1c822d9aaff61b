import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isConflict, mergeStates, type Snapshot } from '@xray/core';
import { hashApiKey } from '#server/auth/api-key.js';
import { ReadTooLong } from '#server/store/errors.js';
import { readWithin } from '#server/store/read-within.js';
import type { FoundExecution } from '#server/store/answers.js';
import type { Store } from '#server/store/store.js';
import {
  APP,
  DRIVERS,
  changed,
  freshStore,
  newPlace,
  openStore,
  scopeOf,
} from './support/databases.js';
import { newKey } from './support/keys.js';
import { recordOf, snapshot } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

async function storedNames(store: Store, executionId: string): Promise<string[]> {
  const stored = await store.readExecution(APP, executionId);
  return (JSON.parse(stored?.body ?? '{"steps":[]}') as Snapshot).steps.map((step) => step.name);
}

async function listed(store: Store, q = ''): Promise<FoundExecution[]> {
  const all = { ...scopeOf(q), sort: '-at', after: undefined, limit: 1_000 } as const;
  return (await store.listExecutions(all)).items;
}

describe.each(DRIVERS)('the store on %s', (driver) => {
  test('stops a read that takes too long, and continues with the next', async () => {
    const place = await newPlace(driver);
    const database = await openDriver(place);
    onTestFinished(async () => {
      await database.close();
      await place.remove();
    });
    // The query reads a file repeatedly, like a scan. All of it would take minutes.
    const long = sql`SELECT sum(length(pg_read_file('PG_VERSION'))) FROM generate_series(1, 100000000)`;
    for (const limitMs of [20, 60]) {
      const read = readWithin(database.db, limitMs, (tx) => long.execute(tx));
      await expect(read).rejects.toEqual(expect.any(ReadTooLong));
      const next = await readWithin(database.db, 2_000, (tx) => sql`SELECT 1 AS one`.execute(tx));
      expect(next.rows).toEqual([{ one: 1 }]);
    }
    await sql`CREATE TABLE kept AS SELECT 1 AS one`.execute(database.db);
    expect((await sql`SELECT * FROM kept`.execute(database.db)).rows).toHaveLength(1);
  });

  test('distinguishes new, repeated and outdated flushes', async () => {
    const store = await freshStore(driver);
    const first = snapshot({ status: 'running', revision: 1 });
    const second = { ...first, status: 'completed' as const, revision: 2 };
    expect(await store.saveExecutions([recordOf(second)])).toEqual([{ kind: 'accepted' }]);
    expect(await store.saveExecutions([recordOf(second)])).toEqual([{ kind: 'duplicate' }]);
    expect(await store.saveExecutions([recordOf(first)])).toEqual([{ kind: 'superseded' }]);
    const [row] = await listed(store);
    expect(row).toMatchObject({ status: 'completed', revision: 2, conflict: false });
  });

  test('replaces header, steps and body of the losing flush', async () => {
    const store = await freshStore(driver);
    const long = snapshot({ status: 'running', revision: 1, tags: ['old'] });
    const short = { ...long, revision: 2, tags: ['new'], steps: [{ name: 'only' }] };
    await store.saveExecutions([recordOf(long)]);
    await store.saveExecutions([recordOf(short)]);
    const [row] = await listed(store);
    expect(row).toMatchObject({ tags: ['new'], stepCount: 1 });
    expect(await storedNames(store, long.executionId)).toEqual(['only']);
  });

  test('ends in the state of the pure merge rule, for any order, batches and parallel writes', async () => {
    const store = await freshStore(driver);
    const flush = fc.record({
      terminal: fc.boolean(),
      revision: fc.integer({ min: 1, max: 3 }),
      instanceId: fc.constantFrom(undefined, 'a', 'b'),
      tag: fc.constantFrom('x', 'y'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(flush, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (flushes, batchSize, atOnce) => {
          const executionId = crypto.randomUUID();
          const records = flushes.map(({ terminal, revision, instanceId, tag }) =>
            recordOf({
              ...snapshot({ executionId, revision, tags: [tag] }),
              status: terminal ? 'completed' : 'running',
              ...(instanceId !== undefined && { instanceId }),
              steps: Array.from({ length: revision }, (_, i) => ({ name: `${tag}${i}` })),
            }),
          );
          const saving: Promise<unknown>[] = [];
          for (let i = 0; i < records.length; i += batchSize) {
            saving.push(store.saveExecutions(records.slice(i, i + batchSize)));
            if (!atOnce) await saving.at(-1);
          }
          await Promise.all(saving);
          const expected = records.map((r) => r.merge).reduce(mergeStates);
          const winner = records.find((r) => r.merge.winner.bodyHash === expected.winner.bodyHash);
          const stored = await store.readExecution(APP, executionId);
          expect(stored?.body).toBe(winner?.body);
          expect(stored?.conflict).toBe(isConflict(expected));
          const [row] = await listed(store, `id:${executionId}`);
          expect(row).toMatchObject({
            revision: expected.winner.revision,
            tags: winner?.header.tags,
            stepCount: winner?.steps.length,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('stores one execution if twenty writers send it at the same time', async () => {
    const store = await freshStore(driver);
    const base = snapshot();
    const flushes = Array.from({ length: 20 }, (_, i) =>
      recordOf({
        ...base,
        revision: ((i * 7) % 20) + 1,
        steps: [{ name: `r${((i * 7) % 20) + 1}` }],
      }),
    );
    await Promise.all(flushes.map((record) => store.saveExecutions([record])));
    expect(await listed(store)).toHaveLength(1);
    expect(await storedNames(store, base.executionId)).toEqual(['r20']);
  });

  test('two batches with the same executions in opposite order do not deadlock', async () => {
    const store = await freshStore(driver);
    const bases = Array.from({ length: 20 }, () => snapshot());
    const batch = (revision: number) => bases.map((base) => recordOf({ ...base, revision }));
    await store.saveExecutions(batch(1));
    await Promise.all(
      [2, 3, 4, 5].map((revision) =>
        store.saveExecutions(revision % 2 === 0 ? batch(revision) : batch(revision).toReversed()),
      ),
    );
    const rows = await listed(store);
    expect(rows.map(({ revision }) => revision)).toEqual(bases.map(() => 5));
  });

  test('refuses only the record that the database cannot store', async () => {
    const store = await freshStore(driver);
    const good = recordOf(snapshot());
    const poisoned = recordOf(snapshot());
    poisoned.header.failedStepCount = 2 ** 40;
    const outcomes = await store.saveExecutions([poisoned, good]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['refused', 'accepted']);
    expect(await store.readExecution(APP, poisoned.executionId)).toBeUndefined();
  });

  test('stores names with characters that Postgres text cannot hold', async () => {
    const store = await freshStore(driver);
    const odd = snapshot({ pipeline: 'a\0b\ud800c', tags: ['\0'] });
    expect(await store.saveExecutions([recordOf(odd)])).toEqual([{ kind: 'accepted' }]);
    const stored = await store.readExecution(APP, odd.executionId);
    expect(JSON.parse(stored?.body ?? '')).toEqual(odd);
    const [row] = await listed(store);
    expect(row?.pipeline).toBe('a\ufffdb\ufffdc');
  });

  test('creates one app if many first starts happen at the same time', async () => {
    const store = await freshStore(driver);
    const made = await Promise.all(
      Array.from({ length: 4 }, () =>
        changed(store, (edits) =>
          edits.initialize({ id: 'app', name: 'app' }, newKey({ app: 'app' }).row),
        ),
      ),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await store.listKeys('app')).toHaveLength(1);
  });

  test('finds a key by its hash, and a second revocation keeps the first time', async () => {
    const store = await freshStore(driver);
    await changed(store, (edits) => edits.createApp('app', 'app'));
    const { key, row } = newKey({ app: 'app', scopes: ['ingest', 'read'], environments: ['prod'] });
    await changed(store, (edits) => edits.createKey(row));
    expect(await store.findKey(hashApiKey(key))).toEqual({
      id: row.id,
      app: 'app',
      scopes: ['ingest', 'read'],
      environments: ['prod'],
      requestsPerMinute: null,
      expiresAt: null,
      isRevoked: false,
      isAppArchived: false,
    });
    const revoke = (app: string) => changed(store, (edits) => edits.revokeKey(app, row.id));
    const first = await revoke('app');
    expect(await store.findKey(hashApiKey(key))).toMatchObject({ isRevoked: true });
    expect((await revoke('app'))?.revokedAt).toBe(first?.revokedAt);
    expect(await revoke('other')).toBeUndefined();
  });

  test('migrations apply once', async () => {
    const place = await newPlace(driver, { migrated: false });
    const store = await openStore(place);
    // The embedded database begins as a copy of a migrated one.
    await store.migrate();
    expect(await store.migrate()).toEqual([]);
    await store.close();
    await place.remove();
  });
});

test('instances that start together on an empty Postgres migrate it once', async () => {
  const place = await newPlace('postgres', { migrated: false });
  const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(place)));
  const applied = await Promise.all(stores.map((store) => store.migrate()));
  expect(applied.flat().length).toBeGreaterThan(0);
  expect(new Set(applied.flat()).size).toBe(applied.flat().length);
  await Promise.all(stores.map((store) => store.close()));
  await place.remove();
});
