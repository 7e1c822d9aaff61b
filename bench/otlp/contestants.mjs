import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { query, withPostgres } from '../ingest/postgres.mjs';
import { APP, KEY, startServer, stop } from '../ingest/server.mjs';

const run = promisify(execFile);
const NAMES = ['pglite', 'postgres', 'phoenix-sqlite', 'phoenix-postgres'];

/** Calls `use` with each product: `start` starts it on its own data, and `countSpans` counts what it shows. */
export async function contestants({ folder, python, only = NAMES }, use) {
  const unknown = only.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join()}; known: ${NAMES.join()}`);
  const phoenix = only.some((name) => name.startsWith('phoenix'))
    ? (python ?? (await installed()))
    : '';
  if (only.includes('pglite')) {
    await use(xray('pglite', { XRAY_DATA_DIR: path.join(folder, 'pglite') }));
  }
  if (only.includes('phoenix-sqlite')) {
    const data = path.join(folder, 'phoenix');
    await mkdir(data);
    await use({
      name: 'phoenix-sqlite',
      start: () => startPhoenix(phoenix, data, {}),
      // The file is read beside Phoenix, so that its own API costs it nothing.
      countSpans: async () => await countInSqlite(phoenix, path.join(data, 'phoenix.db')),
    });
  }
  if (!only.includes('postgres') && !only.includes('phoenix-postgres')) return;
  await withPostgres(folder, async ({ database }) => {
    if (only.includes('postgres'))
      await use(xray('postgres', { DATABASE_URL: await database('xray') }));
    if (!only.includes('phoenix-postgres')) return;
    const url = await database('phoenix');
    const data = path.join(folder, 'phoenix-postgres');
    await mkdir(data);
    await use({
      name: 'phoenix-postgres',
      start: () =>
        startPhoenix(phoenix, data, {
          PHOENIX_SQL_DATABASE_URL: url.replace('postgres://', 'postgresql://'),
        }),
      countSpans: async () => (await query(url, 'SELECT count(*)::int AS n FROM spans'))[0].n,
    });
  });
}

function xray(name, env) {
  return {
    name,
    async start() {
      const server = await startServer(env);
      return { url: server.url, headers: { 'x-api-key': KEY }, stop: () => stop(server) };
    },
    countSpans: ({ url }) => countSteps(url),
  };
}

/** The steps of all executions that the list shows. */
async function countSteps(url) {
  let steps = 0;
  let cursor;
  do {
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${url}/api/apps/${APP}/executions?limit=200${after}`, {
      headers: { 'x-api-key': KEY },
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const { items, nextCursor } = await response.json();
    for (const { stepCount } of items) steps += stepCount;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
  return steps;
}

async function startPhoenix(python, data, env) {
  const [port, grpc] = [await freePort(), await freePort()];
  const child = spawn(python, ['-m', 'phoenix.server.main', 'serve'], {
    env: {
      PATH: process.env.PATH,
      HOME: data,
      PHOENIX_HOST: '127.0.0.1',
      PHOENIX_PORT: String(port),
      PHOENIX_GRPC_PORT: String(grpc),
      PHOENIX_WORKING_DIR: data,
      PHOENIX_TELEMETRY_ENABLED: 'false',
      ...env,
    },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await answers(`${url}/healthz`)); tries++) {
    if (tries > 240 || child.exitCode !== null) throw new Error('Phoenix did not start');
    await new Promise((done) => setTimeout(done, 500));
  }
  return {
    url,
    headers: {},
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function answers(url) {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function countInSqlite(python, file) {
  const program =
    'import sqlite3, sys; print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=30).execute("SELECT count(*) FROM spans").fetchone()[0])';
  const { stdout } = await run(python, ['-c', program, file]);
  return Number(stdout);
}

/** A Python with Phoenix, made once. */
async function installed() {
  const folder = path.join(tmpdir(), 'xray-bench-phoenix');
  const python = path.join(folder, 'bin/python');
  if (!existsSync(path.join(folder, 'bin/phoenix'))) {
    process.stderr.write('bench: installing arize-phoenix from PyPI\n');
    await run('python3', ['-m', 'venv', folder]);
    const pip = path.join(folder, 'bin/pip');
    await run(pip, [
      'install',
      '--quiet',
      'arize-phoenix==20.26.1',
      'psycopg[binary]==3.3.9',
      'asyncpg',
    ]);
  }
  return python;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
