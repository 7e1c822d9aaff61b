// Runs the server's own retention job on a million steps while clients send.
import { STEPS } from './load.mjs';
import { rssMb, untilIdle } from './process-figures.mjs';
import { countRows, query, withPostgres } from './postgres.mjs';
import { APP, runXray, startServer, stop } from './server.mjs';

const EXPIRED = 200_000;
const KEPT_DAYS = 90;
const MANY = { batch: 100, concurrency: 8 };
/** The job starts at least a minute after the server. */
const ALONE_SECONDS = 50;
const SLICE_SECONDS = 5;

export async function retentionBesideIngest({ load, folder }) {
  await withPostgres(folder, async ({ database, postmaster }) => {
    const url = await database('xray');
    const env = { DATABASE_URL: url };
    const first = await startServer(env, postmaster);
    await load.run(first, { ...MANY, count: EXPIRED });
    await untilIdle(first);
    await stop(first);
    await age(url);
    await runXray(['retention', '--app', APP, '--days', String(KEPT_DAYS)], env);
    console.log(`${EXPIRED} executions (${EXPIRED * STEPS} steps) have expired`);

    const server = await startServer(env, postmaster);
    let acknowledged = 0;
    const ingest = async (seconds) => {
      const result = await load.run(server, { ...MANY, seconds });
      acknowledged += result.executions;
      return result;
    };
    const alone = await ingest(ALONE_SECONDS);
    const rssBefore = await rssMb(server.pid);
    let erased = await erasedSoFar(url);
    if (erased > 0) throw new Error('retention began before ingest was measured alone');
    while (erased === 0) {
      await ingest(SLICE_SECONDS);
      erased = await erasedSoFar(url);
    }
    const beside = { executions: 0, seconds: 0, p99Ms: 0, rss: 0 };
    const [startedAt, erasedAtStart] = [performance.now(), erased];
    while (erased < EXPIRED) {
      const slice = await ingest(SLICE_SECONDS);
      beside.executions += slice.executions;
      beside.seconds += slice.seconds;
      beside.p99Ms = Math.max(beside.p99Ms, slice.p99Ms);
      beside.rss = Math.max(beside.rss, await rssMb(server.pid));
      erased = await erasedSoFar(url);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const rate = beside.executions / beside.seconds;
    console.log(
      `ingest alone ${alone.rate.toFixed(0)} executions/s, p99 ${alone.p99Ms.toFixed(0)} ms, RSS ${rssBefore} MB`,
    );
    console.log(
      `beside retention ${rate.toFixed(0)} executions/s, worst p99 of ${SLICE_SECONDS} s ` +
        `${beside.p99Ms.toFixed(0)} ms, highest RSS ${beside.rss} MB`,
    );
    console.log(`of alone: ${(rate / alone.rate).toFixed(2)} (target 0.7)`);
    console.log(`retention: ${((erased - erasedAtStart) / seconds).toFixed(0)} executions/s`);
    await check(url, acknowledged);
    await stop(server);
  });
}

/** Moves all receive times into the past, then vacuums what the large update left behind. */
async function age(url) {
  const past = `interval '${KEPT_DAYS + 10} days'`;
  await query(
    url,
    `UPDATE xray.executions SET received_at = received_at - ${past}, at = at - ${past}`,
  );
  await query(url, 'VACUUM (FULL, ANALYZE) xray.executions');
  await query(url, 'CHECKPOINT');
}

async function erasedSoFar(url) {
  const [row] = await query(url, 'SELECT coalesce(sum(deleted), 0)::int AS n FROM xray.retention');
  return row.n;
}

/** Checks that exactly the expired executions are gone, with their bodies and steps. */
async function check(url, acknowledged) {
  const found = {
    executions: await countRows(url, 'xray.executions'),
    bodies: await countRows(url, 'xray.bodies'),
    steps: await countRows(url, 'xray.steps'),
  };
  const expected = {
    executions: acknowledged,
    bodies: acknowledged,
    steps: acknowledged * STEPS,
  };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`there is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  }
  console.log(`left, exactly: ${JSON.stringify(found)}`);
}
