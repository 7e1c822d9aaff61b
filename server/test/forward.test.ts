import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { decodeTraces, encodeResponse } from '@xray/otlp';
import { ConfigError, loadConfig } from '#server/config.js';
import { otlpBytes } from '#server/records/otlp-export.js';
import { Forwarder } from '#server/upkeep/forwarder.js';
import {
  API_KEY,
  APP,
  freshAppStore,
  freshServer,
  type Store,
  whenCommitted,
} from './support/databases.js';
import { detail, fetchWithKey, list, postOk } from './support/http.js';
import { otlpServer, type OtlpServer } from './support/otlp.js';
import { FULL_SNAPSHOT, recordOf, snapshot } from './support/snapshots.js';

/** The answers that an endpoint gives, and the executions that it took. */
interface Endpoint {
  url: string;
  taken: string[];
  /** The status of the next answers; then 200. */
  answers: { status: number; headers?: Record<string, string> }[];
  /** Requests that hold this execution are refused with 400. */
  refuses: string | undefined;
}

async function endpoint(): Promise<Endpoint> {
  const made: Endpoint = { url: '', taken: [], answers: [], refuses: undefined };
  const http = createServer((req, res) => {
    const answer = async (): Promise<void> => {
      const body = await bodyOf(req);
      const { spans } = decodeTraces(gunzipSync(body), 'protobuf');
      const ids = spans
        .filter(({ attributes }) => attributes['xray.execution.root'] === true)
        .map(({ attributes }) => String(attributes['xray.execution.id']));
      const isRefused = made.refuses !== undefined && ids.includes(made.refuses);
      const { status, headers } = isRefused
        ? { status: 400 }
        : (made.answers.shift() ?? { status: 200 });
      if (status === 200) made.taken.push(...ids);
      res.writeHead(status, headers).end(encodeResponse('traces', 'protobuf', undefined));
    };
    void answer();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  made.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/traces`;
  return made;
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function forwarderFor(store: Store, url: string) {
  const metrics = new Registry();
  const forwarder = new Forwarder({
    store: store.forwarding,
    target: { url, headers: {} },
    encode: async (bodies) => otlpBytes(bodies),
    metrics,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    signal: new AbortController().signal,
  });
  const all = async () => {
    let step = await forwarder.step();
    while (step.kind === 'moved') step = await forwarder.step();
    return step;
  };
  return { step: () => forwarder.step(), resign: () => forwarder.resign(), all, metrics };
}

describe('the forwarder', () => {
  const save = async (store: Store, ...ids: string[]) => {
    await store.saveExecutions(ids.map((executionId) => recordOf(snapshot({ executionId }))));
    await whenCommitted(store);
  };

  test('sends what is stored from its first start, and after an outage the rest, each once', async () => {
    const store = await freshAppStore('postgres');
    const to = await endpoint();
    await save(store, 'before');
    const forwarder = forwarderFor(store, to.url);
    expect(await forwarder.step()).toEqual({ kind: 'idle' });
    await save(store, 'a', 'b');
    await store.saveExecutions([recordOf(snapshot({ executionId: 'runs', status: 'running' }))]);
    to.answers.push({ status: 503 }, { status: 429, headers: { 'retry-after': '7' } });
    expect(await forwarder.step()).toMatchObject({ kind: 'failed' });
    expect(await forwarder.step()).toEqual({ kind: 'failed', afterMs: 7_000 });
    expect(await forwarder.metrics.metrics()).toContain('xray_otlp_forward_lag_executions 2');
    await forwarder.all();
    await save(store, 'c');
    await forwarder.all();
    expect(to.taken).toEqual(['a', 'b', 'c']);
    const text = await forwarder.metrics.metrics();
    expect(text).toContain('xray_otlp_forwarded_executions_total{result="sent"} 3');
    expect(text).toContain('xray_otlp_forward_failures_total 2');
    expect(text).toContain('xray_otlp_forward_lag_executions 0');
  });

  test('loses only the execution that the endpoint refuses, and counts it', async () => {
    const store = await freshAppStore('postgres');
    const to = await endpoint();
    const forwarder = forwarderFor(store, to.url);
    await forwarder.step();
    await save(store, 'a', 'b', 'bad', 'c', 'd');
    to.refuses = 'bad';
    await forwarder.all();
    expect(to.taken).toEqual(['a', 'b', 'c', 'd']);
    expect(await forwarder.metrics.metrics()).toContain(
      'xray_otlp_forwarded_executions_total{result="refused"} 1',
    );
  });

  test('of several servers on one database is one, until it stops', async () => {
    const store = await freshAppStore('postgres');
    const to = await endpoint();
    const [first, second] = [forwarderFor(store, to.url), forwarderFor(store, to.url)];
    await first.step();
    await save(store, 'a');
    await Promise.all([second.all(), first.all(), second.all()]);
    expect(to.taken).toEqual(['a']);
    await save(store, 'b');
    expect(await second.all()).toEqual({ kind: 'idle' });
    await first.resign();
    await second.all();
    await first.all();
    expect(to.taken).toEqual(['a', 'b']);
  });
});

describe('a server that forwards to another', () => {
  let receiver: OtlpServer;
  beforeAll(async () => {
    receiver = await otlpServer('postgres');
  });
  afterAll(() => receiver.close());

  test('gives it finished executions, equal in what the mapping promises, and their later revisions', async () => {
    const sender = await freshServer('postgres', {
      XRAY_OTLP_FORWARD_URL: `${receiver.url}/`,
      XRAY_OTLP_FORWARD_HEADERS: `x-api-key=${encodeURIComponent(API_KEY)}`,
    });
    onTestFinished(() => sender.close());
    const sent = { ...FULL_SNAPSHOT, trace: undefined };
    const lag = async () =>
      (await (await fetch(`${sender.url}/metrics`)).text()).match(
        /forward_lag_executions (\d+)/,
      )?.[1];
    await expect.poll(lag).toBe('0');
    await postOk(sender.url, sent);
    const arrived = async () => {
      await receiver.assemble(20_000);
      const path = `${receiver.url}/api/apps/${APP}/executions/${sent.executionId}`;
      const response = await fetchWithKey(path);
      return response.ok ? (await detail(receiver.url, sent.executionId)).snapshot : undefined;
    };
    await expect.poll(arrived, { timeout: 15_000 }).toBeDefined();
    const { decision, steps, pipeline } = (await arrived()) ?? sent;
    expect({ decision, pipeline }).toEqual({ decision: sent.decision, pipeline: sent.pipeline });
    expect(steps.map(({ rules, candidates }) => ({ rules, candidates }))).toEqual(
      sent.steps.map(({ rules, candidates }) => ({ rules, candidates })),
    );
    await postOk(sender.url, { ...sent, revision: 9, decision: { outcome: 'approved' } });
    await expect
      .poll(async () => (await arrived())?.decision?.outcome, { timeout: 15_000 })
      .toBe('approved');
    expect((await list(receiver.url, '?from=2000-01-01T00:00:00Z')).items).toHaveLength(1);
  });
});

test('wrong settings of the forwarder are named', () => {
  const load = (env: Record<string, string>) => () => loadConfig(env);
  expect(load({ XRAY_OTLP_FORWARD_URL: 'collector:4318' })).toThrow(/XRAY_OTLP_FORWARD_URL/);
  expect(load({ XRAY_OTLP_FORWARD_HEADERS: 'a=b' })).toThrow(ConfigError);
  const url = 'https://collector.example/otlp';
  const headers = (text: string) => ({
    XRAY_OTLP_FORWARD_URL: url,
    XRAY_OTLP_FORWARD_HEADERS: text,
  });
  expect(load(headers('no pair'))).toThrow(/x-api-key=secret/);
  expect(load(headers('a=%'))).toThrow(ConfigError);
  expect(load(headers('authorization=Bearer%20xr_1, x-b = c'))().forward).toEqual({
    url: `${url}/v1/traces`,
    headers: { authorization: 'Bearer xr_1', 'x-b': 'c' },
  });
});
