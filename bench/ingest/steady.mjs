// Sends at half of the peak rate and prints the server's memory at the end of each minute.
import path from 'node:path';
import { countRows, withPostgres } from './postgres.mjs';
import { startServer, stop } from './server.mjs';

const MANY = { batch: 100, concurrency: 8 };
/** Number of executions sent first, so that the server's code is compiled. */
const WARM_UP = 10_000;

export async function steadyOnPostgres({ load, folder, total }, minutes) {
  await withPostgres(folder, async ({ database, postmaster }) => {
    const url = await database('xray');
    const server = await startServer({ DATABASE_URL: url }, postmaster);
    await steady(load, 'postgres', server, total, minutes, () => countRows(url, 'xray.executions'));
    await stop(server);
  });
}

export async function steadyOnPglite({ load, folder, total }, minutes) {
  const server = await startServer({ XRAY_DATA_DIR: path.join(folder, 'pglite') });
  await steady(load, 'pglite', server, total, minutes);
  await stop(server);
}

async function steady(load, name, server, total, minutes, stored) {
  await load.run(server, { ...MANY, count: WARM_UP });
  const peak = await load.report(`${name}, batch 100, the peak`, server, { ...MANY, count: total });
  for (let minute = 1; minute <= minutes; minute++) {
    const task = {
      ...MANY,
      concurrency: 64,
      ratePerSecond: peak / 2 / MANY.batch,
      seconds: 60,
    };
    await load.report(`${name}, half the peak, minute ${minute}`, server, task, stored);
  }
}
