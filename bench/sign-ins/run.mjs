// npm run bench -- sign-ins: measures ingest while strangers try to sign in.
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { APP, KEY, startServer, stop } from '../ingest/server.mjs';

export const HELP = `npm run bench -- sign-ins [options]
  Sends gzipped snapshots one after the other, first alone and then beside bursts of sign-ins with made-up addresses.
  Prints both p50 and their ratio, and fails when the ratio is above 2.
  --burst N     sign-ins at once (default 50)
  --requests N  snapshots in each half (default 300)
`;
export const parts = ['server'];
export const needsPeers = false;

/** The greatest ratio of the two p50 that is acceptable. */
const MOST = 2;

/** @param {string[]} args command line arguments */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      burst: { type: 'string', default: '50' },
      requests: { type: 'string', default: '300' },
    },
  });
  const [burst, requests] = [Number(values.burst), Number(values.requests)];
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-bench-'));
  const server = await startServer({ XRAY_DATA_DIR: folder, XRAY_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    await ingest(server.url, requests);
    const alone = median(await ingest(server.url, requests));
    const strangers = keepSigningIn(server.url, burst);
    const beside = median(await ingest(server.url, requests));
    const answered = await strangers.stop();
    const ratio = beside / alone;
    process.stdout.write(
      `ingest p50 alone ${alone.toFixed(1)} ms, beside ${burst} sign-ins at once ${beside.toFixed(1)} ms: ${ratio.toFixed(2)} times\n` +
        `sign-ins answered: ${[...answered].map(([status, count]) => `${count} with ${status}`).join(', ')}\n`,
    );
    if (ratio > MOST) process.exitCode = 1;
  } finally {
    await stop(server);
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns the time of each request, in ms */
async function ingest(url, requests) {
  const times = [];
  for (let sent = 0; sent < requests; sent++) {
    const steps = Array.from({ length: 5 }, (_, index) => ({
      name: `step ${index}`,
      input: { applicant: sent, amount: 25_000 },
      output: { score: 612, note: 'x'.repeat(200) },
    }));
    const snapshot = { executionId: crypto.randomUUID(), appId: APP, pipeline: 'loan', steps };
    const body = gzipSync(JSON.stringify(snapshot));
    const startedAt = performance.now();
    const response = await fetch(`${url}/executions`, {
      method: 'POST',
      headers: {
        'x-api-key': KEY,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body,
    });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
    await response.text();
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** Starts the next burst when the last one is answered. */
function keepSigningIn(url, burst) {
  const answered = new Map();
  const over = new AbortController();
  const running = (async () => {
    for (let round = 0; !over.signal.aborted; round++) {
      await Promise.all(Array.from({ length: burst }, (_, n) => signIn(url, `${round}-${n}`)));
    }
  })();
  return {
    async stop() {
      over.abort();
      await running;
      return answered;
    },
  };

  async function signIn(where, name) {
    const response = await fetch(`${where}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: where,
        // Each request has its own address. Otherwise the limit of wrong passwords would stop the hashing.
        'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`,
      },
      body: JSON.stringify({ email: `${name}@example.org`, password: 'a wrong password' }),
    });
    await response.text();
    answered.set(response.status, (answered.get(response.status) ?? 0) + 1);
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
