import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY, AUTH_SECRET, DRIVERS, newPlace, type Place } from './support/databases.js';
import { detail, list, post } from './support/http.js';
import { startCluster } from './support/postgres-cluster.js';
import { startProcess, type ServerProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

/** How often something is killed; `npm run test:chaos` wants more. */
const KILLS = Number(process.env.XRAY_TEST_KILLS ?? 4);
/** A start of the embedded database takes seconds. */
const EMBEDDED_KILLS = Math.min(KILLS, 30);
const WRITERS = 8;
/** Of the acknowledged between two kills, at random, so that kills fall into every part of a write. */
const BETWEEN_KILLS = { least: 5, most: 60 };

/**
 * Writers that go on through every outage. Each execution is posted again until it is acknowledged, so
 * that some were stored before the answer got lost.
 */
async function writeThrough(
  url: () => string,
  whenAcknowledged: (id: string) => void,
  isOver: () => boolean,
): Promise<void> {
  const write = async (): Promise<void> => {
    let one = snapshot();
    while (!isOver()) {
      const status = await post(url(), one).then(
        (response) => response.status,
        () => 0,
      );
      expect([0, 202, 503]).toContain(status);
      if (status !== 202) continue;
      whenAcknowledged(one.executionId);
      one = snapshot();
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
      // A writer only ends before the time by failing, and then nobody would wake this.
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

describe('what was acknowledged', () => {
  test(`on pglite is there whole after ${EMBEDDED_KILLS} kills of the server`, async () => {
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

    const stored: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(server.url, `?limit=200${cursor && `&cursor=${cursor}`}`);
      stored.push(...page.items.map((item) => item.executionId));
      cursor = page.nextCursor;
    }
    expect(new Set(stored).size).toBe(stored.length);
    expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
    // None is there in part either, acknowledged or not.
    for (const id of stored) {
      expect((await detail(server.url, id)).snapshot.steps).toHaveLength(3);
    }
    await server.end('SIGTERM');
  }, 600_000);

  test(`on postgres is there whole after ${KILLS} kills of the server or the database`, async () => {
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
  test('finishes what is in flight on SIGTERM and ends with 0', async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    const inFlight = Array.from({ length: 10 }, () => post(server.url, snapshot()));
    await Promise.race(inFlight);
    const code = server.end('SIGTERM');
    const answers = await Promise.allSettled(inFlight);
    // What had reached the server is answered; what had not is refused whole, never left half done.
    const taken = answers.filter(
      (answer) => answer.status === 'fulfilled' && answer.value.status === 202,
    );
    expect(await code).toBe(0);
    const again = await startProcess(place);
    expect((await list(again.url)).items.length).toBeGreaterThanOrEqual(taken.length);
    await again.end('SIGTERM');
  });
});
