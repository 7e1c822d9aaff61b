import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ByteBudget } from '#server/ingest/byte-budget.js';
import { GroupCommit } from '#server/ingest/group-commit.js';
import { splitBody } from '#server/ingest/split-body.js';
import { startServer } from '#server/main.js';
import { API_KEY, configFor, freshServer, newPlace } from './support/databases.js';
import { get, post, postOk } from './support/http.js';
import { snapshot } from './support/snapshots.js';

async function metric(url: string, line: RegExp): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(line.exec(metrics)?.[1] ?? Number.NaN);
}

describe('under pressure', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer('pglite');
  });
  afterAll(() => server.close());

  test('refuses at once with 503 what does not fit into memory, and takes the rest', async () => {
    // 15 MB each, of which no more than four fit at once; all are held open until all have begun.
    const large = JSON.stringify(
      Array.from({ length: 5 }, () => snapshot({ output: 'x'.repeat(3_000_000) })),
    );
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(server.url, large)));
    const statuses = answers.map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([202, 503]));
    const refused = answers.find((answer) => answer.status === 503);
    expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await metric(server.url, /xray_ingest_pending_bytes (\d+)/)).toBe(0);
    expect(await postOk(server.url, snapshot())).toMatchObject({ accepted: 1 });
  });

  test('concurrent requests share commits', async () => {
    const count = /xray_ingest_batch_size_count (\d+)/;
    const before = await metric(server.url, count);
    await Promise.all(Array.from({ length: 100 }, () => postOk(server.url, snapshot())));
    expect((await metric(server.url, count)) - before).toBeLessThan(60);
  });

  test('counts each snapshot under one name', async () => {
    const accepted = /xray_ingest_snapshots_total\{app="my-loan-app",result="accepted"\} (\d+)/;
    const rejected = /xray_ingest_rejected_total\{code="app_mismatch"\} (\d+)/;
    const before = await metric(server.url, accepted);
    const one = snapshot();
    await postOk(server.url, [one, one, snapshot({ appId: 'other' }), snapshot()]);
    expect((await metric(server.url, accepted)) - before).toBe(2);
    expect(await metric(server.url, rejected)).toBe(1);
  });

  test('a client that goes away in mid-body costs nothing', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `POST /executions HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${API_KEY}\r\n` +
        'content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"half":',
    );
    socket.destroySoon();
    await once(socket, 'close');
    await expect.poll(() => metric(server.url, /xray_ingest_pending_bytes (\d+)/)).toBe(0);
    expect(await get<object>(`${server.url}/health`)).toMatchObject({ status: 'ok' });
  });

  test('survives hostile bodies without a 5xx', async () => {
    const hostile = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.array(fc.anything()).map((value) => JSON.stringify(value) ?? 'undefined'),
      fc
        .record({
          executionId: fc.anything(),
          steps: fc.anything(),
          appId: fc.constant('my-loan-app'),
          pipeline: fc.string(),
        })
        .map((value) => JSON.stringify(value)),
    );
    const types = fc.constantFrom('application/json', 'application/x-ndjson');
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(hostile, types, fc.boolean(), async (body, type, zipped) => {
        const headers = { 'content-type': type, ...(zipped && { 'content-encoding': 'gzip' }) };
        const response = await post(server.url, zipped ? gzipSync(body) : body, headers);
        await response.text();
        statuses.add(response.status);
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: process.env.XRAY_TEST_FULL === '1' ? 10_000 : 1000 },
    );
    expect(statuses).toContain(400);
  });
});

test('who dribbles headers or bodies in is cut off, while others are served', async () => {
  const place = await newPlace('pglite');
  const server = await startServer(configFor(place), {
    headersMs: 1_000,
    requestMs: 2_000,
    keepAliveMs: 5_000,
    checkEveryMs: 50,
  });
  onTestFinished(async () => {
    await server.stop();
    await place.remove();
  });
  const start = `POST /executions HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${API_KEY}\r\n`;
  const body = 'content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"executionId":"';
  const slow = [
    ...Array.from({ length: 20 }, () => dribble(server.url, start, 'x-more: headers\r\n')),
    ...Array.from({ length: 20 }, () => dribble(server.url, start + body, 'x')),
    ...Array.from({ length: 5 }, () => dribble(server.url, '', '')),
  ];
  let cut = 0;
  for (const answer of slow) void answer.then(() => cut++);
  while (cut < slow.length) {
    expect(await postOk(server.url, snapshot())).toMatchObject({ accepted: 1 });
  }
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(await metric(server.url, /xray_ingest_pending_bytes (\d+)/)).toBe(0);
});

/** Sends `start`, then `more` again and again; resolves with what was answered once the connection is cut. */
async function dribble(url: string, start: string, more: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(start);
  const dribbling = setInterval(() => socket.write(more), 100);
  try {
    return await text(socket);
  } finally {
    clearInterval(dribbling);
    socket.destroy();
  }
}

test('a key that sends too often is told to wait', async () => {
  const server = await freshServer('pglite', { XRAY_RATE_LIMIT: '3' });
  for (let i = 0; i < 3; i++) await postOk(server.url, snapshot());
  const refused = await post(server.url, snapshot());
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await server.close();
});

describe('cutting a body into snapshots', () => {
  test('gives each element’s own text, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 0, max: 3 }), (values, indent) => {
        const split = splitBody(JSON.stringify(values, null, indent), false);
        expect(split.kind).toBe('many');
        const texts = split.kind === 'many' ? split.texts : [];
        expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
      }),
    );
  });
});

describe('group commit', () => {
  const record = (bytes: number) => ({ bytes }) as never;

  test('gathers what arrives while a batch is on its way, within its bounds', async () => {
    const sizes: number[] = [];
    const gate = deferred();
    const commits = new GroupCommit({
      save: async (records) => {
        sizes.push(records.length);
        await gate.promise;
        return records.map(() => ({ kind: 'accepted' as const }));
      },
      maxRecords: 4,
      maxBytes: 100,
      concurrency: 1,
    });
    const saved = [
      commits.save([record(1)]),
      commits.save([record(1), record(1), record(1)]),
      commits.save([record(1), record(90)]),
      commits.save([record(90)]),
    ];
    gate.resolve();
    await Promise.all(saved);
    expect(sizes).toEqual([1, 4, 1, 1]);
  });

  test('sends a batch beside another only when it is full', async () => {
    const sizes: number[] = [];
    const gate = deferred();
    const commits = new GroupCommit({
      save: async (records) => {
        sizes.push(records.length);
        await gate.promise;
        return records.map(() => ({ kind: 'accepted' as const }));
      },
      maxRecords: 3,
      maxBytes: 100,
      concurrency: 3,
    });
    const saved = [1, 2, 3].map(() => commits.save([record(1)]));
    expect(sizes).toEqual([1]);
    saved.push(commits.save([record(1)]));
    expect(sizes).toEqual([1, 3]);
    saved.push(commits.save([record(60)]));
    expect(sizes).toEqual([1, 3]);
    saved.push(commits.save([record(60)]));
    expect(sizes).toEqual([1, 3, 1]);
    gate.resolve();
    await Promise.all(saved);
    expect(sizes).toEqual([1, 3, 1, 1]);
  });

  test('a batch that fails fails those in it alone', async () => {
    let calls = 0;
    const commits = new GroupCommit({
      save: async (records) => {
        if (++calls === 1) throw new Error('database gone');
        return records.map(() => ({ kind: 'accepted' as const }));
      },
      maxRecords: 10,
      maxBytes: 100,
      concurrency: 1,
    });
    const [first, second] = await Promise.allSettled([
      commits.save([record(1)]),
      commits.save([record(1)]),
    ]);
    expect(first).toMatchObject({ status: 'rejected' });
    expect(second).toMatchObject({ status: 'fulfilled' });
  });
});

test('a byte budget never gives more than it has', () => {
  const budget = new ByteBudget(10);
  expect(budget.take(7)).toBe(true);
  expect(budget.take(4)).toBe(false);
  budget.give(7);
  expect(budget.take(10)).toBe(true);
  expect(budget.usedBytes).toBe(10);
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
