import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { sql, type QueryResult } from 'kysely';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Ready } from '@xray/core';
import { openPglite } from '#server/postgres/drivers/pglite.js';
import { outageOf } from '#server/store/errors.js';
import { API_KEY, APP, AUTH_SECRET, DRIVERS, newPlace, type Place } from './support/databases.js';
import { detail, fetchWithKey, list, post } from './support/http.js';
import { startCluster } from './support/postgres-cluster.js';
import { isInstalled, startProcess, type ServerProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

/** How often something is killed; `npm run test:chaos` sets more. */
const KILLS = Number(process.env.XRAY_TEST_KILLS ?? 4);
/** A start of the embedded database takes seconds. */
const EMBEDDED_KILLS = Math.min(KILLS, 30);
const WRITERS = 8;
/**
 * The number of acknowledgements between two kills is random, so that kills hit every part of a
 * write.
 */
const BETWEEN_KILLS = { least: 5, most: 60 };

/**
 * Writers that continue through every outage. Each execution is posted again until it is
 * acknowledged, so some were stored although the answer got lost.
 */
async function writeThrough(
  url: () => string,
  whenAcknowledged: (id: string) => void,
  isOver: () => boolean,
): Promise<void> {
  const write = async (): Promise<void> => {
    let sent = snapshot();
    while (!isOver()) {
      const status = await post(url(), sent).then(
        (response) => response.status,
        () => 0,
      );
      expect([0, 202, 503]).toContain(status);
      if (status !== 202) continue;
      whenAcknowledged(sent.executionId);
      sent = snapshot();
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

/** Writes through `kills` kills and returns the ids that were acknowledged. */
async function killRepeatedly(
  kills: number,
  url: () => string,
  kill: (round: number) => Promise<void>,
): Promise<string[]> {
  const acknowledged: string[] = [];
  let over = false;
  let wake = (): void => {};
  const writing = writeThrough(
    url,
    (id) => {
      acknowledged.push(id);
      wake();
    },
    () => over,
  );
  const reach = async (count: number): Promise<void> => {
    while (acknowledged.length < count) {
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // A writer only ends early if it fails, and then nothing else would wake this.
      await Promise.race([news, writing]);
    }
  };
  try {
    for (let round = 0; round < kills; round++) {
      const { least, most } = BETWEEN_KILLS;
      await reach(acknowledged.length + least + Math.floor(Math.random() * (most - least)));
      await kill(round);
    }
    await reach(acknowledged.length + BETWEEN_KILLS.least);
  } finally {
    over = true;
    await writing;
  }
  return acknowledged;
}

/** The state of the acknowledged executions on a server: lost, stored twice, or stored in part. */
async function damageTo(
  acknowledged: string[],
  url: string,
): Promise<{ lost: string[]; twice: string[]; partial: string[] }> {
  const stored: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await list(url, `?limit=200${cursor && `&cursor=${cursor}`}`);
    stored.push(...page.items.map((item) => item.executionId));
    cursor = page.nextCursor;
  }
  const partial: string[] = [];
  for (const id of stored) {
    if ((await detail(url, id)).snapshot.steps.length !== 3) partial.push(id);
  }
  return {
    lost: acknowledged.filter((id) => !stored.includes(id)),
    twice: stored.filter((id, place) => stored.indexOf(id) !== place),
    partial,
  };
}

const NO_DAMAGE = { lost: [], twice: [], partial: [] };

/** The size in bytes. The write-ahead log of a new database is larger than this. */
const SHORTER_THAN_THE_LOG = 1_000_000;

/** From now on no file of the process can grow beyond this size, as on a full disk. */
function limitFiles({ child }: ServerProcess, size: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${size}:`]);
}

// prlimit is part of util-linux. In CI it must exist.
const withoutLimits = !isInstalled('prlimit') && process.env.CI !== 'true';

/**
 * This code is loaded into a server. On SIGUSR2 its database's thread ends, which no request could
 * cause.
 */
const END_THREAD_ON_SIGNAL = `
  import threads from 'node:worker_threads';
  import { syncBuiltinESMExports } from 'node:module';
  let database;
  threads.Worker = class extends threads.Worker {
    constructor(file, options) {
      super(file, options);
      if (String(file).includes('pglite')) database = this;
    }
  };
  syncBuiltinESMExports();
  if (threads.isMainThread) process.on('SIGUSR2', () => database.terminate());
`;

describe('every acknowledged execution', () => {
  test(`on pglite is complete after ${EMBEDDED_KILLS} kills of the server`, async () => {
    const place = await newPlace('pglite');
    onTestFinished(() => place.remove());
    const start = (): Promise<ServerProcess> => startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    let server = await start();
    const acknowledged = await killRepeatedly(
      EMBEDDED_KILLS,
      () => server.url,
      async () => {
        await server.end('SIGKILL');
        server = await start();
      },
    );

    expect(await damageTo(acknowledged, server.url)).toEqual(NO_DAMAGE);
    await server.end('SIGTERM');
  }, 600_000);

  test.skipIf(withoutLimits)(
    'on pglite is complete after its disk was full and its thread ended, while the server kept running (needs prlimit)',
    async () => {
      const place = await newPlace('pglite');
      onTestFinished(() => place.remove());
      const server = await startProcess(place, {
        XRAY_INIT_API_KEY: API_KEY,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(END_THREAD_ON_SIGNAL)}`,
      });
      const status = async (path: string): Promise<number> =>
        (await fetch(server.url + path)).status;
      const fillDisk = async (): Promise<void> => {
        limitFiles(server, SHORTER_THAN_THE_LOG);
        await expect.poll(() => status('/ready')).toBe(503);
        const ready = await fetch(`${server.url}/ready`);
        expect(((await ready.json()) as Ready).store.reason).toMatch(
          /disk of the database is full/,
        );
        const refused = await post(server.url, snapshot());
        expect([refused.status, await status('/health')]).toEqual([503, 200]);
        expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
        expect((await fetchWithKey(`${server.url}/api/apps/${APP}/executions`)).status).toBe(503);
        limitFiles(server, 'unlimited');
      };
      const endThread = async (): Promise<void> => {
        server.child.kill('SIGUSR2');
        await expect.poll(() => status('/ready')).toBe(503);
      };
      const acknowledged = await killRepeatedly(
        EMBEDDED_KILLS,
        () => server.url,
        async (round) => {
          await (round % 2 === 0 ? fillDisk() : endThread());
          await expect.poll(() => status('/ready'), { timeout: 30_000 }).toBe(200);
        },
      );
      expect(await damageTo(acknowledged, server.url)).toEqual(NO_DAMAGE);
      expect(await server.end('SIGTERM')).toBe(0);
    },
    600_000,
  );

  test('on pglite is refused if a WebAssembly trap made it only look stored', async () => {
    const place = await newPlace('pglite');
    const { db, close } = await openPglite(path.join(place.env.XRAY_DATA_DIR ?? '', 'db'));
    onTestFinished(async () => {
      await close();
      await place.remove();
    });
    const run = (statement: string, on = db): Promise<QueryResult<unknown>> =>
      sql.raw(statement).execute(on);
    // Postgres' own limit would be an ordinary error. It must be higher than the stack's end.
    await run(`SET max_stack_depth = '3MB';
      CREATE TABLE public.written (n int);
      CREATE FUNCTION public.fill_stack(n int) RETURNS int LANGUAGE plpgsql AS
        $$BEGIN RETURN public.fill_stack(n); END$$`);
    const writing = db.transaction().execute(async (tx) => {
      await run('INSERT INTO public.written VALUES (1)', tx);
      await expect(run('SELECT public.fill_stack(1)', tx)).rejects.toThrow(/stopped/);
      await run('INSERT INTO public.written VALUES (2)', tx);
    });
    const error: unknown = await writing.catch((thrown: unknown) => thrown);
    expect(outageOf(error)).toMatch(/crashed/);
    const written = (): Promise<unknown> =>
      run('SELECT n FROM public.written').then(
        ({ rows }) => rows,
        () => 'an outage',
      );
    await expect.poll(written, { timeout: 30_000 }).toEqual([]);
  });

  test(`on postgres is complete after ${KILLS} kills of the server or the database`, async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const place: Place = {
      env: { DATABASE_URL: `${cluster.url}/postgres`, XRAY_AUTH_SECRET: AUTH_SECRET },
      remove: async () => {},
    };
    const start = (): Promise<ServerProcess> => startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    let server = await start();
    const acknowledged = await killRepeatedly(
      KILLS,
      () => server.url,
      async (round) => {
        if (round % 2 === 0) {
          await cluster.crash();
          return;
        }
        await server.end('SIGKILL');
        server = await start();
      },
    );
    await server.end('SIGTERM');

    const client = new Client({ connectionString: `${cluster.url}/postgres` });
    await client.connect();
    const { rows: stored } = await client.query<{ execution_id: string; whole: boolean }>(`
      SELECT execution_id, step_count = 3
        AND (SELECT count(*) FROM xray.steps WHERE execution = e.id) = 3
        AND (SELECT count(*) FROM xray.bodies WHERE execution = e.id) = 1 AS whole
      FROM xray.executions AS e`);
    const { rows: orphans } = await client.query(`
      SELECT execution FROM xray.bodies UNION SELECT execution FROM xray.steps
      EXCEPT SELECT id FROM xray.executions`);
    await client.end();
    const ids = new Set(stored.map((row) => row.execution_id));
    expect(ids.size).toBe(stored.length);
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect(stored.filter((row) => !row.whole)).toEqual([]);
    expect(orphans).toEqual([]);
  }, 1_200_000);
});

describe.each(DRIVERS)('a server on %s', (driver) => {
  test('finishes running requests on SIGTERM and exits with 0', async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    const inFlight = Array.from({ length: 10 }, () => post(server.url, snapshot()));
    await Promise.race(inFlight);
    const code = server.end('SIGTERM');
    const answers = await Promise.allSettled(inFlight);
    // A request that reached the server is answered. Every other request is refused as a whole.
    const taken = answers.filter(
      (answer) => answer.status === 'fulfilled' && answer.value.status === 202,
    );
    expect(await code).toBe(0);
    const again = await startProcess(place);
    expect((await list(again.url)).items.length).toBeGreaterThanOrEqual(taken.length);
    await again.end('SIGTERM');
  });
});
