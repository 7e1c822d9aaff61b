import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import { openClickHouse, type Db } from '#server/clickhouse/client.js';
import { openClickHouseStore, type ClickHouseStore } from '#server/clickhouse/open.js';
import { Params } from '#server/clickhouse/params.js';
import { TaskThreads } from '#server/threads/task-threads.js';

const FOLDER = path.join(import.meta.dirname, '../engine');
const SUPPORTED = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);

/** Undefined, or the reason why tests on ClickHouse cannot run on this machine. */
export const whyNoEngine = process.env.XRAY_TEST_CLICKHOUSE_URL ? undefined : await install();

/** A ClickHouse for one test file: the real engine behind a small HTTP front, or the server of the variable. */
export interface Engine {
  url: string;
  /** A migrated store in a database of its own. */
  freshStore(): Promise<ClickHouseStore & { db: Db }>;
  stop(): Promise<void>;
}

export async function startEngine(): Promise<Engine> {
  const given = process.env.XRAY_TEST_CLICKHOUSE_URL;
  const front = given === undefined ? await startFront() : undefined;
  const url = given ?? front?.url ?? '';
  const admin = openClickHouse({ url, flavour: { kind: 'single' } });
  const threads = new TaskThreads(1);
  const opened: { close: () => Promise<void>; database: string }[] = [];
  return {
    url,
    async freshStore() {
      const database = `test_${randomBytes(6).toString('hex')}`;
      await admin.run(`CREATE DATABASE ${database}`);
      const settings = { url: `${url}/${database}`, flavour: { kind: 'single' as const } };
      const store = openClickHouseStore(settings, threads);
      const db = openClickHouse(settings);
      opened.push({ database, close: async () => void (await store.close(), await db.close()) });
      await store.migrate();
      return Object.assign(store, { db });
    },
    async stop() {
      for (const { close, database } of opened) {
        await close();
        if (front === undefined) await admin.run(`DROP DATABASE ${database}`);
      }
      await admin.close();
      await threads.close();
      await front?.stop();
    },
  };
}

async function startFront(): Promise<{ url: string; stop(): Promise<void> }> {
  const data = await mkdtemp(path.join(tmpdir(), 'xray-clickhouse-'));
  const child = spawn(process.execPath, [path.join(FOLDER, 'front.mjs'), data], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await once(child);
  return {
    url,
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      child.stdin?.end();
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function once(child: ChildProcess): Promise<[string]> {
  if (child.stdout === null) throw new Error('the front has no output');
  for await (const line of createInterface({ input: child.stdout })) return [line];
  throw new Error('the front of ClickHouse ended before it listened');
}

/** Installs the engine (540 MB) when the first test needs it. Two files may need it at the same time. */
async function install(): Promise<string | undefined> {
  const platform = `${process.platform}-${process.arch}`;
  if (!SUPPORTED.has(platform)) return `chDB has no build for ${platform}`;
  if (process.platform === 'linux' && !hasGlibc()) return 'chDB needs glibc';
  const lock = path.join(FOLDER, '.installing');
  await vi.waitFor(() => mkdir(lock), { timeout: 50_000, interval: 200 });
  try {
    if (isInstalled()) return undefined;
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: FOLDER,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return status === 0 ? undefined : 'npm could not install chDB';
  } finally {
    await rmdir(lock);
  }
}

function isInstalled(): boolean {
  const record = path.join(FOLDER, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  return statSync(record).mtimeMs >= statSync(path.join(FOLDER, 'package-lock.json')).mtimeMs;
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

/** Rows of a statement, for checks of what is stored. */
export async function rowsOf<Row>(db: Db, sql: string): Promise<Row[]> {
  return await db.readAll<Row>(sql, new Params());
}
