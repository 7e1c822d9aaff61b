import express from 'express';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuditPage } from '@xray/core';
import { allRoutes, createApp } from '#server/app.js';
import type { Policy } from '#server/auth/policy.js';
import type { Clerk } from '#server/auth/clerk.js';
import { OTLP_PATHS } from '#server/routes/otlp.js';
import type { Deps, Route } from '#server/routes/route.js';
import { startFakeClerk, type FakeClerk } from './support/clerk.js';
import { freshServer } from './support/databases.js';
import { snapshot } from './support/snapshots.js';
import {
  Visitor,
  WITH_ADMINISTRATOR,
  administratorOf,
  linkFor,
  overConsole,
  type Answer,
} from './support/people.js';

const CREDENTIALS = [
  'nobody',
  'key of another app',
  'read-only key',
  'ingest-only key',
  'replay-only key',
  'expired key',
  'revoked key',
  'viewer',
  'editor',
  'owner',
  'owner of another app',
  'administrator',
  'console',
] as const;
/** A person who signed in with Clerk and has no role. This caller needs a server of its own. */
type Credential = (typeof CREDENTIALS)[number] | 'stranger of Clerk';

const DEAD = { 'expired key': 401, 'revoked key': 401 } as const;
const ALIVE = CREDENTIALS.filter((credential) => !(credential in DEAD));

/**
 * The status with which the guard refuses a caller. Callers that are not named reach the handler.
 */
type Refusals = Partial<Record<Credential, number>>;

const NOT_KEYS: Refusals = {
  ...DEAD,
  nobody: 401,
  'key of another app': 403,
  'read-only key': 403,
  'ingest-only key': 403,
  'replay-only key': 403,
};
const OPEN: Refusals = {};
const ANYONE: Refusals = DEAD;
const INGEST: Refusals = {
  ...DEAD,
  'stranger of Clerk': 401,
  ...Object.fromEntries(ALIVE.map((credential) => [credential, 401])),
  'read-only key': 403,
  'replay-only key': 403,
};
delete INGEST['ingest-only key'];
delete INGEST['key of another app'];
const READ_SOMETHING: Refusals = {
  ...DEAD,
  nobody: 401,
  'ingest-only key': 403,
  'replay-only key': 403,
};
const READ: Refusals = {
  ...READ_SOMETHING,
  'key of another app': 404,
  'owner of another app': 404,
  'stranger of Clerk': 404,
};
const PULL: Refusals = { ...READ };
delete PULL['replay-only key'];
const REPLAY: Refusals = {
  ...INGEST,
  'key of another app': 403,
  'read-only key': 403,
  'ingest-only key': 403,
};
delete REPLAY['replay-only key'];
const EDIT: Refusals = {
  ...NOT_KEYS,
  'owner of another app': 404,
  'stranger of Clerk': 404,
  viewer: 403,
};
const OWN: Refusals = { ...EDIT, editor: 403 };
/** A viewer may do this, but neither a key nor the command line, because it belongs to a person. */
const READ_AS_PERSON: Refusals = { ...READ, 'read-only key': 403, console: 403 };
const SIGNED_IN: Refusals = { ...NOT_KEYS, console: 403 };
const ADMINISTER: Refusals = {
  ...NOT_KEYS,
  viewer: 403,
  editor: 403,
  owner: 403,
  'owner of another app': 403,
  'stranger of Clerk': 403,
};
/** These tests run on the server's own machine. So a caller who is not signed in may operate. */
const OPERATE: Refusals = { ...ADMINISTER };
delete OPERATE.nobody;
const CONSOLE: Refusals = { ...ADMINISTER, administrator: 403 };

/**
 * Every new route needs an entry here. The sign-out is last, because it ends the sessions of this
 * test.
 */
const EXPECTED: Record<string, Refusals> = {
  'POST /executions': INGEST,
  'POST /v1/traces': INGEST,
  'POST /v1/logs': INGEST,
  'POST /v1/metrics': INGEST,
  'POST /v1/opa/logs': INGEST,
  'POST /api/public/otel/v1/traces': INGEST,
  'GET /api/apps/:app/otlp': READ,
  'PUT /api/apps/:app/otlp': OWN,
  'POST /api/apps/:app/otlp/preview': OWN,
  'GET /api/apps/:app/executions': READ,
  'GET /api/apps/:app/executions/:id': READ,
  'DELETE /api/apps/:app/executions/:id': OWN,
  'GET /api/apps/:app/executions/:id/steps/:sequence': READ,
  'GET /api/apps/:app/executions/:id/explain': READ,
  'GET /api/apps/:app/executions/:id/evidence': READ,
  'GET /api/apps/:app/executions/:id/letter': READ,
  'GET /api/apps/:app/dictionary': READ,
  'PUT /api/apps/:app/dictionary': EDIT,
  'GET /api/apps/:app/compare': READ,
  'GET /api/apps/:app/candidates/:id': READ,
  'GET /api/apps/:app/subjects/:type/:id': READ,
  'GET /api/apps/:app/subjects/:type/:id/case': READ,
  'GET /api/apps/:app/suggest': READ,
  'GET /api/apps/:app/lookup/:id': READ,
  'GET /api/apps/:app/facets': READ,
  'GET /api/apps/:app/releases': READ,
  'GET /api/apps/:app/histogram': READ,
  'GET /api/apps/:app/pipelines': READ,
  'GET /api/apps/:app/pipelines/:pipeline': READ,
  'GET /api/apps/:app/pipelines/:pipeline/funnel': READ,
  'GET /api/apps/:app/pipelines/:pipeline/rules': READ,
  'GET /api/apps/:app/pipelines/:pipeline/outcomes': READ,
  'PUT /api/apps/:app/pipelines/:pipeline/outcomes': EDIT,
  'GET /api/apps/:app/outcomes': READ,
  'GET /api/apps/:app/cohorts': READ,
  'GET /api/apps/:app/executions/:id/proof': READ,
  'GET /api/apps/:app/proof': READ,
  'GET /api/apps/:app/proof/log/checkpoint': READ,
  'GET /api/apps/:app/proof/log/tile/*path': READ,
  'GET /api/apps/:app/simulate': READ,
  'GET /api/apps/:app/simulate/all': READ,
  'GET /api/apps/:app/fairness': READ,
  'POST /api/apps/:app/fairness': READ,
  'GET /api/apps/:app/live': READ,
  'GET /api/apps/:app/export': PULL,
  'POST /api/apps/:app/replays': REPLAY,
  'POST /api/apps/:app/replays/:run/results': REPLAY,
  'POST /api/apps/:app/replays/:run/finish': REPLAY,
  'GET /api/apps/:app/replays': READ,
  'GET /api/apps/:app/replays/:run': READ,
  'GET /api/apps/:app/replays/:run/results': READ,
  'GET /api/apps': READ_SOMETHING,
  'POST /api/apps': ADMINISTER,
  'PATCH /api/apps/:app': OWN,
  'GET /api/apps/:app/keys': EDIT,
  'POST /api/apps/:app/keys': EDIT,
  'POST /api/apps/:app/keys/:key/rotate': EDIT,
  'DELETE /api/apps/:app/keys/:key': EDIT,
  'GET /api/apps/:app/members': OWN,
  'PUT /api/apps/:app/members/:user': OWN,
  'DELETE /api/apps/:app/members/:user': OWN,
  'GET /api/apps/:app/invitations': OWN,
  'POST /api/apps/:app/invitations': OWN,
  'DELETE /api/apps/:app/invitations/:invitation': OWN,
  'GET /api/apps/:app/views': READ,
  'POST /api/apps/:app/views': READ_AS_PERSON,
  'PATCH /api/apps/:app/views/:view': READ_AS_PERSON,
  'DELETE /api/apps/:app/views/:view': READ_AS_PERSON,
  'GET /api/apps/:app/audit': OWN,
  'GET /api/apps/:app/retention': OWN,
  'PUT /api/apps/:app/retention': OWN,
  'POST /api/apps/:app/retention/preview': OWN,
  'GET /api/apps/:app/erasures': OWN,
  'POST /api/apps/:app/prune': OWN,
  'GET /api/apps/:app/transfer': ADMINISTER,
  'POST /api/apps/:app/transfer': ADMINISTER,
  'POST /api/apps/:app/import': ADMINISTER,
  'POST /api/invitations/preview': OPEN,
  'POST /api/invitations/accept': ANYONE,
  'GET /api/me': ANYONE,
  'PATCH /api/me': SIGNED_IN,
  'POST /api/setup': OPEN,
  'POST /api/auth/sign-in/email': OPEN,
  'POST /api/auth/sign-in/link': OPEN,
  'POST /api/auth/change-password': SIGNED_IN,
  'POST /api/auth/reset-password': OPEN,
  'POST /api/reindex': ADMINISTER,
  'GET /api/users': ADMINISTER,
  'PATCH /api/users/:user': ADMINISTER,
  'DELETE /api/users/:user': ADMINISTER,
  'POST /api/users': CONSOLE,
  'POST /api/users/links': CONSOLE,
  'GET /api/audit': ADMINISTER,
  'GET /api/backup': CONSOLE,
  'GET /health': OPEN,
  'GET /sdk/xray-sdk.tgz': OPEN,
  'GET /sdk/xray_sdk-0.1.0-py3-none-any.whl': OPEN,
  'GET /ready': OPEN,
  'GET /metrics': OPERATE,
  'GET /api/config': OPEN,
  'POST /api/auth/sign-out': ANYONE,
};

/** With Clerk, these routes admit other callers. */
const WITH_CLERK: Record<string, Refusals> = {
  'POST /api/setup': SIGNED_IN,
  // That server has a public address with another name, which means that there is a proxy.
  'GET /metrics': ADMINISTER,
  'POST /api/clerk/webhook': OPEN,
};

/** Only the table is needed. Building it does not use the parts of a server. */
const ROUTES = allRoutes({} as Deps);
const ROUTES_WITH_CLERK = allRoutes({ clerk: {} as Clerk } as Deps);

const PARAMETERS: Record<string, string> = { app: 'shop', id: 'none', sequence: '0' };

function concrete(path: string): string {
  const filled = path.replaceAll(/:(\w+)/g, (_whole, name: string) => PARAMETERS[name] ?? 'none');
  // Without this parameter the answer would not end.
  return path.endsWith('/live') ? `${filled}?after=nothing` : filled;
}

describe('access to each route', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let administrator: Visitor;
  let as: Record<
    (typeof CREDENTIALS)[number],
    (method: string, path: string, type?: string) => Promise<Pick<Answer, 'status' | 'body'>>
  >;

  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    const { url, place } = server;
    administrator = await administratorOf(server);
    for (const id of ['shop', 'rival']) await administrator.ask('POST', '/api/apps', { id });
    const [other, reads, sends, replays, expired, revoked] = [
      await administrator.newKey('rival', { scopes: ['ingest', 'read'] }),
      await administrator.newKey('shop', { scopes: ['read'] }),
      await administrator.newKey('shop', { scopes: ['ingest'] }),
      await administrator.newKey('shop', { scopes: ['replay'] }),
      await administrator.newKey('shop', { scopes: ['ingest', 'read'] }),
      await administrator.newKey('shop', { scopes: ['ingest', 'read'] }),
    ];
    const rotate = `/api/apps/shop/keys/${expired.apiKey.id}/rotate`;
    await administrator.ask('POST', rotate, { overlapHours: 0 });
    await administrator.ask('DELETE', `/api/apps/shop/keys/${revoked.apiKey.id}`);
    const withKey =
      (key: string) =>
      async (method: string, path: string, type = 'application/json') =>
        await new Visitor(url).send(method, path, bodyFor(method, type), {
          'x-api-key': key,
          ...(method !== 'GET' && { 'content-type': type }),
        });
    const withCookies =
      (visitor: Visitor) =>
      async (method: string, path: string, type = 'application/json') =>
        await visitor.send(
          method,
          path,
          bodyFor(method, type),
          method === 'GET' ? {} : { 'content-type': type },
        );
    as = {
      nobody: withCookies(new Visitor(url)),
      'key of another app': withKey(other.key),
      'read-only key': withKey(reads.key),
      'ingest-only key': withKey(sends.key),
      'replay-only key': withKey(replays.key),
      'expired key': withKey(expired.key),
      'revoked key': withKey(revoked.key),
      viewer: withCookies(await administrator.bring('shop', 'viewer', 'vera@example.org')),
      editor: withCookies(await administrator.bring('shop', 'editor', 'ed@example.org')),
      owner: withCookies(await administrator.bring('shop', 'owner', 'olga@example.org')),
      'owner of another app': withCookies(
        await administrator.bring('rival', 'owner', 'rita@example.org'),
      ),
      administrator: withCookies(administrator),
      console: async (method, path, type = 'application/json') =>
        await overConsole(
          place,
          method,
          path,
          bodyFor(method, type),
          method === 'GET' ? {} : { 'content-type': type },
        ),
    };
  });
  afterAll(() => server.close());

  function bodyFor(method: string, type: string): string | undefined {
    if (method === 'GET') return undefined;
    return type === 'application/json' ? '{}' : '\n';
  }

  test('every route of the table has an expectation, and no expectation is left over', () => {
    expect(ROUTES.map(nameOf).toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  test('the server has no route outside the table, except the API document and its page', () => {
    const served = servedPaths(() =>
      createApp({ trustedProxies: [], version: '1' } as unknown as Deps, 'network'),
    );
    const beside = served.filter((name) => EXPECTED[name] === undefined);
    // The last entry refuses every other method on the table's paths.
    expect(beside).toEqual([
      'GET /openapi.json',
      'GET /docs',
      `OPTIONS ${['/executions', ...OTLP_PATHS].join(',')}`,
      `ALL ${ROUTES.map(({ path }) => path).join()}`,
    ]);
    expect(served.length - beside.length).toBe(ROUTES.length - 1 - OTLP_PATHS.length);
  });

  test('every route that changes something or shows payloads names its audit action', () => {
    const silent = ROUTES.filter(({ method, audit }) => method !== 'get' && audit === undefined);
    expect(silent.map(({ path }) => path).toSorted()).toEqual([
      '/api/apps/:app/otlp/preview',
      '/api/apps/:app/retention/preview',
      '/api/auth/sign-out',
      '/api/invitations/preview',
      '/api/public/otel/v1/traces',
      '/executions',
      '/v1/logs',
      '/v1/metrics',
      '/v1/opa/logs',
      '/v1/traces',
    ]);
    const audited = ROUTES.filter(({ method, audit }) => method === 'get' && audit !== undefined);
    expect(audited.map(({ path }) => path).toSorted()).toEqual([
      '/api/apps/:app/candidates/:id',
      '/api/apps/:app/cohorts',
      '/api/apps/:app/compare',
      '/api/apps/:app/executions',
      '/api/apps/:app/executions/:id',
      '/api/apps/:app/executions/:id/evidence',
      '/api/apps/:app/executions/:id/explain',
      '/api/apps/:app/executions/:id/letter',
      '/api/apps/:app/executions/:id/proof',
      '/api/apps/:app/executions/:id/steps/:sequence',
      '/api/apps/:app/export',
      '/api/apps/:app/fairness',
      '/api/apps/:app/live',
      '/api/apps/:app/replays/:run',
      '/api/apps/:app/replays/:run/results',
      '/api/apps/:app/subjects/:type/:id',
      '/api/apps/:app/subjects/:type/:id/case',
      '/api/apps/:app/transfer',
      '/api/backup',
    ]);
  });

  test.each(Object.entries(EXPECTED))('%s', async (name, refusals) => {
    const [method = '', path = ''] = name.split(' ');
    const route = ROUTES.find(
      (candidate) => candidate.method === method.toLowerCase() && candidate.path === path,
    );
    const type = /\/(import|replays\/:run\/results)$/.test(path)
      ? 'application/x-ndjson'
      : 'application/json';
    const answered: Record<string, number | string> = {};
    for (const credential of CREDENTIALS) {
      const answer = await as[credential](method, concrete(path), type);
      const isLetThrough =
        refusals[credential] === undefined && hasPassed(answer, route?.policy ?? 'console');
      answered[credential] = isLetThrough ? 'let through' : answer.status;
    }
    expect(answered).toEqual(
      Object.fromEntries(
        CREDENTIALS.map((credential) => [credential, refusals[credential] ?? 'let through']),
      ),
    );
  });
});

describe('with Clerk, a caller without a session or without a role may call', () => {
  let clerk: FakeClerk;
  let server: Awaited<ReturnType<typeof freshServer>>;
  let token: string;
  beforeAll(async () => {
    clerk = await startFakeClerk();
    server = await freshServer('pglite', { ...clerk.env, XRAY_INIT_APP_ID: 'shop' });
    clerk.knows('user_stranger', 'stranger@example.org');
    token = clerk.token({ sub: 'user_stranger' });
  });
  afterAll(async () => {
    await server.close();
    await clerk.close();
  });

  test.each(ROUTES_WITH_CLERK.map((route) => [nameOf(route), route] as const))(
    '%s',
    async (name, { method, path, policy }) => {
      const refusals = WITH_CLERK[name] ?? EXPECTED[name];
      const type = /\/(import|replays\/:run\/results)$/.test(path)
        ? 'application/x-ndjson'
        : 'application/json';
      const answered: Record<string, number | string> = {};
      for (const [who, authorization] of Object.entries({
        nobody: undefined,
        'stranger of Clerk': `Bearer ${token}`,
      })) {
        const response = await fetch(server.url + concrete(path), {
          method: method.toUpperCase(),
          headers: { 'content-type': type, ...(authorization && { authorization }) },
          ...(method !== 'get' && { body: '{}' }),
        });
        const body = await response.text();
        const isLetThrough =
          refusals?.[who as Credential] === undefined &&
          (path.endsWith('/webhook') || hasPassed({ status: response.status, body }, policy));
        answered[who] = isLetThrough ? 'let through' : response.status;
      }
      expect(answered).toEqual({
        nobody: refusals?.nobody ?? 'let through',
        'stranger of Clerk': refusals?.['stranger of Clerk'] ?? 'let through',
      });
    },
  );
});

/**
 * Every path and method that is registered with Express while `compose` runs. Ingest runs before
 * Express.
 */
function servedPaths(compose: () => unknown): string[] {
  const served: string[] = [];
  const methods = [
    'get',
    'post',
    'put',
    'patch',
    'delete',
    'head',
    'options',
    'all',
    'use',
  ] as const;
  const spies = methods.map((method) => vi.spyOn(express.application, method));
  compose();
  for (const [index, spy] of spies.entries()) {
    for (const [place, ...handlers] of spy.mock.calls as unknown[][]) {
      // `get` with only a name reads a setting, and `use` registers a handler for every path.
      if (handlers.length > 0) served.push(`${methods[index]?.toUpperCase()} ${String(place)}`);
    }
    spy.mockRestore();
  }
  return served;
}

function nameOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method.toUpperCase()} ${path}`;
}

/** After the guard, a handler may still refuse the invalid input of this test. */
function hasPassed({ status, body }: Pick<Answer, 'status' | 'body'>, policy: Policy): boolean {
  const isRefusal = !['public', 'anyone'].includes(policy) && [401, 403].includes(status);
  return !isRefusal && !JSON.stringify(body).includes('app does not exist');
}

test('the audit log records who did what, and where', async () => {
  const server = await freshServer('pglite', WITH_ADMINISTRATOR);
  const ada = await administratorOf(server);
  await ada.ask('POST', '/api/apps', { id: 'shop' });
  const { key, apiKey } = await ada.newKey('shop', { scopes: ['ingest', 'read'] });
  const sent = snapshot({ executionId: 'e1', appId: 'shop' });
  const visitor = new Visitor(server.url);
  await visitor.send('POST', '/executions', sent, { 'x-api-key': key });
  await ada.ask('GET', '/api/apps/shop/executions/e1');
  await ada.ask('GET', '/api/apps/shop/executions/e1?payloads=false');
  await visitor.send('GET', '/api/apps/shop/executions/e1/steps/0', undefined, {
    'x-api-key': key,
  });
  await ada.ask('GET', '/api/apps/shop/export');
  await ada.bring('shop', 'viewer', 'vera@example.org');
  await linkFor(server.place, 'sign-in', 'vera@example.org');
  const { items } = await ada.ask<AuditPage>('GET', '/api/audit');
  const entries = items
    .toReversed()
    .map(({ actor, action, appId, target }) => [
      actor.name ?? actor.id ?? actor.kind,
      action,
      appId,
      target,
    ]);
  expect(entries).toEqual([
    ['administrator', 'setup.claim', null, 'ada@example.org'],
    ['administrator', 'app.create', 'my-loan-app', null],
    ['ada@example.org', 'user.sign-in', null, 'ada@example.org'],
    ['ada@example.org', 'app.create', 'shop', null],
    ['ada@example.org', 'key.create', 'shop', apiKey.id],
    ['ada@example.org', 'payload.view', 'shop', 'e1'],
    [apiKey.id, 'payload.view', 'shop', 'e1'],
    ['ada@example.org', 'export', 'shop', null],
    ['ada@example.org', 'invitation.create', 'shop', 'anyone with the link'],
    ['vera@example.org', 'invitation.accept', 'shop', null],
    ['administrator', 'user.link', null, 'vera@example.org'],
  ]);
  const ofApp = await ada.ask<AuditPage>('GET', '/api/apps/shop/audit?limit=3');
  expect(ofApp.items).toHaveLength(3);
  const rest = await ada.ask<AuditPage>('GET', `/api/apps/shop/audit?before=${ofApp.nextBefore}`);
  expect(rest.items.map(({ action }) => action)).toEqual([
    'payload.view',
    'payload.view',
    'key.create',
    'app.create',
  ]);
  await server.close();
});
