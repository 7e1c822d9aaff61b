import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ErrorBody, IngestResult, Ready } from '@xray/core';
import { startServer } from '#server/main.js';
import { reasonOf } from '#server/postgres/outage.js';
import {
  APP,
  administer,
  configFor,
  freshServer,
  newPlace,
  type Place,
} from './support/databases.js';
import { detail, fetchWithKey, list, post, postOk } from './support/http.js';
import { freePort } from './support/postgres-cluster.js';
import { isInstalled } from './support/process.js';
import { snapshot } from './support/snapshots.js';

interface FreshPlace extends Place {
  /** The name of the database. */
  name: string;
}

async function freshPlace(): Promise<FreshPlace> {
  const place = await newPlace('postgres', { migrated: false });
  onTestFinished(() => place.remove());
  return { ...place, name: new URL(place.env.DATABASE_URL ?? '').pathname.slice(1) };
}

/**
 * A database that belongs to a role of the same name. The role is not a superuser, so limits apply
 * to it.
 */
async function placeOfItsRole(): Promise<FreshPlace> {
  const place = await freshPlace();
  const { name } = place;
  await administer(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  await administer(`ALTER DATABASE ${name} OWNER TO ${name}`);
  onTestFinished(async () => {
    await administer(`REASSIGN OWNED BY ${name} TO postgres`, name);
    await administer(`DROP ROLE ${name}`);
  });
  const url = new URL(place.env.DATABASE_URL ?? '');
  url.username = name;
  url.password = 'secret';
  return { ...place, env: { ...place.env, DATABASE_URL: url.href } };
}

async function disconnectAll(database: string): Promise<void> {
  await administer(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
  );
}

/** Locks the table against reads and writes until the returned function is called. */
async function lockTable({ env }: Place, table: string): Promise<() => Promise<void>> {
  const blocker = new Client({ connectionString: env.DATABASE_URL });
  await blocker.connect();
  await blocker.query(`BEGIN; LOCK TABLE xray.${table} IN ACCESS EXCLUSIVE MODE`);
  let ended: Promise<void> | undefined;
  const unlock = (): Promise<void> =>
    (ended ??= blocker.query('ROLLBACK').then(() => blocker.end()));
  // An open transaction delays every index and live stream of the run's Postgres.
  onTestFinished(unlock);
  return unlock;
}

async function refusal(
  url: string,
): Promise<{ status: number; error: ErrorBody['error']; retryAfter: string | null }> {
  const response = await fetchWithKey(url);
  const { error } = (await response.json()) as ErrorBody;
  return { status: response.status, error, retryAfter: response.headers.get('retry-after') };
}

const NOBODY = 65_534;

/**
 * PgBouncer in front of the run's Postgres, as Supabase's pooler on ports 6543 (transaction) and
 * 5432 (session).
 */
async function startPooler(mode: 'transaction' | 'session'): Promise<{ port: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-pooler-'));
  const port = await freePort();
  const postgres = new URL(inject('postgresUrl'));
  await writeFile(path.join(folder, 'users.txt'), '"postgres" "postgres"\n');
  await writeFile(
    path.join(folder, 'pgbouncer.ini'),
    [
      '[databases]',
      `* = host=127.0.0.1 port=${postgres.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${folder}/users.txt`,
      `pool_mode = ${mode}`,
      'default_pool_size = 3',
      // Connections are reused without a reset, so leaked session state would show.
      'server_reset_query =',
    ].join('\n'),
  );
  await chmod(folder, 0o755);
  // PgBouncer refuses to run as root.
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn('pgbouncer', [path.join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity,
  });
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  let log = '';
  for await (const chunk of child.stderr) {
    log += String(chunk);
    if (log.includes('process up')) return { port };
  }
  throw new Error(`pgbouncer did not start: ${log}`);
}

// Debian: apt-get install pgbouncer. In CI it must exist.
const withoutPooler = !isInstalled('pgbouncer') && process.env.CI !== 'true';

describe('with a Postgres of one’s own', () => {
  test.skipIf(withoutPooler).each(['transaction', 'session'] as const)(
    'works through a pooler in %s mode, under load (needs pgbouncer)',
    async (mode) => {
      const place = await freshPlace();
      const { port } = await startPooler(mode);
      const url = new URL(place.env.DATABASE_URL ?? '');
      url.port = String(port);
      const server = await startServer(
        // In session mode each connection of the server keeps one of the pooler's.
        configFor({
          ...place,
          env: { ...place.env, DATABASE_URL: url.href, DATABASE_POOL_MAX: '3' },
        }),
      );
      const base = snapshot();
      const revisions = Array.from({ length: 40 }, (_, i) => i + 1);
      await Promise.all(revisions.map((revision) => postOk(server.url, { ...base, revision })));
      expect((await detail(server.url, base.executionId)).snapshot.revision).toBe(40);
      const pages = await Promise.all(revisions.map(() => list(server.url, '?q=pipeline:loan*')));
      expect(new Set(pages.map(({ items }) => items.length))).toEqual(new Set([1]));
      await server.stop();
    },
  );

  test('stops a question that takes too long, and says how to narrow it', async () => {
    const server = await freshServer('postgres');
    onTestFinished(() => server.close());
    await postOk(server.url, snapshot());
    const url = `${server.url}/api/apps/${APP}`;
    const unlock = await lockTable(server.place, 'executions');
    const questions = [
      ['executions?q=step:score*', /\(from\); name a pipeline; use complete values/],
      [
        'facets?from=2026-11-01T00:00:00Z&q=pipeline:loan',
        /choose a shorter time range \(from, to\)\.$/,
      ],
      ['histogram', /name a pipeline/],
      ['pipelines', /longer than 5 s\..*\(from\)\.$/],
      ['pipelines/loan', /set a start time \(from\)\.$/],
      ['pipelines/loan/funnel?from=2026-11-01T00:00:00Z', /\(from, to\)\.$/],
      [
        'cohorts?a=env:prod&aFrom=2026-11-01T00:00:00Z&b=pipeline:loan%20step:score',
        /\(bFrom\); name a pipeline; use complete values/,
      ],
    ] as const;
    const refusals = await Promise.all(questions.map(([path]) => refusal(`${url}/${path}`)));
    await unlock();
    for (const [place, { status, error }] of refusals.entries()) {
      expect(status).toBe(422);
      expect(error.code).toBe('too_broad');
      expect(error.message).toMatch(questions[place]?.[1] ?? '');
      expect(error.details?.[0]).toMatchObject({
        code: 'too_broad',
        path: expect.stringMatching(/^(from|aFrom)$/),
      });
    }
    expect(refusals.at(-1)?.error.details).toEqual([
      { path: 'aFrom', code: 'too_broad' },
      { path: 'bFrom', code: 'too_broad' },
      { path: 'b', code: 'too_broad', position: 14 },
    ]);
    expect((await list(server.url)).items).toHaveLength(1);
  });

  test('answers a few heavy questions at once and lets a few wait, while records still arrive', async () => {
    const server = await freshServer('postgres');
    onTestFinished(() => server.close());
    await postOk(server.url, snapshot({ executionId: 'first' }));
    const url = `${server.url}/api/apps/${APP}`;
    const heavy = async (state: string): Promise<number> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(new RegExp(`xray_heavy_reads{state="${state}"} (\\d+)`).exec(metrics)?.[1]);
    };
    const unlock = await lockTable(server.place, 'segments');
    const leaving = new AbortController();
    const ask = (signal?: AbortSignal): Promise<Response> =>
      fetchWithKey(`${url}/candidates/none`, signal && { signal });
    // Questions get eight of the ten connections, two each. One key may use half of the line of
    // 100.
    const answers = Array.from({ length: 4 + 49 }, () => ask());
    await expect.poll(() => heavy('waiting')).toBe(49);
    const left = ask(leaving.signal);
    await expect.poll(() => heavy('waiting')).toBe(50);

    const refused = await refusal(`${url}/facets`);
    expect(refused).toMatchObject({ status: 503, error: { code: 'unavailable' } });
    expect(refused.error.message).toMatch(/^This server answers 4 such questions at a time/);
    expect(refused.retryAfter).toBe('2');
    expect(await postOk(server.url, snapshot())).toMatchObject({ accepted: 1 });
    expect((await detail(server.url, 'first')).snapshot.executionId).toBe('first');

    leaving.abort();
    await expect(left).rejects.toThrow('aborted');
    await expect.poll(() => heavy('waiting')).toBe(49);
    await unlock();
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    expect([await heavy('running'), await heavy('waiting')]).toEqual([0, 0]);
  });

  test('starts on a database into which docs/schema.sql was pasted', async () => {
    const place = await freshPlace();
    const schema = await readFile(new URL('../../docs/schema.sql', import.meta.url), 'utf8');
    await administer(schema, place.name);
    const server = await startServer(configFor(place));
    expect(await postOk(server.url, snapshot())).toMatchObject({ accepted: 1 });
    await server.stop();
  });

  test('roles that Supabase exposes read nothing', async () => {
    const place = await freshPlace();
    const server = await startServer(configFor(place));
    await postOk(server.url, snapshot());
    await server.stop();
    const role = `anon_${place.name}`;
    await administer(`CREATE ROLE ${role} LOGIN PASSWORD 'anon'`, place.name);
    // This is worse than Supabase's defaults: even with every grant, no policy lets a row through.
    await administer(
      `GRANT USAGE ON SCHEMA xray TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA xray TO ${role}`,
      place.name,
    );
    const url = new URL(place.env.DATABASE_URL ?? '');
    url.username = role;
    url.password = 'anon';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'xray'`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(8);
    for (const { name } of tables) {
      const { rowCount } = await client.query(`SELECT * FROM xray.${name}`);
      expect({ name, rowCount }).toEqual({ name, rowCount: 0 });
    }
    await expect(
      client.query(`INSERT INTO xray.apps (id, name) VALUES ('x', 'x')`),
    ).rejects.toThrow(/row-level security/);
    await client.end();
    await administer(`DROP OWNED BY ${role}; DROP ROLE ${role}`, place.name);
  });

  const outages: [string, RegExp, (place: FreshPlace) => Promise<() => Promise<void>>][] = [
    [
      'takes no writes',
      /read-only/,
      async ({ name }) => {
        await administer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
        await disconnectAll(name);
        return async () => {
          await administer(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
          await disconnectAll(name);
        };
      },
    ],
    [
      'has no connection left',
      /run out of a resource/,
      async ({ name, env }) => {
        const others = [1, 2, 3].map(() => new Client({ connectionString: env.DATABASE_URL }));
        // The server loses its connections while nobody may connect. Then other clients take all
        // there are.
        await administer(`ALTER ROLE ${name} CONNECTION LIMIT 0`);
        await disconnectAll(name);
        await administer(`ALTER ROLE ${name} CONNECTION LIMIT 3`);
        await Promise.all(others.map((client) => client.connect()));
        return async () => {
          await Promise.all(others.map((client) => client.end()));
        };
      },
    ],
  ];
  test.each(outages)(
    'answers 503 while the database %s, and recovers by itself',
    async (_name, reason, breakIt) => {
      const place = await placeOfItsRole();
      const server = await startServer(configFor(place, { DATABASE_POOL_MAX: '2' }));
      onTestFinished(() => server.stop());
      await postOk(server.url, snapshot());
      const mend = await breakIt(place);
      // The outage is noticed although nobody has written anything yet.
      await expect.poll(async () => (await fetch(`${server.url}/ready`)).status).toBe(503);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).toMatch(/^xray_store_errors_total\{kind="outage"\} [1-9]/m);
      await expect.poll(async () => (await post(server.url, snapshot())).status).toBe(503);
      const refused = await post(server.url, snapshot());
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      const ready = await fetch(`${server.url}/ready`);
      expect(ready.status).toBe(503);
      expect(((await ready.json()) as Ready).store.reason).toMatch(reason);
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      await mend();
      await expect.poll(async () => (await post(server.url, snapshot())).status).toBe(202);
      expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    },
  );

  test.each(['lock_timeout', 'statement_timeout'])(
    'answers 503 if the host’s own %s ends a write or a read, and takes the record afterwards',
    async (setting) => {
      const place = await freshPlace();
      await administer(`ALTER DATABASE ${place.name} SET ${setting} = '200ms'`);
      const server = await startServer(configFor(place));
      onTestFinished(() => server.stop());
      const record = snapshot();
      const unlock = await lockTable(place, 'executions');
      const url = `${server.url}/api/apps/${APP}/executions/${record.executionId}`;
      const answers = [await post(server.url, record), await fetchWithKey(url)];
      for (const answer of answers) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(((await answer.json()) as ErrorBody).error.code).toBe('unavailable');
      }
      await unlock();
      expect(await postOk(server.url, record)).toMatchObject({ accepted: 1 });
      expect((await list(server.url)).items).toHaveLength(1);
    },
  );

  test.each([
    { code: '57014' },
    { code: '55P03' },
    { code: '25P03' },
    { code: '25P04' },
    { code: '57P01' },
    { code: '57P05' },
    { code: '53300' },
    { code: '40003' },
    { code: '08P01' },
    { code: 'EAI_AGAIN' },
    { code: 'EHOSTUNREACH' },
    { code: '28P01', severity: 'FATAL' },
    { code: 'XX000', severity: 'FATAL' },
    { message: 'timeout exceeded when trying to connect' },
    { message: 'Client has encountered a connection error and is not queryable' },
    { message: 'Cannot use a pool after calling end on the pool' },
  ])('treats %j as a temporary outage', ({ message = '', ...facts }) => {
    expect(reasonOf(Object.assign(new Error(message), facts))).toMatch(/^(the|no|an) /);
  });

  test.each(['22P02', '23505', '42P01', '54000', 'XX000'])(
    'does not treat the code %s as an outage',
    (code) => {
      expect(reasonOf(Object.assign(new Error('refused'), { code, severity: 'ERROR' }))).toBe(
        undefined,
      );
    },
  );

  test('answers 503 while the database does not answer, and recovers by itself', async () => {
    const place = await freshPlace();
    const network = await startNetwork(Number(new URL(place.env.DATABASE_URL ?? '').port));
    const url = new URL(place.env.DATABASE_URL ?? '');
    url.port = String(network.port);
    const server = await startServer(configFor(place, { DATABASE_URL: url.href }));
    onTestFinished(async () => {
      network.mend();
      await server.stop();
      await network.close();
    });
    await postOk(server.url, snapshot());
    network.cut();
    // This uses the connection that existed before. The other requests get no connection.
    const answer = await post(server.url, snapshot({ executionId: 'in-between' }));
    const ready = await fetch(`${server.url}/ready`);
    const health = await fetch(`${server.url}/health`);
    expect([answer.status, ready.status, health.status]).toEqual([503, 503, 200]);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(((await ready.json()) as Ready).store.reason).toMatch(/does not answer/);
    network.mend();
    await postOk(server.url, snapshot({ executionId: 'in-between' }));
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    expect((await list(server.url)).items).toHaveLength(2);
  });

  test('names the snapshot that the database refuses, and stores the others of its batch', async () => {
    const server = await freshServer('postgres');
    onTestFinished(() => server.close());
    const database = new URL(server.place.env.DATABASE_URL ?? '').pathname.slice(1);
    await administer(
      `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
        IF NEW.pipeline = 'poison' THEN RAISE 'no' USING ERRCODE = 'data_exception'; END IF;
        IF NEW.pipeline = 'last-straw' THEN RAISE 'full' USING ERRCODE = 'disk_full'; END IF;
        RETURN NEW; END$$;
      CREATE TRIGGER refuse BEFORE INSERT ON xray.executions FOR EACH ROW EXECUTE FUNCTION public.refuse()`,
      database,
    );
    const poison = (): ReturnType<typeof snapshot> => snapshot({ pipeline: 'poison' });
    const before = snapshot();
    await postOk(server.url, before);
    // They are sent at the same time, so that they share batches.
    const sound = Array.from({ length: 40 }, () => snapshot());
    const array = [
      snapshot(),
      poison(),
      { ...before, revision: 2, pipeline: 'poison' },
      snapshot(),
    ];
    const [mixed, ...answers] = await Promise.all([
      post(server.url, array),
      ...sound.flatMap((execution, i) => [
        post(server.url, execution),
        ...(i % 10 === 0 ? [post(server.url, poison())] : []),
      ]),
    ]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(40);
    expect(statuses.filter((status) => status === 422)).toHaveLength(4);
    const refused = answers.find(({ status }) => status === 422);
    expect((await refused?.json()) as ErrorBody).toMatchObject({ error: { code: 'storage' } });
    expect(mixed.status).toBe(202);
    expect((await mixed.json()) as IngestResult).toMatchObject({
      accepted: 2,
      rejected: [1, 2].map((index) => ({
        index,
        executionId: array[index]?.executionId,
        code: 'storage',
        retryable: false,
      })),
    });
    expect((await list(server.url, '?limit=200')).items).toHaveLength(43);
    expect((await detail(server.url, before.executionId)).snapshot).toEqual(before);

    // This is an outage during the search for the faulty record. Some records are stored, and
    // nothing is acknowledged.
    const unlucky = [snapshot(), poison(), snapshot({ pipeline: 'last-straw' }), snapshot()];
    expect((await post(server.url, unlucky)).status).toBe(503);
    await administer('DROP TRIGGER refuse ON xray.executions', database);
    const again = await postOk(server.url, unlucky);
    expect(again.accepted + again.duplicates).toBe(4);
    expect((await list(server.url, '?limit=200')).items).toHaveLength(47);
  });

  test('answers 503 while the disk is full, and stores no partial record', async () => {
    const place = await freshPlace();
    const server = await startServer(configFor(place));
    onTestFinished(() => server.stop());
    // The trigger raises Postgres' error for a file that cannot grow, at the last of the tables.
    await administer(
      `CREATE FUNCTION xray.full() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$;
      CREATE TRIGGER full_disk BEFORE INSERT ON xray.steps EXECUTE FUNCTION xray.full()`,
      place.name,
    );
    const sent = snapshot();
    expect((await post(server.url, [sent, snapshot()])).status).toBe(503);
    // The database can still be read, so a simple check would not notice.
    const ready = await fetch(`${server.url}/ready`);
    expect(ready.status).toBe(503);
    expect(((await ready.json()) as Ready).store.reason).toBe('the disk of the database is full');
    await administer('DROP TRIGGER full_disk ON xray.steps', place.name);
    expect((await list(server.url)).items).toEqual([]);
    expect(await postOk(server.url, sent)).toMatchObject({ accepted: 1 });
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  test('opens no more connections than the setting allows', async () => {
    const place = await placeOfItsRole();
    await administer(`ALTER ROLE ${place.name} CONNECTION LIMIT 2`);
    const server = await startServer(configFor(place, { DATABASE_POOL_MAX: '2' }));
    onTestFinished(() => server.stop());
    const requests = Array.from({ length: 50 }, async (_, i) => {
      if (i % 2 === 0) await postOk(server.url, snapshot());
      else await list(server.url);
    });
    await Promise.all(requests);
    expect((await list(server.url)).items).toHaveLength(25);
  });

  test.skipIf(inject('postgresCa') === null && process.env.CI !== 'true')(
    'trusts only the authority in its settings (needs openssl)',
    async () => {
      const place = await freshPlace();
      const trusting = configFor(place, { DATABASE_CA_CERT: inject('postgresCa') ?? '' });
      const server = await startServer(trusting);
      await postOk(server.url, snapshot());
      expect(await sslOf(place.name)).toBe(true);
      await server.stop();
      // With an authority of our own, the root certificates of Node are not used, and vice versa.
      const strict = {
        ...place.env,
        DATABASE_URL: `${place.env.DATABASE_URL}?sslmode=verify-full`,
      };
      await expect(startServer(configFor({ ...place, env: strict }))).rejects.toThrow(
        /self.signed/,
      );
    },
  );
});

/** A network path to a local port that can be cut: packets are then dropped, not refused. */
async function startNetwork(
  port: number,
): Promise<{ port: number; cut: () => void; mend: () => void; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isCut) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Whether the server's connection to this database is encrypted, according to Postgres. */
async function sslOf(database: string): Promise<boolean | undefined> {
  const client = new Client({ connectionString: `${inject('postgresUrl')}/${database}` });
  await client.connect();
  const { rows } = await client.query<{ ssl: boolean }>(
    `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'x-ray' AND datname = $1`,
    [database],
  );
  await client.end();
  return rows[0]?.ssl;
}
