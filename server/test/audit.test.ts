import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  auditActionText,
  replayRunSchema,
  type AuditEntry,
  type AuditPage,
  type CreatedInvitation,
  type CreatedKey,
  type Me,
  type SavedView,
  type PruneResult,
} from '@xray/core';
import { allRoutes } from '#server/app.js';
import { startServer } from '#server/main.js';
import type { Deps, Endpoint } from '#server/routes/route.js';
import {
  APP,
  configFor,
  driverInCi,
  freshServer,
  newPlace,
  type Place,
} from './support/databases.js';
import { post } from './support/http.js';
import {
  ADMINISTRATOR,
  PASSWORD,
  Visitor,
  WITH_ADMINISTRATOR,
  administratorOf,
  linkFor,
  overConsole,
  tokenOf,
} from './support/people.js';
import { flip, REPORT } from './support/replays.js';
import { snapshot } from './support/snapshots.js';
import { openDriver } from './support/tables.js';

/** Makes the database refuse every new entry, as with a full disk. */
async function breakAuditLog(place: Place): Promise<void> {
  const { db, close } = await openDriver(place);
  await sql`ALTER TABLE xray.audit_log ADD CONSTRAINT broken CHECK (false) NOT VALID`.execute(db);
  await close();
}

async function mendAuditLog(place: Place): Promise<void> {
  const { db, close } = await openDriver(place);
  await sql`ALTER TABLE xray.audit_log DROP CONSTRAINT broken`.execute(db);
  await close();
}

/** Tables that no request changes: the job of the search index writes them at any time. */
const WRITTEN_BESIDE = ['indexing', 'segments', 'segment_blocks'];

/**
 * Everything in the database, table by table, except the search index, the counts of wrong
 * passwords, and when keys were last used.
 */
async function everythingIn(place: Place): Promise<Record<string, unknown>> {
  const { db, close } = await openDriver(place);
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'xray' AND table_name <> ALL (${['guesses', ...WRITTEN_BESIDE]}::text[])
    ORDER BY 1`.execute(db);
  const tables: Record<string, unknown> = {};
  for (const { name } of rows) {
    const found = await sql<{ row: string }>`
      SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM ${sql.table(`xray.${name}`)} t ORDER BY 1`.execute(
      db,
    );
    tables[name] = found.rows.map(({ row }) => row);
  }
  await close();
  return tables;
}

/** Every route that changes something and names its audit action. */
const CHANGING = allRoutes({} as Deps).filter(
  ({ method, audit }) => method !== 'get' && audit !== undefined,
);

function nameOf({ method, path }: Pick<Endpoint, 'method' | 'path'>): string {
  return `${method.toUpperCase()} ${path}`;
}

describe.each(driverInCi('postgres'))(
  'a change whose audit entry cannot be written, on %s',
  (driver) => {
    test('is not done by any route', async () => {
      const place = await newPlace(driver);
      onTestFinished(() => place.remove());
      const before = await startServer(configFor(place, WITH_ADMINISTRATOR));
      const ada = await administratorOf(before);
      const vera = await ada.bring(APP, 'viewer', 'vera@example.org');
      const { id: veraId } = await vera.ask<NonNullable<Me>>('GET', '/api/me');
      await post(before.url, snapshot({ executionId: 'e1' }));
      const { apiKey } = await ada.newKey(APP);
      const app = `/api/apps/${APP}`;
      const runner = { 'x-api-key': (await ada.newKey(APP, { scopes: ['replay'] })).key };
      const newRun = { name: 'a branch', pipelines: ['loan-approval'] };
      const started = await new Visitor(before.url).send('POST', `${app}/replays`, newRun, runner);
      const run = `${app}/replays/${replayRunSchema.parse(started.body).id}`;
      const open = await ada.ask<CreatedInvitation>('POST', `${app}/invitations`, {
        role: 'viewer',
      });
      const keptView = { name: 'kept', params: { q: 'status:failed' } };
      const view = await ada.ask<SavedView>('POST', `${app}/views`, keptView);
      const console = async (kind: 'sign-in' | 'reset-password') =>
        driver === 'pglite' ? await linkFor(place, kind, 'vera@example.org') : 'none here';
      const [signIn, reset] = [await console('sign-in'), await console('reset-password')];
      const account = { email: 'new@example.org', name: 'New', password: PASSWORD };
      const requests: Record<string, [path: string, body?: unknown]> = {
        'DELETE /api/apps/:app/executions/:id': [`${app}/executions/e1`],
        'POST /api/apps': ['/api/apps', { id: 'new' }],
        'PATCH /api/apps/:app': [app, { name: 'Other', archived: true }],
        'POST /api/apps/:app/keys': [`${app}/keys`, {}],
        'POST /api/apps/:app/keys/:key/rotate': [`${app}/keys/${apiKey.id}/rotate`, {}],
        'DELETE /api/apps/:app/keys/:key': [`${app}/keys/${apiKey.id}`],
        'PUT /api/apps/:app/members/:user': [`${app}/members/${veraId}`, { role: 'owner' }],
        'DELETE /api/apps/:app/members/:user': [`${app}/members/${veraId}`],
        'POST /api/apps/:app/invitations': [`${app}/invitations`, { role: 'owner' }],
        'DELETE /api/apps/:app/invitations/:invitation': [
          `${app}/invitations/${open.invitation.id}`,
        ],
        'POST /api/apps/:app/replays': [`${app}/replays`, newRun],
        'POST /api/apps/:app/replays/:run/results': [
          `${run}/results`,
          JSON.stringify({ result: flip('e1'), snapshot: null }),
        ],
        'POST /api/apps/:app/replays/:run/finish': [`${run}/finish`, REPORT],
        'POST /api/apps/:app/views': [`${app}/views`, { ...keptView, params: {} }],
        'PATCH /api/apps/:app/views/:view': [`${app}/views/${view.id}`, { name: 'other' }],
        'DELETE /api/apps/:app/views/:view': [`${app}/views/${view.id}`],
        'PUT /api/apps/:app/dictionary': [`${app}/dictionary`, { language: 'en' }],
        'PUT /api/apps/:app/otlp': [`${app}/otlp`, { take: 'all' }],
        'PUT /api/apps/:app/pipelines/:pipeline/outcomes': [
          `${app}/pipelines/p/outcomes`,
          { outcomes: [] },
        ],
        'POST /api/apps/:app/fairness': [`${app}/fairness?outcome=approved`, { a: 'b' }],
        'PUT /api/apps/:app/retention': [
          `${app}/retention`,
          { items: [{ environment: null, days: 1, legalHold: false }] },
        ],
        'POST /api/apps/:app/prune': [
          `${app}/prune`,
          { what: { kind: 'execution', executionId: 'e1' } },
        ],
        'POST /api/apps/:app/transfer': [
          `${app}/transfer`,
          {
            app: { id: APP, name: APP, createdAt: new Date().toISOString() },
            keys: [],
            retention: [{ environment: null, days: 1, legalHold: true }],
          },
        ],
        'POST /api/apps/:app/import': [`${app}/import`, importLine()],
        'POST /api/invitations/accept': [
          '/api/invitations/accept',
          { token: tokenOf(open.link), account },
        ],
        'PATCH /api/me': ['/api/me', { name: 'Other' }],
        'POST /api/auth/sign-in/email': [
          '/api/auth/sign-in/email',
          { email: ADMINISTRATOR, password: PASSWORD },
        ],
        'POST /api/auth/sign-in/link': ['/api/auth/sign-in/link', { token: signIn }],
        'POST /api/auth/change-password': [
          '/api/auth/change-password',
          { currentPassword: PASSWORD, newPassword: 'another one altogether' },
        ],
        'POST /api/auth/reset-password': [
          '/api/auth/reset-password',
          { token: reset, password: 'another one altogether' },
        ],
        'PATCH /api/users/:user': [`/api/users/${veraId}`, { isAdministrator: true }],
        'DELETE /api/users/:user': [`/api/users/${veraId}`],
        'POST /api/reindex': ['/api/reindex', {}],
        'POST /api/users': ['/api/users', { email: 'made@example.org' }],
        'POST /api/users/links': ['/api/users/links', { email: ADMINISTRATOR, kind: 'sign-in' }],
      };
      // The set-up is already done here. It has a test of its own.
      const named = [...Object.keys(requests), 'POST /api/setup'];
      expect(CHANGING.map(nameOf).toSorted()).toEqual(named.toSorted());

      await before.stop();
      await breakAuditLog(place);
      const kept = await everythingIn(place);
      const broken = await startServer(configFor(place));
      const again = new Visitor(broken.url);
      // A Postgres has no socket, so the routes of the command line and its links are not available
      // here.
      const isReached = ({ policy, path }: Endpoint): boolean =>
        driver === 'pglite' || (policy !== 'console' && !/sign-in.link|reset-password/.test(path));
      for (const route of CHANGING.filter(
        (candidate) => nameOf(candidate) in requests && isReached(candidate),
      )) {
        const [path = '', body] = requests[nameOf(route)] ?? [];
        const method = route.method.toUpperCase();
        const byKey = route.policy === 'replay';
        again.cookie = byKey ? '' : ada.cookie;
        const type = /import$|results$/.test(path) ? 'application/x-ndjson' : 'application/json';
        const { status } =
          route.policy === 'console'
            ? await overConsole(place, method, path, body)
            : await again.send(method, path, body, {
                'content-type': type,
                ...(byKey && runner),
              });
        expect({ route: nameOf(route), status }).toEqual({ route: nameOf(route), status: 500 });
        expect(again.cookie).toBe(byKey ? '' : ada.cookie);
      }
      await broken.stop();
      expect(await everythingIn(place)).toEqual(kept);
    });

    test('does not use up the set-up link', async () => {
      const place = await newPlace(driver);
      onTestFinished(() => place.remove());
      await (await startServer(configFor(place))).stop();
      await breakAuditLog(place);
      const broken = await startServer(configFor(place));
      const claim = async (url: string) =>
        await new Visitor(url).send('POST', '/api/setup', {
          token: tokenOf(broken.setupLink ?? ''),
          email: ADMINISTRATOR,
          name: 'Ada',
          password: PASSWORD,
        });
      expect((await claim(broken.url)).status).toBe(500);
      await broken.stop();
      await mendAuditLog(place);
      const mended = await startServer(configFor(place));
      expect((await claim(mended.url)).status).toBe(200);
      await mended.stop();
    });

    test('is in the log when it is done, and not when it is refused', async () => {
      const place = await newPlace(driver);
      onTestFinished(() => place.remove());
      const server = await startServer(configFor(place, WITH_ADMINISTRATOR));
      const ada = await administratorOf(server);
      const { apiKey } = await ada.ask<CreatedKey>('POST', `/api/apps/${APP}/keys`, {});
      await post(server.url, [snapshot({ executionId: 'e1' }), snapshot({ executionId: 'e2' })]);
      const { receipt } = await ada.ask<PruneResult>('DELETE', `/api/apps/${APP}/executions/e1`);
      expect((await ada.send('DELETE', `/api/apps/${APP}/executions/e1`)).status).toBe(410);
      expect((await ada.send('DELETE', `/api/apps/${APP}/executions/none`)).status).toBe(404);
      expect((await ada.send('DELETE', `/api/apps/${APP}/keys/none`)).status).toBe(404);
      expect((await ada.send('POST', '/api/apps', { id: APP })).status).toBe(409);
      const { items } = await ada.ask<AuditPage>('GET', '/api/audit');
      await server.stop();
      expect(items.map(({ action, target }) => [action, target]).toReversed()).toEqual([
        ['setup.claim', ADMINISTRATOR],
        ['app.create', null],
        ['user.sign-in', ADMINISTRATOR],
        ['key.create', apiKey.id],
        ['execution.erase', receipt?.id],
      ]);
    });
  },
);

function importLine(): string {
  const server = { receivedAt: new Date().toISOString(), conflict: false, stale: false, bytes: 1 };
  return `${JSON.stringify({ snapshot: snapshot({ executionId: 'imported' }), server })}\n`;
}

describe('the audit log', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    await post(server.url, [snapshot({ executionId: 'e1' }), snapshot({ executionId: 'e2' })]);
    const vera = await ada.bring(APP, 'viewer', 'vera@example.org');
    await vera.ask('GET', `/api/apps/${APP}/executions/e1`);
    await ada.ask('GET', `/api/apps/${APP}/executions/e1`);
    await ada.ask('GET', `/api/apps/${APP}/executions/e2`);
    await ada.newKey(APP, { name: '=HYPERLINK("http://evil.example")' });
    await overConsole(
      server.place,
      'POST',
      '/api/users',
      { email: 'made@example.org' },
      { 'x-xray-system-user': 'ops', 'content-type': 'application/json' },
    );
  });
  afterAll(() => server.close());

  const found = async (query: string) => {
    const { items } = await ada.ask<AuditPage>('GET', `/api/audit?${query}`);
    return items.map(({ actor, action, target }) => `${actor.name} ${action} ${target}`);
  };

  test('can be filtered by person, action and target', async () => {
    expect(await found('actor=vera@&action=payload.view')).toEqual([
      'vera@example.org payload.view e1',
    ]);
    expect(await found('actor=VERA@example.org&target=e1')).toHaveLength(1);
    expect(await found('target=e1')).toEqual([
      'ada@example.org payload.view e1',
      'vera@example.org payload.view e1',
    ]);
    expect(await found('action=payload.view&target=e2')).toHaveLength(1);
    expect(await found('actor=nobody-of-that-name')).toEqual([]);
    const appPage = await ada.ask<AuditPage>('GET', `/api/apps/${APP}/audit?target=e1&limit=1`);
    expect(appPage.items).toHaveLength(1);
    expect(appPage.nextBefore).not.toBeNull();
  });

  test('names the operating system’s user for the command line', async () => {
    expect(await found('actor=command line')).toContain('ops user.create made@example.org');
    expect(await found('actor=ops')).toEqual(['ops user.create made@example.org']);
  });

  test('is exported as CSV and NDJSON with the same filter', async () => {
    const csv = await ada.send('GET', `/api/apps/${APP}/audit?format=csv&actor=ada`);
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename=${APP}-audit.csv`);
    const [head, ...rows] = String(csv.body).trimEnd().split('\r\n');
    expect(head).toBe('"id","at","person","did","target","app","details","address","action"');
    expect(rows).toHaveLength(
      (await ada.ask<AuditPage>('GET', `/api/apps/${APP}/audit?actor=ada`)).items.length,
    );
    expect(rows[0]).toContain('"ada@example.org","created an API key"');
    // A spreadsheet would run a cell that begins like this.
    expect(String(csv.body)).not.toMatch(/(^|,)"[=+@-]/m);
    const ndjson = await ada.send('GET', '/api/audit?format=ndjson&action=payload.view');
    const lines = String(ndjson.body).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).target)).toEqual([
      'e2',
      'e1',
      'e1',
    ]);
    expect((await ada.send('GET', '/api/audit?format=xml')).status).toBe(400);
  });

  test('has a text for every action of every route', () => {
    const routes = [...allRoutes({} as Deps), ...allRoutes({ clerk: {} } as Deps)];
    const actions = routes.flatMap(({ audit }) => audit ?? []);
    expect(actions.filter((action) => auditActionText(action) === action)).toEqual([]);
  });
});
