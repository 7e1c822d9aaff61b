import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { Client } from 'pg';
import { inject, onTestFinished } from 'vitest';
import { parseQuery } from '@xray/core';
import { loadConfig, type Config } from '#server/config.js';
import { startServer, type RunningServer } from '#server/main.js';
import { openPglite } from '#server/postgres/drivers/pglite.js';
import { openPostgres } from '#server/postgres/drivers/postgres.js';
import type { Driver } from '#server/postgres/driver.js';
import type { Engine } from '#server/postgres/executions/engine.js';
import type { ExecutionScope, ExecutionStore } from '#server/store/execution-store.js';
import type { AccountStore, Edits } from '#server/store/account-store.js';
import { createStores, engineOver } from '#server/postgres/open.js';
import { TaskThreads } from '#server/threads/task-threads.js';
import { MIGRATED_TEMPLATE } from './postgres-cluster.js';
import { logOfThisFile, plantSecrets } from './logging.js';

export const DRIVERS = ['pglite', 'postgres'] as const;
export type DriverName = (typeof DRIVERS)[number];

/**
 * Both drivers with XRAY_TEST_FULL=1, else one. Each line of these tests starts a process, so two
 * drivers would take minutes.
 */
export function driverInCi(driver: DriverName): readonly DriverName[] {
  return process.env.XRAY_TEST_FULL === '1' ? DRIVERS : [driver];
}

/** Both stores as one object. A test closes them at once. */
export type Store = AccountStore & ExecutionStore;

/** The API key of each test file, usable on any fresh database. */
export const API_KEY = 'xr_test_key_of_at_least_32_characters';
export const APP = 'my-loan-app';
/** The secret of servers on Postgres, which do not create one. */
export const AUTH_SECRET = 'a secret of at least 32 characters';

/** The location of one database, with functions that make it fail. */
export interface Place {
  /** Settings with which a server or the CLI uses it. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

/**
 * A fresh place for a database: an empty folder, or a new database in the run's Postgres. The
 * Postgres database already has our tables, like a new embedded one, unless the test is about
 * creating them.
 */
export async function newPlace(
  driver: DriverName,
  { migrated = true }: { migrated?: boolean } = {},
): Promise<Place> {
  if (driver === 'pglite') {
    const folder = await mkdtemp(path.join(tmpdir(), 'xray-test-'));
    return {
      env: { XRAY_DATA_DIR: folder },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  plantSecrets(AUTH_SECRET);
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(
    `CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${MIGRATED_TEMPLATE} STRATEGY FILE_COPY` : ''}`,
  );
  return {
    env: {
      DATABASE_URL: `${inject('postgresUrl')}/${name}`,
      XRAY_AUTH_SECRET: AUTH_SECRET,
    },
    remove: () => administer(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

export function configFor(place: Place, env: Record<string, string> = {}): Config {
  const settings = {
    PORT: '0',
    XRAY_LOG_LEVEL: 'trace',
    XRAY_INIT_API_KEY: API_KEY,
    ...place.env,
    ...env,
  };
  return { ...loadConfig(settings), logTo: logOfThisFile() };
}

/** A migrated store on a fresh database, which is removed after the test. */
export async function freshStore(driver: DriverName): Promise<Store> {
  const place = await newPlace(driver);
  const store = await openStore(place);
  onTestFinished(async () => {
    await store.close();
    await place.remove();
  });
  await store.migrate();
  return store;
}

/** The same with the app APP, which the names in the search index refer to. */
export async function freshAppStore(driver: DriverName): Promise<Store> {
  const store = await freshStore(driver);
  await changed(store, async (edits) => await edits.createApp(APP, APP));
  return store;
}

/** Runs edits without an author or an audit entry. */
export async function changed<T>(
  store: AccountStore,
  work: (edits: Edits) => Promise<T>,
): Promise<T> {
  return await store.change(async (edits) => ({
    result: await work(edits),
    entry: undefined,
  }));
}

const engines = new WeakMap<Store, Engine>();

/** The parts of a store that this file opened, for tests of the engine itself. */
export function engineOf(store: Store): Engine {
  const engine = engines.get(store);
  if (engine === undefined) throw new TypeError('this store was opened elsewhere');
  return engine;
}

export async function openStore(place: Place): Promise<Store> {
  const url = place.env.DATABASE_URL;
  const opened =
    url === undefined
      ? await openPglite(path.join(place.env.XRAY_DATA_DIR ?? '', 'db'))
      : openPostgres({
          connectionString: url,
          caCert: undefined,
          maxConnections: 8,
          onConnectionError: () => {},
        });
  return storeOver(opened);
}

export function storeOver(driver: Driver): Store {
  const threads = new TaskThreads(1);
  const { accounts, executions } = createStores(driver, threads);
  const closing: Store = {
    ...executions,
    ...accounts,
    async close() {
      await threads.close();
      await accounts.close();
    },
  };
  engines.set(closing, engineOver(driver, threads));
  return closing;
}

/**
 * Waits until jobs that follow the order of commits see all that is stored. A transaction of another test on the same
 * Postgres holds them back while it runs.
 */
export async function whenCommitted(store: Store): Promise<void> {
  const { db } = engineOf(store);
  for (;;) {
    const { rows } = await sql`
      SELECT FROM xray.executions WHERE xact >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1`.execute(
      db,
    );
    if (rows.length === 0) return;
  }
}

/** Executions of APP that match a filter, as a question names them. */
export function scopeOf(q = '', nowMs = Date.now()): ExecutionScope {
  const parsed = parseQuery(q);
  if (!parsed.ok) throw new Error(`${q}: ${parsed.error.message}`);
  return { app: APP, filter: parsed.query, from: undefined, to: undefined, nowMs };
}

/** A whole server on a fresh database; `close` stops it and removes the database. */
export async function freshServer(
  driver: DriverName,
  env: Record<string, string> = {},
): Promise<RunningServer & { place: Place; close: () => Promise<void> }> {
  const place = await newPlace(driver);
  const server = await startServer(configFor(place, env));
  plantSecrets(...(server.setupLink?.split('#').slice(1) ?? []));
  return {
    ...server,
    place,
    async close() {
      await server.stop();
      await place.remove();
    },
  };
}

/** Runs one statement as superuser of the run's Postgres. */
export async function administer(statement: string, database = 'postgres'): Promise<void> {
  const client = new Client({ connectionString: `${inject('postgresUrl')}/${database}` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
