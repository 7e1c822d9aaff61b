// The race: HTTP ingest end to end against raw COPY (the limit) and a naive handler, in one run.
import path from 'node:path';
import { copyLimit } from './copy.mjs';
import { STEPS, line } from './load.mjs';
import { countRows, query, withPostgres } from './postgres.mjs';
import { untilIdle } from './process-figures.mjs';
import { startEmpty, startNaive, startServer, stop } from './server.mjs';

/** Batch sizes, with the number of clients that send them. */
const RUNGS = [
  [1, 64],
  [10, 16],
  [100, 8],
];
const SINGLE = { batch: 1, concurrency: 64 };
/** Executions sent before the measurement, so that the code of both servers is compiled. */
const WARM_UP = { ...SINGLE, count: 5_000 };
/** The naive server is so slow that the full number of executions would take minutes. */
const NAIVE_EXECUTIONS = 10_000;

export async function ladderOnPostgres({ load, folder, total }) {
  await withPostgres(folder, async ({ database, postmaster }) => {
    const url = await database('xray');
    const server = await startServer({ DATABASE_URL: url }, postmaster);
    const stored = () => countRows(url, 'xray.executions');
    const results = await climb(load, 'postgres', server, total, stored);
    const peak = results.get('batch 1');
    const atHalf = { ...SINGLE, concurrency: 256, ratePerSecond: peak / 2 };
    const label = 'postgres, batch 1, half the peak rate';
    await untilIdle(server);
    await load.report(label, server, { ...atHalf, count: total }, stored);
    await untilIdle(server);
    await stop(server);
    const bytes = await bytesAStep(url);

    const naiveUrl = await database('naive');
    const naive = await startNaive(naiveUrl, postmaster);
    await load.run(naive, { ...WARM_UP, count: 2_000 });
    await untilIdle(naive);
    const naiveRate = await load.report(
      'naive handler, batch 1, 64 clients',
      naive,
      { ...SINGLE, count: Math.min(total, NAIVE_EXECUTIONS) },
      () => countRows(naiveUrl, 'naive_executions'),
    );
    await stop(naive);

    const empty = await startEmpty(postmaster);
    await load.run(empty, WARM_UP);
    await untilIdle(empty);
    const emptyRate = await load.report(
      'node:http that stores nothing, batch 1, 64 clients',
      empty,
      { ...SINGLE, count: total },
    );
    await stop(empty);

    const limit = await limitOf(load, database, postmaster, total);
    const limitRate = limit.executions / limit.seconds;
    console.log(
      line('raw COPY of the same rows, 100 a transaction', limitRate, `${limit.executions} rows`),
    );
    const ofCopy = (name) => (results.get(name) / limitRate).toFixed(2);
    console.log(`batch 100 / COPY: ${ofCopy('batch 100')} (target 0.5)`);
    console.log(`batch 1 / naive: ${(peak / naiveRate).toFixed(1)} (target 5)`);
    console.log(
      `nothing stored / naive: ${(emptyRate / naiveRate).toFixed(1)} (the most there could be)`,
    );
    console.log(`stored: ${bytes.toFixed(0)} bytes a step, indexes and bodies included`);
  });
}

export async function ladderOnPglite({ load, folder, total }) {
  const server = await startServer({ XRAY_DATA_DIR: path.join(folder, 'pglite') });
  await climb(load, 'pglite', server, total);
  await stop(server);
}

/** Measures each batch size. Returns executions/s by name. */
async function climb(load, name, server, total, stored) {
  await load.run(server, WARM_UP);
  const results = new Map();
  for (const [batch, concurrency] of RUNGS) {
    for (const gzip of [false, true]) {
      const rung = `batch ${batch}${gzip ? ', gzip' : ''}`;
      const label = `${name}, ${rung}, ${concurrency} clients`;
      const task = { batch, gzip, concurrency, count: total };
      await untilIdle(server);
      results.set(rung, await load.report(label, server, task, stored));
    }
  }
  return results;
}

async function limitOf(load, database, postmaster, total) {
  const sourceUrl = await database('limit_source');
  const source = await startServer({ DATABASE_URL: sourceUrl }, postmaster);
  await load.run(source, { batch: 100, concurrency: 8, count: total });
  await stop(source);
  const targetUrl = await database('limit_target');
  await startServer({ DATABASE_URL: targetUrl }, postmaster).then(stop);
  return await copyLimit(sourceUrl, targetUrl, 100);
}

async function bytesAStep(url) {
  const [{ bytes, executions }] = await query(
    url,
    `SELECT sum(pg_total_relation_size(c.oid))::float8 AS bytes,
      (SELECT count(*) FROM xray.executions)::float8 AS executions
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'xray' AND relkind = 'r'`,
  );
  return bytes / executions / STEPS;
}
