// Measures how ingest slows down as the tables grow, and reports what the database did meanwhile.
import { STEPS } from './load.mjs';
import { countRows, query, withPostgres } from './postgres.mjs';
import { untilIdle } from './process-figures.mjs';
import { startServer, stop } from './server.mjs';

const MANY = { batch: 100, concurrency: 8 };
const SINGLE = { batch: 1, concurrency: 64 };
/** Executions sent at half of the peak rate: enough to include a checkpoint or an autovacuum. */
const STEADY_SECONDS = 30;

/** @param {number[]} levels number of stored executions before each measurement, in rising order */
export async function growth({ load, folder, total }, levels) {
  await withPostgres(folder, async ({ database, postmaster }) => {
    const url = await database('xray');
    const server = await startServer({ DATABASE_URL: url }, postmaster);
    await load.run(server, { ...SINGLE, count: 5_000 });
    const rates = [];
    for (const level of [0, ...levels]) {
      const missing = level - (await countRows(url, 'xray.executions'));
      if (missing > 0) await load.run(server, { ...MANY, count: missing });
      rates.push(await measure(load, server, url, total, `${(level * STEPS) / 1e6}M steps`));
    }
    for (const [i, level] of levels.entries()) {
      const share = rates[i + 1] / rates[0];
      console.log(`at ${level * STEPS} steps: ${share.toFixed(2)} of the empty tables' rate`);
    }
    await stop(server);
  });
}

async function measure(load, server, url, total, name) {
  // The filling leaves dirty pages. Writing them must not count for the following load.
  await untilIdle(server);
  await query(url, 'VACUUM ANALYZE');
  await query(url, 'CHECKPOINT');
  const many = await load.report(`${name}, batch 100, 8 clients`, server, {
    ...MANY,
    count: total,
  });
  await untilIdle(server);
  const peak = await load.report(`${name}, batch 1, 64 clients`, server, {
    ...SINGLE,
    count: total,
  });
  await untilIdle(server);
  const before = await facts(url);
  await load.report(`${name}, batch 1, half the peak rate`, server, {
    batch: 1,
    concurrency: 256,
    ratePerSecond: peak / 2,
    seconds: STEADY_SECONDS,
  });
  const after = await facts(url);
  const more = Object.entries(after).map(([fact, value]) => `${fact} ${value - before[fact]}`);
  console.log(`  meanwhile: ${more.join(', ')}`);
  return many;
}

/** Database events that can make single answers slow. */
async function facts(url) {
  const [row] = await query(
    url,
    `SELECT (num_timed + num_requested)::int AS checkpoints,
      (SELECT (wal_bytes / 1e6)::int FROM pg_stat_wal) AS "MB of WAL",
      (SELECT wal_fpi::int FROM pg_stat_wal) AS "full pages in it",
      (SELECT sum(autovacuum_count + autoanalyze_count)::int FROM pg_stat_user_tables) AS "autovacuums"
    FROM pg_stat_checkpointer`,
  );
  return row;
}
