import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY, newPlace } from './support/databases.js';
import { detail, list } from './support/http.js';
import { postOtlp, spansText } from './support/otlp.js';
import { snapshot } from './support/snapshots.js';
import { builtCollector } from './support/tools.js';
import { startProcess, type ServerProcess } from './support/process.js';

const KILLS = Number(process.env.XRAY_TEST_KILLS ?? 10);
const TRACES = 200;
const SPANS = 4;

interface Sent {
  trace: string;
  path: '/v1/traces' | '/executions';
  body: string;
}

/** The spans of traces, one span a request, and for every second trace the SDK's record of it, shuffled. */
function requests(): Sent[] {
  const all = Array.from({ length: TRACES }, () => randomBytes(16).toString('hex')).flatMap(
    (trace, place): Sent[] => [
      ...Array.from({ length: SPANS }, (_, index): Sent => ({
        trace,
        path: '/v1/traces',
        body: spansText({
          trace,
          id: String(index + 1),
          ...(index > 0 && { parent: '1' }),
          attributes: { 'openinference.span.kind': index === 0 ? 'CHAIN' : 'TOOL' },
        }),
      })),
      ...(place % 2 === 0 ? [] : [{ trace, path: '/executions' as const, body: recordOf(trace) }]),
    ],
  );
  return all
    .map((sent) => ({ sent, order: randomBytes(4).readUInt32LE() }))
    .sort((a, b) => a.order - b.order)
    .map(({ sent }) => sent);
}

function recordOf(trace: string): string {
  const ids = { traceId: trace, spanId: '00000000000000a1' };
  return JSON.stringify(snapshot({ executionId: `sdk-${trace}`, trace: ids }));
}

/** Sends as an exporter does: the same bytes again until they are acknowledged. */
async function sendUntilTaken(url: () => string, { path, body }: Sent): Promise<void> {
  for (;;) {
    const status = await postOtlp(url(), path, body).then(
      (response) => (response.ok ? 200 : response.status),
      () => 0,
    );
    if (status === 200) return;
    expect([0, 503]).toContain(status);
  }
}

/** Waits until all traces are whole and without conflict, and counts the executions. */
async function wholeTraces(url: string, sent: Sent[]): Promise<number> {
  const traces = [...new Set(sent.map(({ trace }) => trace))];
  const recorded = new Set(
    sent.filter(({ path }) => path === '/executions').map(({ trace }) => trace),
  );
  const steps = async (id: string) =>
    await detail(url, recorded.has(id) ? `sdk-${id}` : id).then(
      ({ snapshot: stored, server, spans = [] }) => ({
        steps: (recorded.has(id) ? spans : [stored]).flatMap((whole) => whole.steps).length,
        conflict: server.conflict,
      }),
      () => ({ steps: 0, conflict: false }),
    );
  await expect
    .poll(
      async () => {
        const found = await Promise.all(traces.map(steps));
        return found.filter(({ steps: count, conflict }) => count !== SPANS || conflict).length;
      },
      { timeout: 60_000, interval: 1_000 },
    )
    .toBe(0);
  const { items, nextCursor } = await list(url, '?limit=200&from=2000-01-01T00:00:00Z');
  expect(nextCursor).toBeNull();
  return items.length;
}

// Each kill is followed by a start of a server.
describe.runIf(process.env.XRAY_TEST_FULL === '1')('acknowledged spans', () => {
  test(`on pglite are each in one execution after ${KILLS} kills`, async () => {
    const place = await newPlace('pglite');
    onTestFinished(() => place.remove());
    const start = (): Promise<ServerProcess> => startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    let server = await start();
    const sent = requests();
    const left = [...sent];
    const perKill = Math.floor(sent.length / (KILLS + 1));
    for (let kill = 0; kill < KILLS; kill++) {
      const part = left.splice(0, perKill);
      const half = part.splice(0, part.length / 2);
      await Promise.all(half.map((request) => sendUntilTaken(() => server.url, request)));
      const rest = Promise.all(part.map((request) => sendUntilTaken(() => server.url, request)));
      await server.end('SIGKILL');
      server = await start();
      await rest;
    }
    await Promise.all(left.map((request) => sendUntilTaken(() => server.url, request)));
    expect(await wholeTraces(server.url, sent)).toBe(TRACES);
    await server.end('SIGTERM');
  }, 600_000);

  test('on postgres are each in one execution, though two servers share them', async () => {
    const place = await newPlace('postgres');
    onTestFinished(() => place.remove());
    const start = (): Promise<ServerProcess> => startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
    const servers = [await start(), await start()];
    const sent = requests();
    await Promise.all(
      sent.map((request, index) => sendUntilTaken(() => servers[index % 2]?.url ?? '', request)),
    );
    expect(await wholeTraces(servers[0]?.url ?? '', sent)).toBe(TRACES);
    await Promise.all(servers.map((server) => server.end('SIGTERM')));
  }, 600_000);

  test('come once through a Collector while the server behind it is stopped and killed', async ({
    skip,
  }) => {
    const tool = await builtCollector();
    if ('missing' in tool) return skip(tool.missing);
    const place = await newPlace('pglite');
    onTestFinished(() => place.remove());
    const port = await freePort();
    const start = (): Promise<ServerProcess> =>
      startProcess(place, { XRAY_INIT_API_KEY: API_KEY, PORT: String(port) });
    let server = await start();
    const collector = await startCollector(tool.file, server.url);
    onTestFinished(() => void collector.child.kill());
    const sent = requests().filter(({ path }) => path === '/v1/traces');
    const perStop = Math.floor(sent.length / 5);
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const part = sent.slice(collector.sent, collector.sent + perStop);
      await collector.take(part.slice(0, perStop / 2));
      await server.end(signal);
      // The Collector has the queue now.
      await collector.take(part.slice(perStop / 2));
      server = await start();
    }
    await collector.take(sent.slice(collector.sent));
    expect(await wholeTraces(server.url, sent)).toBe(TRACES);
    await server.end('SIGTERM');
  }, 900_000);
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

/** A Collector with a queue, which sends again until the server answers. */
async function startCollector(file: string, endpoint: string) {
  const port = await freePort();
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-collector-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = path.join(folder, 'config.yaml');
  await writeFile(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors: { batch: { timeout: '200ms', send_batch_size: 32 } },
      exporters: {
        otlphttp: {
          endpoint,
          headers: { 'x-api-key': API_KEY },
          sending_queue: { enabled: true, queue_size: 10_000 },
          retry_on_failure: {
            enabled: true,
            initial_interval: '200ms',
            max_interval: '2s',
            max_elapsed_time: '0s',
          },
        },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: {
          traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlphttp'] },
        },
      },
    }),
  );
  const child = spawn(file, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = text(child.stderr);
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(`${url}/v1/traces`, { method: 'POST' }).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
  return {
    child,
    log,
    sent: 0,
    async take(part: Sent[]): Promise<void> {
      for (const { body } of part) {
        const response = await postOtlp(url, '/v1/traces', body);
        expect(response.status).toBe(200);
        this.sent++;
      }
    },
  };
}
