// npm run bench -- ingest: measures the ingest rate, and whether it stays the same.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { growth } from './growth.mjs';
import { ladderOnPglite, ladderOnPostgres } from './ladder.mjs';
import { Load } from './load.mjs';
import { retentionBesideIngest } from './retention.mjs';
import { steadyOnPglite, steadyOnPostgres } from './steady.mjs';

export const HELP = `npm run bench -- ingest [options]
  Raw COPY (the limit), X-Ray over HTTP (batches of 1, 10, 100; gzip or not; clients in another process) and a naive
  Express handler, in executions/s and steps/s, with the number of rows found in the database afterwards.
  --executions N   executions a measurement (default 20000)
  --driver NAME    postgres (default), pglite or both
In place of that, one of
  --minutes N      N minutes at half of the peak rate, with the server's memory at each one's end
  --stored N,M     on empty tables and with N, then M executions of five steps stored; Postgres alone
  --retention      deletes a million steps beside ingest; Postgres alone, some minutes
  --shapes         ways of writing a batch, without HTTP, on both drivers (docs/adr/0004-how-a-batch-is-written.md)
`;
/** Parts to build first. */
export const parts = ['server'];

/** @param {string[]} args command line arguments */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      executions: { type: 'string', default: '20000' },
      driver: { type: 'string', default: 'postgres' },
      minutes: { type: 'string' },
      stored: { type: 'string' },
      retention: { type: 'boolean', default: false },
      shapes: { type: 'boolean', default: false },
    },
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-bench-'));
  // Postgres refuses to run as root, so another user must be able to enter the folder.
  await chmod(folder, 0o755);
  const load = await Load.start();
  const bench = { load, folder, total: Number(values.executions) };
  const minutes = Number(values.minutes);
  try {
    if (values.shapes) {
      // This module loads the built server, which exists only while a bench runs.
      const { shapes } = await import('./shapes.mjs');
      await shapes(bench);
    } else if (values.retention) {
      await retentionBesideIngest(bench);
    } else if (values.stored !== undefined) {
      await growth(bench, values.stored.split(',').map(Number));
    } else {
      if (values.driver !== 'pglite') {
        await (values.minutes ? steadyOnPostgres(bench, minutes) : ladderOnPostgres(bench));
      }
      if (values.driver !== 'postgres') {
        await (values.minutes ? steadyOnPglite(bench, minutes) : ladderOnPglite(bench));
      }
    }
  } finally {
    load.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
