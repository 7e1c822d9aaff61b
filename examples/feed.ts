import { parseArgs } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { startDemoPipelines } from './demo-pipelines.js';

const HELP = `node examples/dist/feed.js [--count N] [--interval-ms N] [--seed N]
  Makes decisions and records them with X-Ray until it is stopped, or N of them.
  --interval-ms   between two, on average (default 1000)
  --seed          other inputs (default: the time)
  XRAY_API_KEY    required: a key of the app
  XRAY_APP_ID     default my-loan-app
  XRAY_ENDPOINT   default http://localhost:4000
`;

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    'interval-ms': { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort());
}

process.exitCode = values.help ? help() : await feed();

function help(): number {
  process.stdout.write(HELP);
  return 0;
}

/** @returns the exit code: 1 if something was not delivered */
async function feed(): Promise<number> {
  const count = values.count === undefined ? Infinity : Number(values.count);
  const intervalMs = Number(values['interval-ms']);
  const { XRAY_API_KEY: apiKey, XRAY_APP_ID: appId, XRAY_ENDPOINT: endpoint } = process.env;
  if (!apiKey || Number.isNaN(count) || Number.isNaN(intervalMs)) {
    process.stderr.write(HELP);
    return 2;
  }
  const pipelines = startDemoPipelines(
    { apiKey, appId: appId ?? 'my-loan-app', endpoint },
    Number(values.seed),
  );
  for (let made = 0; made < count && !stopping.signal.aborted; made += 1) {
    await pipelines.decideNext();
    // Random intervals around the mean, so that the list looks like real traffic.
    const pauseMs = intervalMs * (0.25 + 1.5 * Math.random());
    if (pauseMs > 0) await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
  }
  const isDelivered = await pipelines.shutdown();
  const { recorded, failed } = pipelines.counts();
  console.log(
    `feed: ${recorded} executions recorded, ${failed} of them failed` +
      (isDelivered ? '' : '; not all of them were delivered'),
  );
  return isDelivered ? 0 : 1;
}
