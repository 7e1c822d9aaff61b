import { createServer, connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type RunningServer } from '#server/main.js';
import { configFor, newPlace, type Place } from './support/databases.js';
import { detail, list, postOk } from './support/http.js';
import { snapshot } from './support/snapshots.js';

/** A load balancer that gives each connection to the next instance. */
async function roundRobin(urls: string[]): Promise<{ url: string; close: () => Promise<void> }> {
  let next = 0;
  const server = createServer((socket) => {
    const { hostname, port } = new URL(urls[next++ % urls.length] ?? '');
    const instance = connect(Number(port), hostname);
    socket.pipe(instance).pipe(socket);
    socket.on('error', () => instance.destroy());
    instance.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await new Promise((done) => server.close(done));
    },
  };
}

let place: Place;
let instances: RunningServer[];
let balancer: Awaited<ReturnType<typeof roundRobin>>;
beforeAll(async () => {
  place = await newPlace('postgres', { migrated: false });
  // They start together on an empty database, and race for the migrations and the first app.
  instances = await Promise.all([1, 2, 3].map(() => startServer(configFor(place))));
  balancer = await roundRobin(instances.map((instance) => instance.url));
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop()));
  await balancer.close();
  await place.remove();
});

test('three instances behind a round-robin balancer act as one', async () => {
  const bases = Array.from({ length: 10 }, () => snapshot());
  const flushes = bases.flatMap((base) =>
    Array.from({ length: 12 }, (_, i) => ({
      ...base,
      revision: ((i * 5) % 12) + 1,
      steps: [{ name: `revision-${((i * 5) % 12) + 1}` }],
    })),
  );
  const answers = await Promise.all(flushes.map((flush) => postOk(balancer.url, flush)));
  const sum = answers.reduce((total, answer) => total + answer.accepted + answer.superseded, 0);
  expect(sum).toBe(flushes.length);
  for (const { url } of instances) {
    expect((await list(url, '?limit=200')).items).toHaveLength(bases.length);
    for (const { executionId } of bases) {
      const { snapshot: stored } = await detail(url, executionId);
      expect(stored.steps.map((step) => step.name)).toEqual(['revision-12']);
    }
  }
});

test('a repeated flush is a duplicate, whichever instance receives it', async () => {
  const sent = snapshot();
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, i) => postOk(instances[i % 3]?.url ?? '', sent)),
  );
  const total = (name: 'accepted' | 'duplicates'): number =>
    answers.reduce((sum, answer) => sum + answer[name], 0);
  expect({ accepted: total('accepted'), duplicates: total('duplicates') }).toEqual({
    accepted: 1,
    duplicates: 8,
  });
});
