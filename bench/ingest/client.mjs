// The clients, in their own process. Reports acknowledged requests and answer times over IPC.
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Connection } from './connection.mjs';
import { makeExecution } from './executions.mjs';

/** Interval between sends when requests follow a clock, in ms. */
const TICK_MS = 2;

process.on('message', async (task) => {
  process.send(await run(task));
});
process.send('here');

/**
 * Sends a number of `requests`, or sends for `seconds`. Without `ratePerSecond`, each client sends when its
 * last request is answered. With it, requests follow a clock, and answer times count from when the request
 * was due.
 */
async function run(task) {
  const { url, concurrency, requests, seconds, ratePerSecond } = task;
  const make = requestMaker(task);
  // Requests are created before the clock starts if they fit into memory.
  const made = requests && !ratePerSecond ? Array.from({ length: requests }, make) : undefined;
  const latencies = [];
  let failed = 0;
  let begun = 0;
  const connections = Array.from({ length: concurrency }, () => new Connection(url));
  const send = async (connection, dueAt) => {
    const request = made?.[begun] ?? make();
    begun++;
    const status = await connection.post(request);
    if (status === 202) latencies.push(performance.now() - dueAt);
    else failed++;
  };
  const startedAt = performance.now();
  const isOver = () =>
    requests ? begun >= requests : performance.now() - startedAt >= seconds * 1000;
  if (ratePerSecond === undefined) {
    const worker = async (connection) => {
      while (!isOver()) await send(connection, performance.now());
    };
    await Promise.all(connections.map(worker));
  } else {
    const idle = [...connections];
    const overdue = [];
    const sent = [];
    const sendAll = async (connection) => {
      for (let dueAt = overdue.shift(); dueAt !== undefined; dueAt = overdue.shift()) {
        await send(connection, dueAt);
      }
      idle.push(connection);
    };
    let due = 0;
    while (!isOver()) {
      const untilNow = Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1000);
      for (; due < Math.min(untilNow, requests ?? Infinity); due++) {
        overdue.push(startedAt + (due * 1000) / ratePerSecond);
      }
      while (overdue.length > 0 && idle.length > 0) sent.push(sendAll(idle.pop()));
      await setTimeout(TICK_MS);
    }
    await Promise.all(sent);
  }
  const elapsed = (performance.now() - startedAt) / 1000;
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  const quantile = (q) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))];
  return {
    seconds: elapsed,
    requests: latencies.length,
    failed,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

/** Returns a function that gives the next complete request: request line, headers and body. */
function requestMaker({ url, key, seed, batch, gzip }) {
  let index = 0;
  return () => {
    const executions = Array.from({ length: batch }, () => makeExecution(seed, index++));
    const text = JSON.stringify(batch === 1 ? executions[0] : executions);
    const body = gzip ? gzipSync(text, { level: 1 }) : Buffer.from(text);
    const head =
      `POST /executions HTTP/1.1\r\nhost: ${new URL(url).host}\r\nx-api-key: ${key}\r\n` +
      `content-type: application/json\r\n${gzip ? 'content-encoding: gzip\r\n' : ''}` +
      `content-length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  };
}
