import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hashApiKey } from '#server/auth/api-key.js';
import { ReadTooLong } from '#server/store/errors.js';
import { readWithin } from '#server/postgres/read-within.js';
import { APP, DRIVERS, changed, freshStore, newPlace, openStore } from './support/databases.js';
import { newKey } from './support/keys.js';
import { recordOf, snapshot } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

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

  test('refuses only the record that the database cannot store', async () => {
    const store = await freshStore(driver);
    const good = recordOf(snapshot());
    const poisoned = recordOf(snapshot());
    poisoned.header.failedStepCount = 2 ** 40;
    const outcomes = await store.saveExecutions([poisoned, good]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['refused', 'accepted']);
    expect(await store.readExecution(APP, poisoned.executionId)).toBeUndefined();
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
