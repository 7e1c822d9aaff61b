import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AppList, ErrorBody, Me, PublicConfig } from '@xray/core';
import { allRoutes } from '#server/app.js';
import type { Clerk } from '#server/auth/clerk.js';
import { startServer } from '#server/main.js';
import type { Deps } from '#server/routes/route.js';
import { APP, configFor, freshServer, newPlace } from './support/databases.js';
import { clerkUser, foreignKey, startFakeClerk, type FakeClerk } from './support/clerk.js';
import { overConsole, tokenOf } from './support/people.js';
import { callCli } from './support/process.js';

let clerk: FakeClerk;
let server: Awaited<ReturnType<typeof freshServer>>;
beforeAll(async () => {
  clerk = await startFakeClerk();
  server = await freshServer('pglite', clerk.env);
});
afterAll(async () => {
  await server.close();
  await clerk.close();
});

async function call(
  method: string,
  where: string,
  token: string | undefined,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(server.url + where, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

async function meOf(token: string): Promise<Me> {
  return (await call('GET', '/api/me', token)).body as Me;
}

describe('a session token of Clerk’s', () => {
  test('creates a user without a role for a person who is seen for the first time', async () => {
    clerk.knows('user_new', 'New@Example.org');
    const token = clerk.token({ sub: 'user_new' });
    const [me, again] = await Promise.all([meOf(token), meOf(token)]);
    expect(me).toMatchObject({
      email: 'new@example.org',
      name: 'Clara Clerk',
      isAdministrator: false,
    });
    expect(again).toEqual(me);
    expect((await call('GET', '/api/apps', token)).body).toEqual({ items: [] });
  });

  test('of a stranger opens no app, by any route', async () => {
    clerk.knows('user_stranger', 'stranger@example.org');
    const token = clerk.token({ sub: 'user_stranger' });
    const routes = allRoutes({ clerk: {} as Clerk } as Deps).filter(({ path }) =>
      path.includes(':app'),
    );
    expect(routes.length).toBeGreaterThan(15);
    for (const { method, path: pattern, policy } of routes) {
      const where = pattern.replace(':app', APP).replaceAll(/:\w+/g, 'none');
      const { status } = await call(method.toUpperCase(), where, token);
      // A key starts a replay, never a person.
      const expected = policy === 'administer' ? 403 : policy === 'replay' ? 401 : 404;
      expect({ method, where, status }).toEqual({ method, where, status: expected });
    }
  });

  test('becomes the administrator with the set-up link, and can then invite others', async () => {
    clerk.knows('user_first', 'first@example.org');
    const token = clerk.token({ sub: 'user_first' });
    const setup = { token: tokenOf(server.setupLink ?? '') };
    expect((await call('POST', '/api/setup', undefined, setup)).status).toBe(401);
    expect((await call('POST', '/api/setup', token, { token: 'wrong' })).status).toBe(404);
    expect((await call('POST', '/api/setup', token, setup)).body).toMatchObject({
      isAdministrator: true,
    });
    expect((await call('POST', '/api/setup', token, setup)).status).toBe(404);
    const invited = await call('POST', `/api/apps/${APP}/invitations`, token, { role: 'viewer' });
    const { link } = invited.body as { link: string };
    clerk.knows('user_guest', 'guest@example.org');
    const guest = clerk.token({ sub: 'user_guest' });
    const accept = await call('POST', '/api/invitations/accept', guest, { token: tokenOf(link) });
    expect(accept.status).toBe(200);
    const { items } = (await call('GET', '/api/apps', guest)).body as AppList;
    expect(items).toMatchObject([{ id: APP, role: 'viewer' }]);
    expect((await call('GET', `/api/apps/${APP}/executions`, guest)).status).toBe(200);
    expect((await call('GET', `/api/apps/${APP}/keys`, guest)).status).toBe(403);
  });

  test('does not open the account of a person whose address was never verified', async () => {
    await overConsole(server.place, 'POST', '/api/users', {
      email: 'victim@example.org',
      isAdministrator: true,
    });
    clerk.knows('user_thief', 'victim@example.org', { verified: false });
    expect((await call('GET', '/api/me', clerk.token({ sub: 'user_thief' }))).status).toBe(401);
    clerk.knows('user_victim', 'victim@example.org');
    expect(await meOf(clerk.token({ sub: 'user_victim' }))).toMatchObject({
      isAdministrator: true,
    });
    clerk.knows('user_second', 'victim@example.org');
    expect((await call('GET', '/api/me', clerk.token({ sub: 'user_second' }))).status).toBe(409);
  });

  const now = Math.floor(Date.now() / 1000);
  const forgeries: [string, (clerk: FakeClerk) => string][] = [
    ['expired', (c) => c.token({ exp: now - 60 })],
    ['not valid yet', (c) => c.token({ nbf: now + 3600 })],
    ['of another issuer', (c) => c.token({ iss: 'https://evil.example' })],
    ['of another instance of Clerk', (c) => c.token({ iss: 'https://other.clerk.accounts.dev' })],
    ['for another page', (c) => c.token({ azp: 'https://evil.example' })],
    ['of another key', (c) => c.token({}, { key: foreignKey() })],
    ['of a key that nobody knows', (c) => c.token({}, { key: foreignKey(), header: { kid: 'x' } })],
    ['unsigned', (c) => c.token({}, { header: { alg: 'none' } })],
    ['signed with the public key as a password', (c) => symmetric(c)],
    ['changed afterwards', (c) => changed(c.token())],
    ['no token at all', () => 'a.b.c'],
  ];

  test.each(forgeries)(
    'that is %s is refused, with the keys of Clerk’s API',
    async (_name, forge) => {
      clerk.knows('user_1', 'one@example.org');
      const { status, body } = await call('GET', '/api/me', forge(clerk));
      expect({ status, code: (body as ErrorBody).error.code }).toEqual({
        status: 401,
        code: 'unauthorized',
      });
      expect((await call('GET', '/api/me', clerk.token())).status).toBe(200);
    },
  );

  test('is verified without the network if the key is a setting, whether valid or forged', async () => {
    const offline = await freshServer('pglite', {
      ...clerk.env,
      CLERK_JWT_KEY: clerk.jwtKey.replaceAll('\n', '\\n'),
    });
    onTestFinished(() => offline.close());
    clerk.knows('user_1', 'one@example.org');
    const statusOf = async (token: string): Promise<number> =>
      (await fetch(`${offline.url}/api/me`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    const before = clerk.keysAsked();
    expect(await statusOf(clerk.token())).toBe(200);
    for (const [, forge] of forgeries) expect(await statusOf(forge(clerk))).toBe(401);
    expect(clerk.keysAsked()).toBe(before);
  });

  function symmetric(c: FakeClerk): string {
    const [, payload = ''] = c.token().split('.');
    const header = Buffer.from('{"alg":"HS256","typ":"JWT","kid":"ins_test"}').toString(
      'base64url',
    );
    const mac = createHmac('sha256', c.jwtKey).update(`${header}.${payload}`).digest('base64url');
    return `${header}.${payload}.${mac}`;
  }

  function changed(token: string): string {
    const [header, payload = '', signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'user_first' })).toString(
      'base64url',
    );
    return `${header}.${other}.${signature}`;
  }
});

describe('Clerk’s webhook', () => {
  const send = async (init: RequestInit): Promise<number> =>
    (await fetch(`${server.url}/api/clerk/webhook`, init)).status;

  test('creates, updates and deletes users', async () => {
    const created = { type: 'user.created', data: clerkUser('user_hook', 'hook@example.org') };
    expect(await send(clerk.webhook(created))).toBe(204);
    const token = clerk.token({ sub: 'user_hook' });
    expect(await meOf(token)).toMatchObject({ email: 'hook@example.org' });
    const updated = { type: 'user.updated', data: clerkUser('user_hook', 'moved@example.org') };
    expect(await send(clerk.webhook(updated))).toBe(204);
    expect(await meOf(token)).toMatchObject({ email: 'moved@example.org' });
    const deleted = { type: 'user.deleted', data: { id: 'user_hook', deleted: true } };
    expect(await send(clerk.webhook(deleted))).toBe(204);
    expect((await call('GET', '/api/me', token)).status).toBe(401);
  });

  test('that deletes the only administrator gives the next one a set-up link', async () => {
    const fresh = await freshServer('pglite', clerk.env);
    onTestFinished(() => fresh.close());
    const send = async (where: string, init: RequestInit): Promise<number> =>
      (await fetch(fresh.url + where, { method: 'POST', ...init })).status;
    const claim = async (sub: string, link: string): Promise<number> => {
      clerk.knows(sub, `${sub}@example.org`);
      const authorization = `Bearer ${clerk.token({ sub })}`;
      const headers = { authorization, 'content-type': 'application/json' };
      return await send('/api/setup', { headers, body: JSON.stringify({ token: tokenOf(link) }) });
    };
    expect(await claim('user_one', fresh.setupLink ?? '')).toBe(200);
    const deleted = { type: 'user.deleted', data: { id: 'user_one', deleted: true } };
    expect(await send('/api/clerk/webhook', clerk.webhook(deleted))).toBe(204);
    expect(await claim('user_two', fresh.setupLink ?? '')).toBe(404);
    await fresh.stop();
    const next = await startServer(configFor(fresh.place, clerk.env));
    onTestFinished(() => next.stop());
    const again = await fetch(`${next.url}/api/config`);
    expect(await again.json()).toMatchObject({ signIn: { needsSetup: true } });
    clerk.knows('user_two', 'two@example.org');
    const headers = {
      authorization: `Bearer ${clerk.token({ sub: 'user_two' })}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ token: tokenOf(next.setupLink ?? '') });
    const response = await fetch(`${next.url}/api/setup`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  });

  test('is refused if it is unsigned, signed by somebody else, or replayed', async () => {
    const event = { type: 'user.deleted', data: { id: 'user_first' } };
    const unsigned = { ...clerk.webhook(event), headers: { 'content-type': 'application/json' } };
    expect(await send(unsigned)).toBe(401);
    const other = Buffer.from('another secret').toString('base64');
    expect(await send(clerk.webhook(event, { secret: other }))).toBe(401);
    expect(await send(clerk.webhook(event, { at: Date.now() - 3_600_000 }))).toBe(401);
    const changed = { ...clerk.webhook(event), body: JSON.stringify({ ...event, extra: 1 }) };
    expect(await send(changed)).toBe(401);
  });
});

test('there are no local accounts with Clerk', async () => {
  const namesOf = (deps: Partial<Deps>): string[] =>
    allRoutes(deps as Deps).map(({ method, path, policy }) => `${policy} ${method} ${path}`);
  const local = namesOf({});
  // The access matrix checks the other routes.
  expect(namesOf({ clerk: {} as Clerk }).filter((name) => !local.includes(name))).toEqual([
    'user post /api/setup',
    'public post /api/clerk/webhook',
  ]);
  const { body } = await call('GET', '/api/config', undefined);
  expect((body as PublicConfig).signIn).toMatchObject({
    kind: 'clerk',
    publishableKey: clerk.env.CLERK_PUBLISHABLE_KEY,
  });
  for (const where of ['sign-in/email', 'sign-in/link', 'reset-password', 'change-password']) {
    expect((await call('POST', `/api/auth/${where}`, undefined, {})).status).toBe(404);
  }
});

test('the command line creates accounts for Clerk, and no links', async () => {
  const place = await newPlace('pglite');
  onTestFinished(() => place.remove());
  const created = await callCli(place, ['users', 'create', 'ops@example.org'], clerk.env);
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/ops@.*Clerk signs/s) });
  const link = await callCli(place, ['users', 'sign-in', 'ops@example.org'], clerk.env);
  expect(link).toMatchObject({ code: 1, stderr: expect.stringMatching(/Clerk signs/) });
});

test('a page may load Clerk’s script, and a separately hosted dashboard may call with a token', async () => {
  const dashboardDir = await mkdtemp(path.join(tmpdir(), 'xray-clerk-'));
  await writeFile(path.join(dashboardDir, 'index.html'), '<title>home</title>');
  const place = await newPlace('pglite');
  const config = configFor(place, {
    ...clerk.env,
    XRAY_DASHBOARD_ORIGIN: 'https://dashboard.example',
  });
  const withDashboard = await startServer({ ...config, dashboardDir });
  onTestFinished(async () => {
    await withDashboard.stop();
    await place.remove();
    await rm(dashboardDir, { recursive: true });
  });
  const page = await fetch(withDashboard.url);
  expect(page.headers.get('content-security-policy')).toMatch(
    /script-src [^;]*https:\/\/clerk\.example\.dev/,
  );
  clerk.knows('user_1', 'one@example.org');
  const from = async (origin: string, method = 'GET'): Promise<Headers> => {
    const authorization = `Bearer ${clerk.token({ azp: 'https://dashboard.example' })}`;
    const response = await fetch(`${withDashboard.url}/api/me`, {
      method,
      headers: { origin, authorization },
    });
    return response.headers;
  };
  const allowed = await from('https://dashboard.example');
  expect(allowed.get('access-control-allow-origin')).toBe('https://dashboard.example');
  expect(allowed.get('access-control-allow-credentials')).toBeNull();
  const preflight = await from('https://dashboard.example', 'OPTIONS');
  expect(preflight.get('access-control-allow-headers')).toContain('authorization');
  expect(preflight.get('access-control-allow-headers')).toContain('last-event-id');
  expect((await from('https://evil.example')).get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['CLERK_SECRET_KEY', { CLERK_PUBLISHABLE_KEY: 'pk_test_Y2xlcmsuZXhhbXBsZS5kZXYk' }],
  ['CLERK_PUBLISHABLE_KEY', { CLERK_SECRET_KEY: 's', CLERK_PUBLISHABLE_KEY: 'pk_test_!' }],
  ['XRAY_DASHBOARD_ORIGIN', { XRAY_DASHBOARD_ORIGIN: 'https://dashboard.example' }],
])('a setting that misses %s stops the start with a message that names it', async (name, env) => {
  const place = await newPlace('pglite');
  onTestFinished(() => place.remove());
  const { code, stderr } = await callCli(place, ['start'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(name);
});
