// The clients, in a process of their own. Posts prepared bodies over kept-alive connections and reports
// over IPC what was acknowledged and how long each answer took.
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { makeExecution } from './executions.mjs';

process.on('message', async (task) => {
  const bodies = prepare(task);
  const result = await run(task, bodies);
  process.send(result);
});
process.send('here');

/** @param {{ seed: number, requests: number, batch: number, gzip: boolean }} task */
function prepare({ seed, requests, batch, gzip }) {
  return Array.from({ length: requests }, (_, request) => {
    const executions = Array.from({ length: batch }, (_, i) =>
      makeExecution(seed, request * batch + i),
    );
    const text = JSON.stringify(batch === 1 ? executions[0] : executions);
    return gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text);
  });
}

/** With `ratePerSecond` requests begin on a clock, whatever the answers do; without, as fast as they are answered. */
async function run({ url, key, gzip, concurrency, ratePerSecond }, bodies) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  const headers = {
    'x-api-key': key,
    'content-type': 'application/json',
    ...(gzip && { 'content-encoding': 'gzip' }),
  };
  const latencies = [];
  let failed = 0;
  const send = async (body, dueAt) => {
    const status = await post(`${url}/executions`, agent, headers, body);
    if (status === 202) latencies.push(performance.now() - dueAt);
    else failed++;
  };
  const startedAt = performance.now();
  if (ratePerSecond === undefined) {
    const left = bodies.values();
    const worker = async () => {
      for (const body of left) await send(body, performance.now());
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  } else {
    await Promise.all(
      bodies.map(async (body, i) => {
        const dueAt = startedAt + (i * 1000) / ratePerSecond;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
        await send(body, dueAt);
      }),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const quantile = (q) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))];
  return { seconds, failed, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

function post(url, agent, headers, body) {
  return new Promise((resolve) => {
    const req = http.request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      (res) => {
        res.resume();
        res.on('end', () => resolve(res.statusCode));
      },
    );
    req.on('error', () => resolve(0));
    req.end(body);
  });
}
