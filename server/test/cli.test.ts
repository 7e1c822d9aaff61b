import { createHash } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  ApiKeyList,
  AuditPage,
  CreatedKey,
  CreatedLink,
  ExecutionPage,
  UserList,
} from '@xray/core';
import { startServer } from '#server/main.js';
import {
  APP,
  DRIVERS,
  configFor,
  newPlace,
  type DriverName,
  type Place,
} from './support/databases.js';
import { post } from './support/http.js';
import { ADMINISTRATOR, Visitor, WITH_ADMINISTRATOR, tokenOf } from './support/people.js';
import { callCli, runCli, startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

async function freshPlace(driver: DriverName): Promise<Place> {
  const place = await newPlace(driver);
  onTestFinished(() => place.remove());
  return place;
}

async function jsonOf<T>(place: Place, args: string[]): Promise<T> {
  const { code, stdout, stderr } = await callCli(place, [...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

describe.each(DRIVERS)('the command line on %s', (driver) => {
  test('prints app, key and a working command at the first start, and the key never again', async () => {
    const place = await freshPlace(driver);
    const first = await startProcess(place);
    const [key = ''] = /xr_\w+/.exec(first.greeting) ?? [];
    expect(key).toMatch(/^xr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect(first.greeting).toContain(APP);
    expect((await post(first.url, snapshot(), { 'x-api-key': key })).status).toBe(202);
    // The scope of this key is only ingest.
    const read = await fetch(`${first.url}/api/apps`, { headers: { 'x-api-key': key } });
    expect(read.status).toBe(403);
    await first.end('SIGTERM');
    const second = await startProcess(place);
    expect(second.greeting).not.toContain('xr_');
    const made = await jsonOf<CreatedKey>(place, [
      'keys',
      'create',
      '--app',
      APP,
      '--scope',
      'read',
    ]);
    const headers = { 'x-api-key': made.key };
    const page = await fetch(`${second.url}/api/apps/${APP}/executions`, { headers });
    expect(((await page.json()) as ExecutionPage).items).toHaveLength(1);
    await second.end('SIGTERM');
  });

  test('creates, lists and revokes keys while no server runs', async () => {
    const place = await freshPlace(driver);
    const made = await jsonOf<CreatedKey>(place, [
      'keys',
      'create',
      '--app',
      'shop',
      '--scope',
      'ingest',
      'read',
    ]);
    expect(made.apiKey).toMatchObject({
      appId: 'shop',
      scopes: ['ingest', 'read'],
      revokedAt: null,
    });
    await jsonOf(place, ['keys', 'revoke', made.apiKey.id, '--app', 'shop']);
    const { items } = await jsonOf<ApiKeyList>(place, ['keys', 'list', '--app', 'shop']);
    expect(items).toHaveLength(1);
    expect(items[0]?.revokedAt).not.toBeNull();
    expect(JSON.stringify(items)).not.toContain(made.key.slice(-20));
  });

  test('creates and revokes keys of a running server, effective at once or within seconds', async () => {
    const place = await freshPlace(driver);
    const server = await startServer(configFor(place));
    const made = await jsonOf<CreatedKey>(place, ['keys', 'create', '--app', APP]);
    const send = async (): Promise<number> =>
      (await post(server.url, snapshot(), { 'x-api-key': made.key })).status;
    expect(await send()).toBe(202);
    await jsonOf(place, ['keys', 'revoke', made.apiKey.id, '--app', APP]);
    await expect.poll(send, { timeout: 10_000 }).toBe(401);
    await server.stop();
  });

  test('migrate says what it did', async () => {
    const place = await freshPlace(driver);
    await callCli(place, ['migrate']);
    expect(await jsonOf(place, ['migrate'])).toEqual({ migrated: [] });
  });
});

describe('the data directory', () => {
  test('refuses a second server with a clear message, and the first keeps running', async () => {
    const place = await freshPlace('pglite');
    const server = await startProcess(place);
    await expect(startProcess(place)).rejects.toThrow(
      /in use by another running X-Ray.*XRAY_DATA_DIR/,
    );
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    await server.end('SIGTERM');
  });

  test('can be used again after a kill, and only its owner can open its socket', async () => {
    const place = await freshPlace('pglite');
    const first = await startProcess(place);
    await first.end('SIGKILL');
    const second = await startProcess(place);
    const socket = await stat(path.join(place.env.XRAY_DATA_DIR ?? '', 'xray.sock'));
    expect(socket.mode & 0o777).toBe(0o600);
    await second.end('SIGTERM');
  });

  test('is used by exactly one of several servers that start at the same time', async () => {
    const place = await freshPlace('pglite');
    const started = await Promise.allSettled([1, 2, 3].map(() => startProcess(place)));
    const running = started.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    expect(running).toHaveLength(1);
    await Promise.all(running.map((server) => server.end('SIGTERM')));
  });

  const long = (place: Place): Place => ({
    ...place,
    env: { XRAY_DATA_DIR: path.join(place.env.XRAY_DATA_DIR ?? '', 'd'.repeat(120)) },
  });

  test('contains its socket, even with a long path or another TMPDIR', async () => {
    const place = long(await freshPlace('pglite'));
    const server = await startServer(configFor(place));
    expect(await readdir(place.env.XRAY_DATA_DIR ?? '')).toContain('xray.sock');
    const elsewhere = await callCli(place, ['keys', 'list', '--app', APP, '--json'], {
      TMPDIR: '/var/tmp',
    });
    expect(JSON.parse(elsewhere.stdout)).toMatchObject({ items: [{}] });
    await server.stop();
    expect(await readdir(place.env.XRAY_DATA_DIR ?? '')).not.toContain('xray.sock');
  });

  // Only root can make a file look like another user's.
  describe.skipIf(process.getuid?.() !== 0)('with a socket of another user', () => {
    test.each([
      ['beside it', 'd'],
      ['in the shared temporary directory', 'd'.repeat(120)],
    ])('%s sends no request to it', async (_name, name) => {
      const { env } = await freshPlace('pglite');
      const dataDir = path.join(env.XRAY_DATA_DIR ?? '', name);
      await mkdir(dataDir);
      const known = createHash('sha256').update(dataDir).digest('hex').slice(0, 24);
      const requests: string[] = [];
      const sockets = [path.join(dataDir, 'xray.sock'), path.join(tmpdir(), `xray-${known}.sock`)];
      for (const socketPath of sockets) {
        const folder = await mkdtemp(path.join(tmpdir(), 'xray-test-'));
        const made = path.join(folder, 's');
        const foreign = createServer((req, res) => {
          requests.push(req.url ?? '');
          res.end('{"link":"https://evil.example/x","expiresAt":"","email":"","name":""}');
        });
        await new Promise<void>((resolve) => foreign.listen(made, resolve));
        await chown(made, 65_534, 65_534);
        await rename(made, socketPath);
        onTestFinished(async () => {
          foreign.close();
          await rm(socketPath, { force: true });
          await rm(folder, { recursive: true, force: true });
        });
      }
      const place = { env: { XRAY_DATA_DIR: dataDir }, remove: async () => {} };
      const refusal = /xray\.sock belongs to another user \(uid 65534\)/;
      for (const args of [['users', 'create', 'boss@example.com', '--administrator'], ['start']]) {
        const { code, stdout, stderr } = await callCli(place, args);
        expect(stderr).toMatch(refusal);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      }
      expect(requests).toEqual([]);
    });
  });

  test('works if its path is too long for a socket', async () => {
    const deep = long(await freshPlace('pglite'));
    const server = await startServer(configFor(deep));
    expect(await jsonOf<ApiKeyList>(deep, ['keys', 'list', '--app', APP])).toMatchObject({
      items: [{}],
    });
    await server.stop();
  });
});

describe('settings', () => {
  test.each([
    ['PORT', { PORT: 'http' }, /PORT/],
    [
      'XRAY_AUTH_SECRET',
      { DATABASE_URL: 'postgres://x', XRAY_AUTH_SECRET: '' },
      /XRAY_AUTH_SECRET.*openssl/,
    ],
    ['XRAY_PUBLIC_URL', { XRAY_PUBLIC_URL: 'x-ray.example' }, /XRAY_PUBLIC_URL.*https/],
    ['XRAY_TRUSTED_PROXIES', { XRAY_TRUSTED_PROXIES: '10.0.0.0/99' }, /XRAY_TRUSTED_PROXIES/],
    ['XRAY_INIT_USER_EMAIL', { XRAY_INIT_USER_EMAIL: 'a@example.org' }, /XRAY_INIT_USER_PASSWORD/],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://x' }, /DATABASE_URL.*postgres/],
    [
      'DATABASE_CA_CERT',
      {
        DATABASE_URL: 'postgres://x',
        DATABASE_CA_CERT: '/no/such/file',
        XRAY_AUTH_SECRET: 'x'.repeat(32),
      },
      /DATABASE_CA_CERT/,
    ],
    ['XRAY_INIT_API_KEY', { XRAY_INIT_API_KEY: 'xr_short' }, /XRAY_INIT_API_KEY.*32/],
    [
      'SUPABASE_URL',
      { SUPABASE_URL: 'https://x.supabase.co' },
      /DATABASE_URL.*Connect.*SUPABASE_ANON_KEY/,
    ],
    ...[
      'https://ex.com/xray',
      'https://ex.com//',
      'https://ex.com/?a=1',
      'https://ex.com?',
      'https://ex.com#x',
      'https://me@ex.com',
      'https://me:pw@ex.com/',
      'https://ex.com\\xray',
    ].flatMap((url): [string, Record<string, string>, RegExp][] => [
      [
        'XRAY_PUBLIC_URL',
        { XRAY_PUBLIC_URL: url },
        /XRAY_PUBLIC_URL.*https:\/\/ex\.com; .* would be ignored/,
      ],
      [
        'XRAY_DASHBOARD_ORIGIN',
        { XRAY_DASHBOARD_ORIGIN: url },
        /XRAY_DASHBOARD_ORIGIN.*would be ignored/,
      ],
    ]),
    ['CLERK_API_URL', { CLERK_API_URL: 'https://clerk.example/v1?x=1' }, /CLERK_API_URL.*query/],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://u:p#w@host/db' }, /DATABASE_URL.*%23/],
    [
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://host/db?schema=mine' },
      /DATABASE_URL.*schema xray/,
    ],
    [
      'DATABASE_URL',
      { DATABASE_URL: 'postgres://host/db?sslmod=require' },
      /DATABASE_URL.*sslmod.*ignored/,
    ],
    ['PORT', { PORT: ' ' }, /PORT.*whole number/],
    ['PORT', { PORT: '0x50' }, /PORT.*whole number/],
    ['XRAY_RATE_LIMIT', { XRAY_RATE_LIMIT: '1e3' }, /XRAY_RATE_LIMIT.*whole number/],
    [
      'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY',
      {
        CLERK_SECRET_KEY: 'sk_test_x',
        CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('a.clerk.example$')}`,
        NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: `pk_test_${btoa('b.clerk.example$')}`,
      },
      /differ/,
    ],
  ])('a wrong %s stops the start with a message that names it', async (_name, env, message) => {
    const place = await freshPlace('pglite');
    const { code, stderr } = await callCli(place, ['start'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/p#w|me:pw/);
    expect(stderr).not.toContain('    at ');
  });

  test('creates, lists and removes people, and keeps one administrator', async () => {
    const place = await freshPlace('pglite');
    for (const email of ['ada@example.org', 'bert@example.org']) {
      await jsonOf(place, ['users', 'create', email]);
    }
    await jsonOf(place, ['users', 'make-administrator', 'Ada@Example.org']);
    const only = await callCli(place, ['users', 'unmake-administrator', 'ada@example.org']);
    expect(only).toMatchObject({ code: 1, stderr: expect.stringMatching(/only administrator/) });
    const unsaid = await callCli(place, ['users', 'remove', 'bert@example.org']);
    expect(unsaid).toMatchObject({ code: 1, stderr: expect.stringMatching(/--yes/) });
    await jsonOf(place, ['users', 'remove', 'bert@example.org', '--yes']);
    const { items } = await jsonOf<UserList>(place, ['users', 'list']);
    expect(items).toMatchObject([{ email: 'ada@example.org', isAdministrator: true }]);
    const none = await callCli(place, ['users', 'remove', 'bert@example.org', '--yes']);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/no account/) });
  });

  test('resets a password while a server runs, and the audit log records it', async () => {
    const place = await freshPlace('pglite');
    const server = await startServer(configFor(place, WITH_ADMINISTRATOR));
    const reset = ['users', 'reset-password', ADMINISTRATOR];
    const { link } = await jsonOf<CreatedLink>(place, reset);
    const password = 'something else altogether';
    const visitor = new Visitor(server.url);
    await visitor.ask('POST', '/api/auth/reset-password', { token: tokenOf(link), password });
    await new Visitor(server.url).signIn(ADMINISTRATOR, password);
    await expect(new Visitor(server.url).signIn(ADMINISTRATOR)).rejects.toThrow('unauthorized');
    const { items } = await jsonOf<AuditPage>(place, ['audit', '--limit', '3']);
    expect(items.map(({ action }) => action)).toEqual([
      'user.sign-in',
      'user.reset-password',
      'user.link',
    ]);
    await server.stop();
  });

  test('a port in use is reported in one line', async () => {
    const server = await startServer(configFor(await freshPlace('pglite')));
    const { code, stderr } = await callCli(await freshPlace('pglite'), ['start'], {
      PORT: new URL(server.url).port,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/EADDRINUSE.*PORT/);
    await server.stop();
  });

  test('prints its version', async () => {
    const { stdout } = await runCli(await freshPlace('pglite'), ['--version']);
    const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
    expect(stdout.trim()).toBe((JSON.parse(manifest) as { version: string }).version);
  });

  test('help names every command', async () => {
    const { stdout } = await callCli(await freshPlace('pglite'), ['--help']);
    const keeping = ['retention', 'prune', 'export', 'import', 'backup', 'restore'];
    for (const command of ['start', 'migrate', 'keys', 'users', 'audit', ...keeping])
      expect(stdout).toContain(command);
  });
});
