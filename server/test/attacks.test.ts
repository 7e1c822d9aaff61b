import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AuditPage, Me } from '@xray/core';
import { API_KEY, APP, administer, freshServer, newPlace } from './support/databases.js';
import { post, postOk, statusWith } from './support/http.js';
import { startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';
import { PASSWORD, Visitor, WITH_ADMINISTRATOR, administratorOf } from './support/people.js';

describe('a hostile client', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  let vera: Visitor;
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    vera = await ada.bring(APP, 'viewer', 'vera@example.org');
    await ada.ask('POST', '/api/apps', { id: 'rival' });
    await post(server.url, [snapshot({ executionId: 'e1' }), snapshot({ executionId: 'e2' })]);
  });
  afterAll(() => server.close());

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['an invalid origin', { origin: 'evil' }],
    ['a request that says it crosses sites', { 'sec-fetch-site': 'cross-site' }],
    ['a request that says it comes from a sibling', { 'sec-fetch-site': 'same-site' }],
    ['a cookie without a word where it is from', {}],
  ])('cannot act for a person who looks at %s', async (_name, headers) => {
    const response = await fetch(`${server.url}/api/apps`, {
      method: 'POST',
      headers: { cookie: ada.cookie, 'content-type': 'application/json', ...(headers as object) },
      body: JSON.stringify({ id: 'made-by-csrf' }),
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(JSON.stringify(await ada.ask('GET', '/api/apps'))).not.toContain('made-by-csrf');
  });

  test('cannot send what a form could send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await ada.send('POST', '/api/apps', '{"id":"form"}', { 'content-type': type });
      expect(answer.status).toBe(415);
    }
  });

  test('cannot give itself permissions', async () => {
    const before = await vera.ask<NonNullable<Me>>('GET', '/api/me');
    await vera.ask('PATCH', '/api/me', {
      name: 'Vera',
      id: 'other',
      email: 'ada@example.org',
      isAdministrator: true,
      is_administrator: true,
      role: 'owner',
    });
    expect(await vera.ask('GET', '/api/me')).toEqual({ ...before, name: 'Vera' });
    const token = await ada.invite(APP, 'viewer');
    const mallory = new Visitor(server.url);
    await mallory.ask('POST', '/api/invitations/accept', {
      token,
      role: 'owner',
      app: 'rival',
      account: {
        email: 'mallory@example.org',
        name: 'Mallory',
        password: PASSWORD,
        isAdministrator: true,
      },
    });
    expect(await mallory.ask('GET', '/api/me')).toMatchObject({ isAdministrator: false });
    expect(await mallory.ask('GET', '/api/apps')).toMatchObject({
      items: [{ id: APP, role: 'viewer' }],
    });
    const key = await ada.ask('POST', '/api/apps/rival/keys', {
      app: APP,
      hash: 'x',
      id: 'chosen',
    });
    expect(key).toMatchObject({ apiKey: { appId: 'rival' } });
    expect(JSON.stringify(key)).not.toContain('chosen');
  });

  test('cannot sign itself up, by any route of the library', async () => {
    for (const path of [
      '/api/auth/sign-up/email',
      '/api/auth/update-user',
      '/api/auth/delete-user',
      '/api/auth/start-session',
      '/api/auth/request-password-reset',
      '/api/auth/sign-in/social',
      '/api/auth/list-sessions',
    ]) {
      const body = { email: 'x@example.org', password: PASSWORD, name: 'x', userId: 'x' };
      expect((await vera.send('POST', path, body)).status).toBe(404);
    }
  });

  test('cannot reach another app with an id of that app', async () => {
    const rival = await ada.newKey('rival');
    const olga = await ada.bring(APP, 'owner', 'olga@example.org');
    const rita = await ada.bring('rival', 'viewer', 'rita@example.org');
    const { id: ritasId } = await rita.ask<NonNullable<Me>>('GET', '/api/me');
    const tries: [string, string, object?][] = [
      ['DELETE', `/api/apps/${APP}/keys/${rival.apiKey.id}`],
      ['POST', `/api/apps/${APP}/keys/${rival.apiKey.id}/rotate`, {}],
      ['PUT', `/api/apps/${APP}/members/${ritasId}`, { role: 'viewer' }],
      ['DELETE', `/api/apps/${APP}/members/${ritasId}`],
      ['GET', '/api/apps/rival/executions'],
      ['GET', `/api/apps/rival%2F..%2F${APP}/executions`],
      ['GET', '/api/apps/rival/executions/e1'],
    ];
    for (const [method, path, body] of tries) {
      const { status } = await olga.send(method, path, body);
      expect({ method, path, status }).toEqual({ method, path, status: 404 });
    }
    expect(await rita.ask('GET', '/api/apps')).toMatchObject({ items: [{ id: 'rival' }] });
  });

  test('cannot send objects in place of texts, nor reach a prototype', async () => {
    const answer = await vera.send('POST', '/api/auth/sign-in/email', {
      email: { $gt: '' },
      password: { $gt: '' },
    });
    expect(answer.status).toBe(400);
    const polluting = `{"name":"V","__proto__":{"isAdministrator":true,"polluted":1},"constructor":{"prototype":{"polluted":1}}}`;
    await vera.send('PATCH', '/api/me', polluting);
    await post(
      server.url,
      `{"executionId":"proto","appId":"${APP}","pipeline":"p","__proto__":{"polluted":1},"metadata":{"__proto__":"x"},"steps":[]}`,
    );
    await vera.send('GET', `/api/apps/${APP}/executions?__proto__[polluted]=1`);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await vera.ask('GET', '/api/me')).toMatchObject({ isAdministrator: false });
  });

  test('cannot pass for a program on this machine, through a proxy or another host name', async () => {
    const url = `${server.url}/metrics`;
    expect(await statusWith(url, {})).toBe(200);
    expect(await statusWith(url, { host: 'evil.example' })).toBe(401);
    expect(await statusWith(url, { 'x-forwarded-for': '127.0.0.1' })).toBe(401);
    expect(await statusWith(url, { forwarded: 'for=127.0.0.1' })).toBe(401);
    for (const header of ['via', 'cf-connecting-ip', 'true-client-ip', 'x-client-ip', 'cdn-loop']) {
      expect({ header, status: await statusWith(url, { [header]: '1.1 proxy' }) }).toEqual({
        header,
        status: 401,
      });
    }
  });

  test('cannot choose its own address', async () => {
    await vera.send(
      'POST',
      '/api/auth/sign-in/email',
      { email: 'vera@example.org', password: PASSWORD },
      { 'x-forwarded-for': '203.0.113.7', 'x-xray-client-ip': '203.0.113.7' },
    );
    const { items } = await ada.ask<AuditPage>('GET', '/api/audit?limit=1');
    expect(items[0]).toMatchObject({ action: 'user.sign-in', ip: '127.0.0.1' });
  });

  test.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    [
      'a length and chunks',
      'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
    ],
    ['an invalid length', 'Content-Length: 5x\r\n\r\nhello'],
    ['an unknown transfer coding', 'Transfer-Encoding: xchunked\r\n\r\nhello'],
  ])('cannot smuggle a second request in a request with %s', async (_name, rest) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /executions HTTP/1.1\r\nHost: ${hostname}\r\nx-api-key: ${API_KEY}\r\n${rest}`,
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

test('behind a proxy that adds no header, the metrics need a token', async () => {
  const token = 'canary-metrics-token-of-32-characters';
  const server = await freshServer('pglite', {
    XRAY_PUBLIC_URL: 'https://xray.example.com',
    XRAY_METRICS_TOKEN: token,
  });
  onTestFinished(() => server.close());
  const status = (headers: Record<string, string>) =>
    statusWith(`${server.url}/metrics`, { host: '127.0.0.1:4000', ...headers });
  expect(await status({})).toBe(401);
  expect(await status({ authorization: `Bearer ${token}x` })).toBe(401);
  expect(await status({ authorization: `Bearer ${token}` })).toBe(200);
  expect(await statusWith(`${server.url}/api/users`, { authorization: `Bearer ${token}` })).toBe(
    401,
  );
});

test('a trusted proxy names the client and the protocol', async () => {
  const server = await freshServer('pglite', {
    ...WITH_ADMINISTRATOR,
    XRAY_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8',
  });
  const visitor = new Visitor(server.url);
  const answer = await visitor.send(
    'POST',
    '/api/auth/sign-in/email',
    { email: 'ada@example.org', password: PASSWORD },
    { 'x-forwarded-for': '203.0.113.7, 10.1.2.3', 'x-forwarded-proto': 'https' },
  );
  expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure/);
  const { items } = await visitor.ask<AuditPage>('GET', '/api/audit');
  expect(items[0]?.ip).toBe('203.0.113.7');
  await server.close();
});

test('the audit log cannot be changed, emptied or shortened', async () => {
  const server = await freshServer('postgres', WITH_ADMINISTRATOR);
  onTestFinished(() => server.close());
  await administratorOf(server);
  const database = new URL(server.place.env.DATABASE_URL ?? '').pathname.slice(1);
  for (const statement of [
    `UPDATE xray.audit_log SET action = 'nothing'`,
    'DELETE FROM xray.audit_log',
    'TRUNCATE xray.audit_log',
  ]) {
    await expect(administer(statement, database)).rejects.toThrow(/append-only/);
  }
});

test('the log contains no secret and no payload, also after errors', async () => {
  const place = await newPlace('pglite');
  const server = await startProcess(place, {
    ...WITH_ADMINISTRATOR,
    XRAY_INIT_API_KEY: API_KEY,
    XRAY_LOG_LEVEL: 'trace',
  });
  const ada = await administratorOf(server);
  const { key } = await ada.newKey(APP);
  const token = await ada.invite(APP, 'viewer');
  const canaries = {
    payload: 'canary-payload',
    subject: 'canary-subject',
    filter: 'canary-filter',
  };
  await post(server.url, snapshot({ executionId: canaries.subject, input: canaries.payload }));
  await post(server.url, `{"broken": "${canaries.payload}`);
  await post(server.url, snapshot(), { 'x-api-key': `${key}x` });
  await ada.send('GET', `/api/apps/${APP}/executions?pipeline=${canaries.filter}`);
  await ada.send('GET', `/api/apps/${APP}/executions/${canaries.subject}`);
  await ada.send('GET', `/api/apps?key=${key}`);
  await ada.send('POST', '/api/auth/sign-in/email', {
    email: 'x@example.org',
    password: 'canary-password',
  });
  await ada.send('POST', '/api/setup', { token: 'canary-token' });
  await server.end('SIGTERM');
  const log = await server.log;
  expect(log).toContain('"msg":"request"');
  for (const secret of [...Object.values(canaries), key, API_KEY, token, PASSWORD, ada.cookie]) {
    expect(log).not.toContain(secret);
  }
  expect(log).not.toMatch(/canary-|xr_/);
  await place.remove();
});

test('the log does not contain a row or a value that the database quotes in an error', async () => {
  const place = await newPlace('postgres');
  onTestFinished(() => place.remove());
  const server = await startProcess(place, { ...WITH_ADMINISTRATOR, XRAY_LOG_LEVEL: 'trace' });
  const ada = await administratorOf(server);
  const database = new URL(place.env.DATABASE_URL ?? '').pathname.slice(1);
  const refuse = `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'no good: %', NEW.id USING ERRCODE = '22023', DETAIL = NEW.name;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON xray.apps FOR EACH ROW EXECUTE FUNCTION public.refuse();
    ALTER TABLE xray.invitations ADD CONSTRAINT broken CHECK (email IS NULL);`;
  await administer(refuse, database);
  const app = await ada.send('POST', '/api/apps', { id: 'canary-id', name: 'canary-name' });
  const invitation = await ada.send('POST', `/api/apps/${APP}/invitations`, {
    role: 'viewer',
    email: 'canary-person@example.org',
  });
  expect([app.status, invitation.status]).toEqual([500, 500]);
  await server.end('SIGTERM');
  const log = await server.log;
  expect(log).toContain('22023');
  expect(log).toContain('broken');
  expect(log).toMatch(/ {4}at /);
  expect(log).not.toContain('canary');
});

/** Stores more than the network buffers, so an export does not finish until it is read. */
async function storeMuch(url: string): Promise<void> {
  const input = { text: `canary-${'x'.repeat(100_000)}` };
  for (let stored = 0; stored < 300; stored += 50) {
    await postOk(
      url,
      Array.from({ length: 50 }, () => snapshot({ input })),
    );
  }
}

/** Reads the beginning of an export. The returned function reads the rest. */
async function beginExport(url: string, key: string): Promise<() => Promise<void>> {
  const headers = { 'x-api-key': key, 'accept-encoding': 'identity' };
  const response = await fetch(`${url}/api/apps/${APP}/export`, { headers });
  const reader = response.body?.getReader();
  await reader?.read();
  return async () => {
    while ((await reader?.read())?.done === false);
  };
}

test('an export stops when its key is revoked', async () => {
  const server = await freshServer('postgres', WITH_ADMINISTRATOR);
  onTestFinished(() => server.close());
  const ada = await administratorOf(server);
  const { key, apiKey } = await ada.newKey(APP, { scopes: ['read'] });
  await storeMuch(server.url);
  await (
    await beginExport(server.url, key)
  )();
  const toItsEnd = await beginExport(server.url, key);
  await ada.ask('DELETE', `/api/apps/${APP}/keys/${apiKey.id}`);
  await expect(toItsEnd()).rejects.toThrow('terminated');
});

test('an export that the database breaks off is logged, without its content', async () => {
  const place = await newPlace('postgres');
  onTestFinished(() => place.remove());
  const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
  await storeMuch(server.url);
  const toItsEnd = await beginExport(server.url, API_KEY);
  const database = new URL(place.env.DATABASE_URL ?? '').pathname.slice(1);
  await administer('ALTER TABLE xray.bodies RENAME COLUMN body TO gone', database);
  await expect(toItsEnd()).rejects.toThrow('terminated');
  await server.end('SIGTERM');
  const lines = (await server.log).trimEnd().split('\n');
  const errors = lines
    .map((line) => JSON.parse(line) as { level: number; err?: { code: string } })
    // 50 is pino's level of errors. The index job warns (40) when it meets the missing column.
    .filter(({ level }) => level >= 50);
  // Undefined column: https://www.postgresql.org/docs/current/errcodes-appendix.html
  expect(errors.filter(({ err }) => err?.code === '42703')).toHaveLength(1);
});
