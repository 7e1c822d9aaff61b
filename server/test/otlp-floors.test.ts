import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Snapshot } from '@xray/core';
import { conventionsOf, hasRoot } from '@xray/otlp';
import { recordedRequests, type RecordedRequest } from '../../packages/otlp/test/bodies.js';
import { expectedFacts, factsIn } from '../../packages/otlp/test/facts.js';
import { tracesOf } from '../../packages/otlp/test/traces.js';
import { API_KEY, newPlace } from './support/databases.js';
import { detail, fetchWithKey, list } from './support/http.js';
import { postOtlp } from './support/otlp.js';
import { singleSpans } from './support/single-spans.js';
import { startProcess, type ServerProcess } from './support/process.js';

const FUZZ_MS = Number(process.env.XRAY_TEST_FUZZ_MS ?? 600_000);
/** More memory than any of these requests may cost a server. */
const MAX_RESIDENT_MB = 1_200;

async function freshProcess(): Promise<{
  server: ServerProcess;
  restart(): Promise<ServerProcess>;
}> {
  const place = await newPlace('pglite');
  onTestFinished(() => place.remove());
  const start = () => startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
  const made = {
    server: await start(),
    /** Kills the server, and starts it again. */
    async restart() {
      await made.server.end('SIGKILL');
      made.server = await start();
      return made.server;
    },
  };
  onTestFinished(async () => void (await made.server.end('SIGTERM')));
  return made;
}

function residentMb({ child }: ServerProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** In an order that is the same in every run. */
function shuffled<T>(items: T[], seed: number): T[] {
  return (
    fc.sample(fc.shuffledSubarray(items, { minLength: items.length }), { seed, numRuns: 1 })[0] ??
    []
  );
}

describe.runIf(process.env.XRAY_TEST_FULL === '1')('the floors of OTLP', () => {
  const scenarios = [...recordedRequests()].filter(([name]) => !name.startsWith('opa/'));
  const requests = scenarios.flatMap(([, all]) => all);

  test('all recorded bodies in order, shuffled and doubled, and span by span give the same records after kills', async () => {
    const orders: Record<string, RecordedRequest[]> = {
      'in order': requests,
      'shuffled and doubled': shuffled([...requests, ...requests], 1),
      'span by span': shuffled(requests.flatMap(singleSpans), 2),
    };
    const results: Record<string, Snapshot[]> = {};
    for (const [name, order] of Object.entries(orders)) {
      const place = await freshProcess();
      const perKill = Math.ceil(order.length / 4);
      for (const [index, { path, contentType, body }] of order.entries()) {
        if (index > 0 && index % perKill === 0) await place.restart();
        const response = await postOtlp(place.server.url, path, body, {
          'content-type': contentType,
        });
        expect(response.status).toBe(200);
      }
      await place.restart();
      results[name] = await settled(place.server.url);
    }
    const [first = [], ...others] = Object.values(results);
    for (const other of others) expect(other).toEqual(first);
    const byTrace = new Map(first.map((snapshot) => [snapshot.trace?.traceId ?? '', snapshot]));
    let checked = 0;
    for (const [name, sent] of scenarios) {
      const facts = new Map(expectedFacts(name).map((fact) => [fact.traceId, fact]));
      for (const trace of tracesOf(sent)) {
        if (conventionsOf(trace).length === 0) continue;
        const snapshot = byTrace.get(trace.traceId);
        if (snapshot === undefined) throw new Error(`${name} ${trace.traceId} is not stored`);
        const spans = new Set(trace.spans.map(({ spanId }) => spanId));
        const stored = snapshot.steps.flatMap(({ spanId }) => (spanId ? [spanId] : []));
        expect([name, new Set(stored).size]).toEqual([name, stored.length]);
        for (const id of spans) expect([name, stored.includes(id)]).toEqual([name, true]);
        checked++;
        // Without a root the trace still runs, and ends after ten minutes.
        if (!hasRoot(trace)) continue;
        const fact = { ...facts.get(trace.traceId), conventions: undefined };
        expect([name, factsIn(trace.traceId, snapshot, false)]).toEqual([name, fact]);
      }
    }
    expect(checked).toBeGreaterThan(70);
  }, 900_000);

  test('a body of 20 MB, and traces of 2,000 spans, are stored whole, with little memory', async () => {
    const { server } = await freshProcess();
    const spanOf = (trace: string, id: number, text: string) => ({
      traceId: trace,
      spanId: id.toString(16).padStart(16, '0'),
      ...(id > 1 && { parentSpanId: '1'.padStart(16, '0') }),
      name: 'step',
      startTimeUnixNano: '1796050385401000000',
      endTimeUnixNano: '1796050385545000000',
      attributes: [
        { key: 'openinference.span.kind', value: { stringValue: 'TOOL' } },
        { key: 'input.value', value: { stringValue: text } },
      ],
    });
    const send = async (spans: object[]) =>
      await postOtlp(
        server.url,
        '/v1/traces',
        gzipSync(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
        { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      );
    const traces = Array.from({ length: 10 }, (_, index) => `${index}`.padStart(32, 'a'));
    for (const trace of traces) {
      const spans = Array.from({ length: 2_000 }, (_, index) =>
        spanOf(trace, index + 1, 'x'.repeat(100)),
      );
      expect((await send(spans)).status).toBe(200);
    }
    const large = 'b'.repeat(32);
    const parts = Array.from({ length: 340 }, (_, index) =>
      spanOf(large, index + 1, 'y'.repeat(60_000)),
    );
    expect((await send(parts)).status).toBe(200);
    expect((await send([...parts, ...parts.slice(0, 30)])).status).toBe(413);
    for (const trace of traces) {
      const steps = async () => (await found(server.url, trace))?.steps.length;
      await expect.poll(steps, { timeout: 60_000 }).toBe(2_000);
    }
    const whole = async () => await found(server.url, large);
    await expect.poll(whole, { timeout: 60_000 }).toMatchObject({ status: 'completed' });
    expect((await whole())?.steps).toHaveLength(340);
    // A record holds 5 MB. What did not fit is marked.
    expect((await whole())?.marks?.length).toBeGreaterThan(0);
    expect(residentMb(server)).toBeLessThan(MAX_RESIDENT_MB);
  }, 300_000);

  test(
    `hostile bytes for ${FUZZ_MS / 1000} s get a clear answer, and the server lives`,
    async () => {
      const { server } = await freshProcess();
      const seeds = requests.map(({ body }) => body).filter(({ length }) => length < 20_000);
      const bytes = fc.oneof(
        fc
          .tuple(
            fc.constantFrom(...seeds),
            fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
            fc.nat(),
          )
          .map(([seed, edits, cutAt]) => {
            const changed = Buffer.from(seed);
            for (const [place, byte] of edits) changed[place % changed.length] = byte;
            return cutAt % 4 === 0 ? changed.subarray(0, cutAt % changed.length) : changed;
          }),
        fc
          .nat(2_000)
          .map((depth) => Buffer.alloc(depth * 4, Uint8Array.of(0x2a, 0xff, 0xff, 0x7f))),
        fc.nat(5_000).map((depth) => Buffer.from('['.repeat(depth))),
        fc.uint8Array({ maxLength: 2_000 }).map((raw) => Buffer.from(raw)),
      );
      const request = fc.record({
        body: bytes,
        path: fc.constantFrom(
          '/v1/traces',
          '/v1/logs',
          '/api/public/otel/v1/traces',
          '/v1/opa/logs',
        ),
        type: fc.constantFrom('application/x-protobuf', 'application/json'),
        isPacked: fc.boolean(),
      });
      const statuses = new Map<number, number>();
      const until = Date.now() + FUZZ_MS;
      for (let seed = 1; Date.now() < until; seed++) {
        const batch = fc.sample(request, { seed, numRuns: 50 });
        const answers = await Promise.all(
          batch.map(({ body, path, type, isPacked }) =>
            postOtlp(server.url, path, isPacked ? gzipSync(body) : body, {
              'content-type': type,
              ...(isPacked && { 'content-encoding': 'gzip' }),
            }),
          ),
        );
        for (const answer of answers) {
          expect(await answer.text()).not.toContain('at Object.');
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        }
      }
      const known = new Set([200, 400, 413, 415, 503]);
      expect([...statuses.keys()].filter((status) => !known.has(status))).toEqual([]);
      expect(statuses.get(200)).toBeGreaterThan(0);
      expect((await fetch(`${server.url}/ready`)).status).toBe(200);
      expect(residentMb(server)).toBeLessThan(MAX_RESIDENT_MB);
      process.stdout.write(
        `answers: ${JSON.stringify([...statuses])}, ${Math.round(residentMb(server))} MB\n`,
      );
    },
    FUZZ_MS + 120_000,
  );
});

async function found(url: string, id: string): Promise<Snapshot | undefined> {
  const response = await fetchWithKey(`${url}/api/apps/my-loan-app/executions/${id}`);
  return response.ok ? (await detail(url, id)).snapshot : undefined;
}

/** All records, once nothing changes any more, without their revisions. */
async function settled(url: string): Promise<Snapshot[]> {
  const read = async (): Promise<Snapshot[]> => {
    const { items } = await list(url, '?limit=200&from=2000-01-01T00:00:00Z');
    const details = await Promise.all(items.map(({ executionId }) => detail(url, executionId)));
    expect(details.filter(({ server }) => server.conflict)).toEqual([]);
    return details
      .map(({ snapshot: { revision: _revision, ...snapshot } }) => snapshot)
      .sort((a, b) => (a.executionId < b.executionId ? -1 : 1));
  };
  let before = '';
  await expect
    .poll(
      async () => {
        const now = JSON.stringify(await read());
        const isSame = now === before && now.length > 2;
        before = now;
        return isSame;
      },
      { timeout: 120_000, interval: 8_000 },
    )
    .toBe(true);
  return await read();
}
