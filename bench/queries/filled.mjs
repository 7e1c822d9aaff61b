// Fills databases with a month of executions and keeps them for the next run.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { untilIdle } from '../ingest/process-figures.mjs';
import { APP, KEY, startServer, stop } from '../ingest/server.mjs';
import { MONTH, makeExecution } from './executions.mjs';

const DIST = path.resolve(import.meta.dirname, '../../server/dist');
const BATCH = 400;
/** Batches in flight: one is generated while another is written. */
const LANES = 2;
const REPORT_EVERY = 50_000;
const LOOK_EVERY_MS = 2_000;

/**
 * Fills the database of `env` with `total` executions through the store, and checks their number. Does
 * nothing if a file in `folder` shows that an earlier run has filled it. If an earlier run was interrupted,
 * it continues where that run ended.
 */
export async function fill({ env, folder, total }) {
  const note = path.join(folder, `filled-with-${total}`);
  if (existsSync(note)) return;
  await mkdir(folder, { recursive: true });
  const progress = path.join(folder, 'filled-so-far');
  const resumed = Number(await readFile(progress, 'utf8').catch(() => '0'));
  // The first start creates the app, its key and the tables.
  await startServer(env).then(stop);
  const { accounts, executions } = await openStores(env);
  try {
    const startedAt = performance.now();
    const { readSnapshot } = await load('records/read-snapshot.js');
    const sender = { app: APP, environments: null };
    // The last batches of an interrupted run may be stored or not. A repeated one counts as a duplicate.
    let next = Math.max(0, resumed - LANES * BATCH);
    let stored = next;
    const lane = async () => {
      while (next < total) {
        const first = next;
        next = Math.min(total, first + BATCH);
        const records = [];
        for (let index = first; index < next; index++) {
          const made = makeExecution(index, total);
          const read = readSnapshot(JSON.stringify(made), sender, receivedAt(made));
          if (!read.ok) throw new Error(`${made.executionId} was refused: ${read.message}`);
          records.push(read.record);
        }
        const outcomes = await executions.saveExecutions(records);
        stored += outcomes.filter(({ kind }) => kind === 'accepted' || kind === 'duplicate').length;
        await writeFile(progress, String(next));
        if (Math.floor(first / REPORT_EVERY) < Math.floor(next / REPORT_EVERY)) {
          const rate = (next - resumed) / ((performance.now() - startedAt) / 1000);
          process.stderr.write(`  ${next} of ${total} executions, ${rate.toFixed(0)} a second\n`);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    if (stored !== total) throw new Error(`${stored} of ${total} executions were stored`);
    await executions.tidy();
  } finally {
    await accounts.close();
  }
  await writeFile(note, new Date().toISOString());
}

async function openStores({ DATABASE_URL: url, XRAY_DATA_DIR: dataDir }) {
  const { createStores } = await load('postgres/open.js');
  const { TaskThreads } = await load('threads/task-threads.js');
  const threads = new TaskThreads(1);
  if (url === undefined) {
    const { openPglite } = await load('postgres/drivers/pglite.js');
    return createStores(await openPglite(path.join(dataDir, 'db')), threads);
  }
  const { openPostgres } = await load('postgres/drivers/postgres.js');
  const onConnectionError = () => {};
  const options = { connectionString: url, caCert: undefined, maxConnections: LANES };
  return createStores(openPostgres({ ...options, onConnectionError }), threads);
}

async function load(file) {
  return await import(pathToFileURL(path.join(DIST, file)).href);
}

/** An execution is received when it ends. */
function receivedAt({ startedAt, durationMs }) {
  return new Date(Date.parse(startedAt) + durationMs);
}

/** Waits until the search index has caught up with ingest. */
export async function untilIndexed(server) {
  const q = new URLSearchParams({ q: 'nothing-has-this', ...MONTH });
  for (;;) {
    const response = await fetch(`${server.url}/api/apps/${APP}/executions?${q}`, {
      headers: { 'x-api-key': KEY },
    });
    if (!response.ok) throw new Error(`a search gives ${response.status}`);
    const { notSearched } = await response.json();
    if (notSearched === null) break;
    process.stderr.write(`  ${notSearched.executions} executions are not indexed yet\n`);
    await setTimeout(LOOK_EVERY_MS);
  }
  await untilIdle(server);
}
