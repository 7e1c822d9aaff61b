import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExecutionSummary } from '@xray/core';
import { startServer, type RunningServer } from '#server/main.js';
import { APP, DRIVERS, configFor, freshServer, newPlace, type Place } from './support/databases.js';
import { fetchWithKey, post, postOk } from './support/http.js';
import { Reader } from './support/live-reader.js';
import { snapshot } from './support/snapshots.js';
import { WITH_ADMINISTRATOR, administratorOf } from './support/people.js';

const idsOf = (summaries: ExecutionSummary[]): string[] =>
  summaries.map(({ executionId }) => executionId).toSorted();

describe.each(DRIVERS)('the live stream on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer(driver);
  });
  afterAll(() => server.close());

  test('sends executions that arrive after it was opened, and their updates', async () => {
    await postOk(server.url, snapshot({ executionId: 'before' }));
    const reader = await Reader.open(server.url);
    const running = snapshot({ executionId: 'long', status: 'running', revision: 1 });
    await postOk(server.url, running);
    const [first] = await reader.executions(1);
    expect(first).toMatchObject({ executionId: 'long', status: 'running', stale: false });
    await postOk(server.url, { ...running, status: 'completed', revision: 2 });
    const [second] = await reader.executions(1);
    expect(second).toMatchObject({ executionId: 'long', status: 'completed', revision: 2 });
    reader.leave();
  });

  test('continues where a reader left', async () => {
    const reader = await Reader.open(server.url);
    reader.leave();
    const sent = Array.from({ length: 5 }, () => snapshot());
    await postOk(server.url, sent);
    const again = await Reader.open(server.url, { after: reader.cursor });
    expect(idsOf(await again.executions(5))).toEqual(
      sent.map(({ executionId }) => executionId).toSorted(),
    );
    again.leave();
  });

  test('tells a reader who was away for too long that it missed executions', async () => {
    const reader = await Reader.open(server.url);
    reader.leave();
    for (let sent = 0; sent < 2_500; sent += 500) {
      await postOk(
        server.url,
        Array.from({ length: 500 }, () => snapshot()),
      );
    }
    const again = await Reader.open(server.url, { after: reader.cursor });
    const frames = await again.until(({ event }) => event === 'missed');
    expect(frames.filter(({ event }) => event === 'execution').length).toBeLessThan(2_500);
    const late = snapshot();
    await again.until(({ id }) => id !== undefined);
    await postOk(server.url, late);
    expect(idsOf(await again.executions(1))).toEqual([late.executionId]);
    again.leave();
  });

  test('a cursor of another database starts now', async () => {
    const reader = await Reader.open(server.url, { after: '9000000000000000000' });
    const sent = snapshot();
    await postOk(server.url, sent);
    expect(idsOf(await reader.executions(1))).toEqual([sent.executionId]);
    reader.leave();
  });

  test('sends only executions that match its filter', async () => {
    const reader = await Reader.open(server.url, { q: 'pipeline:loan* -status:failed' });
    const wanted = snapshot({ pipeline: 'loan-small' });
    await postOk(server.url, [
      snapshot({ pipeline: 'search' }),
      snapshot({ pipeline: 'loan-big', status: 'failed' }),
      wanted,
    ]);
    expect(idsOf(await reader.executions(1))).toEqual([wanted.executionId]);
    reader.leave();
    const refused = await fetchWithKey(`${server.url}/api/apps/${APP}/live?q=pipelin:x`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { details: [{ path: 'q', position: 0 }] },
    });
  });

  test('refuses an invalid cursor', async () => {
    const response = await fetchWithKey(`${server.url}/api/apps/${APP}/live?after=x`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { details: [{ path: 'after' }] } });
  });
});

describe('the live stream over several instances', () => {
  let place: Place;
  let instances: RunningServer[];
  beforeAll(async () => {
    place = await newPlace('postgres');
    instances = await Promise.all([1, 2, 3].map(() => startServer(configFor(place))));
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await place.remove();
  });

  test('sends each execution once to each reader, whichever instance received it', async () => {
    // There are two readers of each instance, like two tabs.
    const readers = await Promise.all(
      [...instances, ...instances].map(({ url }) => Reader.open(url)),
    );
    const sent = Array.from({ length: 300 }, () => snapshot());
    const posts = sent.map((execution, i) => postOk(instances[i % 3]?.url ?? '', execution));
    const received = readers.map((reader) => reader.executions(sent.length));
    await Promise.all(posts);
    const ids = sent.map(({ executionId }) => executionId).toSorted();
    for (const found of await Promise.all(received)) expect(idsOf(found)).toEqual(ids);
    // The next executions are new, so none of the 300 was repeated. Each arrives within a second.
    const waitedMs: number[] = [];
    for (let i = 0; i < 9; i++) {
      const next = snapshot();
      await postOk(instances[i % 3]?.url ?? '', next);
      const sentAt = performance.now();
      const found = await Promise.all(readers.map((reader) => reader.executions(1)));
      waitedMs.push(performance.now() - sentAt);
      for (const events of found) expect(idsOf(events)).toEqual([next.executionId]);
    }
    for (const reader of readers) reader.leave();
    // A busy machine may sometimes be late.
    expect(waitedMs.toSorted((a, b) => a - b)[4]).toBeLessThan(1_000);
  });

  test('ends when the server stops', async () => {
    const [last] = instances.splice(2);
    const reader = await Reader.open(last?.url ?? '');
    await last?.stop();
    expect(await reader.until(() => false)).not.toContainEqual({ event: 'execution' });
  });
});

test('ends when its reader loses the permission, and shows nothing of other apps', async () => {
  const server = await freshServer('pglite', WITH_ADMINISTRATOR);
  const ada = await administratorOf(server);
  for (const id of ['shop', 'rival']) await ada.ask('POST', '/api/apps', { id });
  const { key, apiKey } = await ada.newKey('shop', { scopes: ['read'] });
  const { key: rivals } = await ada.newKey('rival', { scopes: ['ingest'] });
  const reader = await Reader.open(server.url, { key, app: 'shop' });
  const sent = await post(server.url, snapshot({ appId: 'rival' }), { 'x-api-key': rivals });
  expect(sent.status).toBe(202);
  await ada.ask('DELETE', `/api/apps/shop/keys/${apiKey.id}`);
  const frames = await reader.until(() => false);
  expect(frames.filter(({ event }) => event === 'execution')).toEqual([]);
  await server.close();
});

test('one key uses only its share of the streams, and leaves the rest to others', async () => {
  const server = await freshServer('pglite', WITH_ADMINISTRATOR);
  const ada = await administratorOf(server);
  await ada.ask('POST', '/api/apps', { id: 'rival' });
  const rival = await ada.newKey('rival', { scopes: ['read'] });
  const second = await ada.newKey(APP, { scopes: ['read'] });
  const readers: Reader[] = [];
  const open = async (options?: Parameters<typeof Reader.open>[1]) => {
    readers.push(await Reader.open(server.url, options));
  };
  for (let n = 0; n < 20; n++) await open();
  await expect(open()).rejects.toThrow(/^503: .*Your session or key already has 20/);
  await open({ key: second.key });
  await open({ key: rival.key, app: 'rival' });
  readers.shift()?.leave();
  await expect
    .poll(() =>
      open().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  for (const reader of readers) reader.leave();
  await server.close();
});
