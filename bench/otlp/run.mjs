// npm run bench -- otlp: spans acknowledged and visible, beside Arize Phoenix.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contestants } from './contestants.mjs';
import { SPANS_PER_REQUEST, requestMaker } from './spans.mjs';

export const HELP = `npm run bench -- otlp [options]
  Sends traces of an agent, 8 spans of about 2.6 KB each, to X-Ray and to Arize Phoenix, one product after the other.
  Prints for each: spans acknowledged a second, spans visible 5 s after the load, and acknowledged spans
  that are lost when the product gets SIGTERM under load and starts again.
  --seconds N    length of the load, and of the load before SIGTERM (default 20)
  --clients N    requests at a time (default 4)
  --only NAMES   of pglite, postgres, phoenix-sqlite, phoenix-postgres, separated by commas
  --python FILE  a Python with arize-phoenix and psycopg (default: they are installed from PyPI into a folder
                 for temporary files, which takes minutes)
`;
export const parts = ['server', 'otlp'];

const VISIBLE_AFTER_MS = 5_000;
/** Without a new span for so long, nothing is still being stored. */
const QUIET_MS = 15_000;
const MOST_WAIT_MS = 300_000;

/** @param {string[]} args command line arguments */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '20' },
      clients: { type: 'string', default: '4' },
      only: { type: 'string' },
      python: { type: 'string' },
    },
  });
  const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-bench-'));
  // Postgres runs as another user when this is root.
  await chmod(folder, 0o755);
  const results = [];
  try {
    await contestants(
      { folder, python: values.python, only: values.only?.split(',') },
      async (each) => {
        const result = await measure(each, seconds, clients);
        results.push(result);
        process.stdout.write(`${line(result)}\n`);
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const stored = (name) => results.find((result) => result.name === name)?.visiblePerSecond;
  for (const [ours, theirs] of [
    ['pglite', 'phoenix-sqlite'],
    ['postgres', 'phoenix-postgres'],
  ]) {
    const [a, b] = [stored(ours), stored(theirs)];
    if (a !== undefined && b)
      process.stdout.write(`${ours} shows ${(a / b).toFixed(1)} times what ${theirs} shows\n`);
  }
  if (results.some(({ name, lost }) => !name.startsWith('phoenix') && lost !== 0))
    process.exitCode = 1;
}

async function measure({ name, start, countSpans }, seconds, clients) {
  let server = await start();
  const made = requestMaker();
  await load(server, made, 2, 1);
  const before = await untilQuiet(() => countSpans(server));
  const first = await load(server, made, seconds, clients);
  await delay(VISIBLE_AFTER_MS);
  const visible = (await countSpans(server)) - before;
  await untilQuiet(() => countSpans(server));
  const middle = await countSpans(server);
  const second = await load(server, made, seconds, clients);
  await server.stop();
  server = await start();
  const stored = (await untilQuiet(() => countSpans(server))) - middle;
  await server.stop();
  return {
    name,
    acknowledgedPerSecond: first.acknowledged / first.seconds,
    visiblePerSecond: visible / first.seconds,
    acknowledged: first.acknowledged,
    visible,
    refused: first.refused + second.refused,
    lost: second.acknowledged - stored,
    ofAcknowledged: second.acknowledged,
  };
}

function line(result) {
  return [
    result.name.padEnd(17),
    `${result.acknowledgedPerSecond.toFixed(0).padStart(6)} spans/s acknowledged`,
    `${result.visiblePerSecond.toFixed(0).padStart(6)} spans/s visible within 5 s (${result.visible} of ${result.acknowledged})`,
    `${result.refused} requests refused`,
    `lost on SIGTERM: ${result.lost} of ${result.ofAcknowledged}`,
  ].join('  ');
}

/** Sends requests for some seconds. A refused request is counted, and not sent again. */
async function load({ url, headers }, made, seconds, clients) {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  let acknowledged = 0;
  let refused = 0;
  const client = async () => {
    while (performance.now() < until) {
      const response = await fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', ...headers },
        body: made(),
      }).catch(() => undefined);
      await response?.arrayBuffer();
      if (response?.ok === true) acknowledged += SPANS_PER_REQUEST;
      else refused++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { acknowledged, refused, seconds: (performance.now() - startedAt) / 1_000 };
}

/** The count, once it stays the same. */
async function untilQuiet(count) {
  const end = performance.now() + MOST_WAIT_MS;
  let last = await count();
  let changedAt = performance.now();
  while (performance.now() - changedAt < QUIET_MS && performance.now() < end) {
    await delay(1_000);
    const now = await count();
    if (now !== last) changedAt = performance.now();
    last = now;
  }
  return last;
}

async function delay(ms) {
  await new Promise((done) => setTimeout(done, ms));
}
