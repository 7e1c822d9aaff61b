import { describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY, DRIVERS, newPlace } from './support/databases.js';
import { detail, list, post } from './support/http.js';
import { startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

const ROUNDS = process.env.XRAY_TEST_FULL === '1' ? 10 : 3;
const WRITERS = 8;
/** The server is killed as soon as it has acknowledged this many, with others in flight. */
const KILL_AFTER = 40;

describe.each(DRIVERS)('a server on %s that is killed', (driver) => {
  test('has every execution that it acknowledged when it starts again', async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const acknowledged = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
      const target = acknowledged.size + KILL_AFTER;
      let killed: Promise<unknown> | undefined;
      const write = async (): Promise<void> => {
        while (killed === undefined) {
          const one = snapshot();
          const status = await post(server.url, one).then(
            (response) => response.status,
            () => 0,
          );
          if (status === 202) acknowledged.add(one.executionId);
          if (acknowledged.size >= target) killed ??= server.end('SIGKILL');
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, write));
      await killed;
    }

    const server = await startProcess(place);
    const stored = new Map<string, number>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(server.url, `?limit=200${cursor && `&cursor=${cursor}`}`);
      for (const item of page.items) stored.set(item.executionId, item.stepCount);
      cursor = page.nextCursor;
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * KILL_AFTER);
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    // None is there in part either, acknowledged or not.
    for (const id of stored.keys()) {
      expect((await detail(server.url, id)).snapshot.steps).toHaveLength(3);
    }
    await server.end('SIGTERM');
  });

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
