import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Snapshot } from '@xray/core';
import { readDirectoryBlock } from '#server/segments/directory.js';
import { DIRECTORY } from '#server/segments/segment.js';
import {
  API_KEY,
  DRIVERS,
  engineOf,
  newPlace,
  openStore,
  type Place,
} from './support/databases.js';
import { list, postOk } from './support/http.js';
import { startProcess, type ServerProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

/** How often the server is killed; `npm run test:chaos` sets more. */
const KILLS = Math.min(Number(process.env.XRAY_TEST_KILLS ?? 4), 20);
/** The number of requests between two kills is random, so that kills hit every part of the work. */
const REQUESTS = { least: 10, most: 50 };
const ORPHANS = `SELECT count(DISTINCT segment)::int AS orphans FROM xray.segment_blocks b
  WHERE NOT EXISTS (SELECT FROM xray.segments s WHERE s.id = b.segment)`;

async function startServer(place: Place): Promise<ServerProcess> {
  return await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
}

/**
 * Ends the lease of a killed leader without waiting for half a minute. No process may have the
 * database open.
 */
async function endLease(place: Place): Promise<void> {
  const { db, close } = await openDriver(place);
  await sql`UPDATE xray.indexing SET leads_until = '-infinity'`.execute(db);
  await close();
}

async function idsOf(url: string, q: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await list(url, `?q=${q}&limit=200${cursor && `&cursor=${cursor}`}`);
    ids.push(...page.items.map(({ executionId }) => executionId));
    cursor = page.nextCursor;
  }
  return ids.sort();
}

async function lagOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^xray_search_lag_executions (\d+)$/m.exec(metrics)?.[1]);
}

/** Executions with a common word and a unique word each. */
class Made {
  readonly all: Snapshot[] = [];

  next(): Snapshot {
    const sent = snapshot({ input: `everywhere only${this.all.length}x` });
    this.all.push(sent);
    return sent;
  }

  /** The ids found by the common word, and by a few unique words. */
  get ids(): { all: string[]; alone: string[][] } {
    const ids = this.all.map(({ executionId }) => executionId);
    return { all: ids.toSorted(), alone: ids.filter(isSampled).map((id) => [id]) };
  }

  async find(url: string): Promise<{ all: string[]; alone: string[][] }> {
    const alone: string[][] = [];
    for (const place of this.all.keys()) {
      if (isSampled('', place)) alone.push(await idsOf(url, `only${place}x`));
    }
    return { all: await idsOf(url, 'everywhere'), alone };
  }
}

function isSampled(_id: string, place: number): boolean {
  return place % 20 === 0;
}

/** The rows that the segments contain, and the blocks that belong to no segment. */
async function indexedIn(place: Place): Promise<{ rows: number[]; orphans: number }> {
  const store = await openStore(place);
  const { index } = engineOf(store);
  const rows: number[] = [];
  for (const { id, head } of await index.listForSweep()) {
    const range = { segment: id, from: 0, to: head.starts.length };
    const [blocks = []] = await index.readBlockRanges(DIRECTORY, [range]);
    rows.push(...blocks.flatMap((block) => [...readDirectoryBlock(block).ids]));
  }
  await store.close();
  const { db, close } = await openDriver(place);
  const counted = await sql.raw<{ orphans: number }>(ORPHANS).execute(db);
  await close();
  return { rows, orphans: counted.rows[0]?.orphans ?? -1 };
}

describe.each(DRIVERS)('the search index on %s', (driver) => {
  test(`contains each execution once after ${KILLS} kills while it was built and merged`, async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const made = new Made();
    for (let round = 0; round < KILLS; round++) {
      const server = await startServer(place);
      const { least, most } = REQUESTS;
      const requests = least + Math.floor(Math.random() * (most - least));
      for (let sent = 0; sent < requests; sent++) {
        await postOk(server.url, [made.next(), made.next()]);
      }
      await server.end('SIGKILL');
      await endLease(place);
    }
    const server = await startServer(place);
    // This holds immediately, whatever work the kills interrupted.
    expect(await made.find(server.url)).toEqual(made.ids);
    await expect.poll(() => lagOf(server.url), { timeout: 60_000 }).toBe(0);
    expect(await made.find(server.url)).toEqual(made.ids);
    expect(await server.end('SIGTERM')).toBe(0);
    const { rows, orphans } = await indexedIn(place);
    expect(rows).toHaveLength(made.all.length);
    expect(new Set(rows).size).toBe(rows.length);
    expect(orphans).toBe(0);
  }, 600_000);
});

test('a merge that was killed just before its end is repeated, and leaves nothing behind', async () => {
  const place = await newPlace('postgres');
  const server = await startServer(place);
  const watcher = new Client({ connectionString: place.env.DATABASE_URL });
  await watcher.connect();
  onTestFinished(async () => {
    await watcher.end();
    await place.remove();
  });
  const ask = async (query: string): Promise<number> =>
    Object.values((await watcher.query<Record<string, number>>(query)).rows[0] ?? {})[0] ?? -1;
  // Only a merge deletes segments. The lock makes it wait there.
  await watcher.query(`
    CREATE FUNCTION public.stall() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END$$;
    CREATE TRIGGER stall BEFORE DELETE ON xray.segments EXECUTE FUNCTION public.stall();
    SELECT pg_advisory_lock(1)`);
  const made = new Made();
  const isWaiting = `SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`;
  while ((await ask(isWaiting)) === 0) await postOk(server.url, made.next());
  expect(await ask(ORPHANS)).toBe(1);
  expect(await made.find(server.url)).toEqual(made.ids);
  await server.end('SIGKILL');
  await watcher.query('SELECT pg_advisory_unlock(1)');
  await watcher.query('DROP TRIGGER stall ON xray.segments');
  expect(await ask(ORPHANS)).toBe(1);
  await endLease(place);
  const { rows: old } = await watcher.query<{ id: string }>('SELECT id FROM xray.segments');

  const again = await startServer(place);
  expect(await made.find(again.url)).toEqual(made.ids);
  const left = `SELECT count(*)::int FROM xray.segments WHERE id IN (${old.map(({ id }) => id).join()})`;
  await expect.poll(() => ask(left), { timeout: 60_000 }).toBeLessThanOrEqual(old.length - 8);
  await expect.poll(() => lagOf(again.url), { timeout: 60_000 }).toBe(0);
  expect(await ask(ORPHANS)).toBe(0);
  expect(await made.find(again.url)).toEqual(made.ids);
  await again.end('SIGTERM');
}, 180_000);
