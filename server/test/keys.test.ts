import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ApiKeyList, CreatedKey, ErrorBody, IngestResult } from '@xray/core';
import { generateApiKey } from '#server/auth/api-key.js';
import { KeyRing } from '#server/auth/key-ring.js';
import { startServer } from '#server/main.js';
import { APP, configFor, freshServer, newPlace } from './support/databases.js';
import { post } from './support/http.js';
import { snapshot } from './support/snapshots.js';
import { WITH_ADMINISTRATOR, administratorOf, codeOf, type Visitor } from './support/people.js';

describe('an API key', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
  });
  afterAll(() => server.close());

  async function sendWith(key: string, body: unknown = snapshot()): Promise<Response> {
    return await post(server.url, body, { 'x-api-key': key });
  }

  async function complaintOf(key: string): Promise<string> {
    const { error } = (await (await sendWith(key)).json()) as ErrorBody;
    return error.message;
  }

  test('that was rotated works together with the new one for a while, and then stops', async () => {
    const old = await ada.newKey(APP, { name: 'worker', environments: ['prod'] });
    const rotate = `/api/apps/${APP}/keys/${old.apiKey.id}/rotate`;
    const next = await ada.ask<CreatedKey>('POST', rotate, { overlapHours: 1 });
    expect(next.apiKey).toMatchObject({
      name: 'worker',
      environments: ['prod'],
      replaces: old.apiKey.id,
    });
    const prod = snapshot({ environment: 'prod' });
    expect((await sendWith(old.key, prod)).status).toBe(202);
    expect((await sendWith(next.key, prod)).status).toBe(202);
    await ada.ask('POST', rotate, { overlapHours: 0 });
    expect(await complaintOf(old.key)).toMatch(/expired at/);
    expect((await sendWith(next.key, prod)).status).toBe(202);
    expect((await ada.send('POST', rotate, {})).status).toBe(404);
  });

  test('can send only for its environments', async () => {
    const { key } = await ada.newKey(APP, { environments: ['prod', 'canary'] });
    const batch = ['prod', 'test', 'canary', undefined].map((environment) =>
      snapshot(environment === undefined ? {} : { environment }),
    );
    const result = (await (await sendWith(key, batch)).json()) as IngestResult;
    expect(result.accepted).toBe(2);
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'app_mismatch'],
      [3, 'app_mismatch'],
    ]);
    const reads = await ada.send('POST', `/api/apps/${APP}/keys`, {
      scopes: ['read'],
      environments: ['prod'],
    });
    expect(codeOf(reads)).toBe('invalid');
  });

  test('has its own limit, whatever the installation’s limit is', async () => {
    const { key } = await ada.newKey(APP, { requestsPerMinute: 2 });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await sendWith(key)).status);
    expect(statuses).toEqual([202, 202, 429]);
  });

  test('has an error of its own if it was mistyped, or is not a key', async () => {
    const { key } = await ada.newKey(APP);
    const last = key.endsWith('0') ? '1' : '0';
    expect(await complaintOf(key.slice(0, -1) + last)).toMatch(/checksum.*copy it again/);
    expect(await complaintOf('sk_live_123')).toMatch(/begins with `xr_`/);
    expect(await complaintOf(`xr_${'x'.repeat(60)}`)).toMatch(/unknown/);
  });

  test('is refused in a URL, because logs would contain it', async () => {
    const { key } = await ada.newKey(APP);
    const response = await fetch(`${server.url}/api/apps?api_key=${key}`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(key);
  });

  test('shows when it was used, who created it and when it ends', async () => {
    const { key, apiKey } = await ada.newKey(APP, { expiresInDays: 30 });
    await sendWith(key);
    const { items } = await ada.ask<ApiKeyList>('GET', `/api/apps/${APP}/keys`);
    const shown = items.find(({ id }) => id === apiKey.id);
    expect(shown).toMatchObject({ createdBy: 'ada@example.org', revokedAt: null });
    expect(shown?.lastUsedAt).not.toBeNull();
    const days = (Date.parse(shown?.expiresAt ?? '') - Date.parse(apiKey.createdAt)) / 86_400_000;
    expect(days).toBeCloseTo(30, 2);
    expect(JSON.stringify(items)).not.toContain(key.slice(-20));
  });

  test('of an archived app cannot send until the app is restored', async () => {
    await ada.ask('POST', '/api/apps', { id: 'old' });
    const { key } = await ada.newKey('old');
    const archive = (archived: boolean) => ada.ask('PATCH', '/api/apps/old', { archived });
    await archive(true);
    expect((await sendWith(key, snapshot({ appId: 'old' }))).status).toBe(403);
    await archive(false);
    expect((await sendWith(key, snapshot({ appId: 'old' }))).status).toBe(202);
  });
});

test('a key is looked up only by its hash, so a similar key takes as long as any other', async () => {
  const hashes: Uint8Array[] = [];
  const ring = new KeyRing(
    {
      findKey: async (hash) => {
        hashes.push(hash);
        return undefined;
      },
      touchKey: async () => {},
    },
    Date.now,
  );
  const { key } = generateApiKey();
  const misses = [key, `${key.slice(0, -1)}!`, `xr_!${key.slice(4)}`, 'x', ''];
  for (const miss of misses) {
    await expect(ring.grantOf(miss)).rejects.toMatchObject({ code: 'unauthorized' });
  }
  expect(hashes.map((hash) => Buffer.from(hash).toString('hex'))).toEqual(
    misses.map((miss) => createHash('sha256').update(miss).digest('hex')),
  );
});

test('a key revoked at one server is refused at another within ten seconds', async () => {
  const place = await newPlace('postgres');
  const server = await startServer(configFor(place, WITH_ADMINISTRATOR));
  const two = await startServer(configFor(place, WITH_ADMINISTRATOR));
  onTestFinished(async () => {
    await Promise.all([server.stop(), two.stop()]);
    await place.remove();
  });
  const ada = await administratorOf(server);
  const { key, apiKey } = await ada.newKey(APP);
  const statusAt = async (url: string): Promise<number> =>
    (await post(url, snapshot(), { 'x-api-key': key })).status;
  expect([await statusAt(server.url), await statusAt(two.url)]).toEqual([202, 202]);
  await ada.ask('DELETE', `/api/apps/${APP}/keys/${apiKey.id}`);
  expect(await statusAt(server.url)).toBe(401);
  await expect.poll(() => statusAt(two.url), { timeout: 10_000, interval: 250 }).toBe(401);
});
