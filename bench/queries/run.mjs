// npm run bench -- queries: measures each question on a month of executions, and how its time grows.
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fill, untilIndexed } from './filled.mjs';
import { measureAll, printGrowth, printTable } from './measure.mjs';
import { explainAll, printSizes } from './plans.mjs';
import { query, withPostgres } from '../ingest/postgres.mjs';
import { startServer, stop } from '../ingest/server.mjs';

export const HELP = `npm run bench -- queries [options]
  p50 and p95 of each question over HTTP, beside its target; how much longer it takes at the larger size; what the plans
  of all statements read; bytes a step. The databases are filled first, which takes minutes, and kept for the next run.
  A filling that was interrupted continues.
  --executions N,M  sizes, rising, of five steps an execution (default 20000; the targets are for 1000000)
  --driver NAME     postgres (default), pglite (200000 executions at most) or both
  --asks N          how often each question is asked (default 40)
  --group NAME      executions (default) or decisions: rule history, rates, cases, suggestions
  --only TEXT       questions whose name holds it
  --data DIR        where the databases are kept (default ${path.join(tmpdir(), 'xray-bench-queries')})
`;
/** Parts to build first. */
export const parts = ['server'];

const MOST_ON_PGLITE = 200_000;

/** @param {string[]} args command line arguments */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      executions: { type: 'string', default: '20000' },
      driver: { type: 'string', default: 'postgres' },
      asks: { type: 'string', default: '40' },
      group: { type: 'string', default: 'executions' },
      only: { type: 'string', default: '' },
      data: { type: 'string', default: path.join(tmpdir(), 'xray-bench-queries') },
    },
  });
  const sizes = values.executions.split(',').map(Number);
  const wanted = { asks: Number(values.asks), group: values.group, only: values.only };
  await mkdir(values.data, { recursive: true });
  // Postgres refuses to run as root, so another user must be able to enter the folder.
  await chmod(values.data, 0o755);
  const found = [];
  for (const total of sizes) {
    if (values.driver !== 'pglite') {
      found.push(await onPostgres(path.join(values.data, `postgres-${total}`), total, wanted));
    }
    if (values.driver !== 'postgres' && total <= MOST_ON_PGLITE) {
      const folder = path.join(values.data, `pglite-${total}`);
      const label = `pglite, ${total} executions`;
      const figures = await onPglite(folder, total, wanted);
      printTable(label, figures);
    }
  }
  printGrowth(found);
}

async function onPostgres(folder, total, wanted) {
  await mkdir(folder, { recursive: true });
  let log = '';
  const onLog = (text) => (log += text);
  let figures;
  const use = async ({ database, postmaster }) => {
    const url = await database('xray');
    const env = { DATABASE_URL: url };
    await fill({ env, folder, total });
    const server = await startServer(env, postmaster);
    try {
      await untilIndexed(server);
      await query(url, 'VACUUM ANALYZE');
      figures = await measureAll(server, total, wanted);
    } finally {
      await stop(server);
    }
    printTable(`postgres, ${total} executions`, figures);
    await printSizes(url);
    await explainAll({ env, url, total, wanted, readLog: () => log });
  };
  await withPostgres(folder, use, { keep: true, onLog });
  return { total, figures };
}

async function onPglite(folder, total, wanted) {
  const env = { XRAY_DATA_DIR: folder };
  await fill({ env, folder, total });
  const server = await startServer(env);
  try {
    await untilIndexed(server);
    return await measureAll(server, total, wanted);
  } finally {
    await stop(server);
  }
}
