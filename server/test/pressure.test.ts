import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { LIMITS, type ErrorBody, type IngestResult } from '@xray/core';
import { BudgetShares, ByteBudget } from '#server/ingest/byte-budget.js';
import { GroupCommit } from '#server/ingest/group-commit.js';
import { splitBody } from '#server/ingest/split-body.js';
import { weightOf } from '#server/ingest/weight.js';
import { startServer } from '#server/main.js';
import { HeavyReads } from '#server/query/heavy-reads.js';
import type { ExecutionRecord, SaveOutcome } from '#server/store/execution-record.js';
import { API_KEY, APP, configFor, freshServer, newPlace } from './support/databases.js';
import { get, post, postOk } from './support/http.js';
import { startProcess } from './support/process.js';
import { snapshot } from './support/snapshots.js';

async function metric(url: string, line: RegExp): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(line.exec(metrics)?.[1] ?? Number.NaN);
}

describe('under pressure', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    // Jobs that are off by default have figures too. Nothing listens on port 9.
    server = await freshServer('pglite', {
      XRAY_PROOF: 'on',
      XRAY_OTLP_FORWARD_URL: 'http://127.0.0.1:9',
    });
  });
  afterAll(() => server.close());

  test('refuses at once with 503 what does not fit into memory, and takes the rest', async () => {
    // Each body has 15 MB, so at most four fit at once. All stay open until all have
    // begun.
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

  test('takes no more snapshots in a request than it can answer for', async () => {
    const shortest = (count: number): string => `[${'{},'.repeat(count - 1)}{}]`;
    const all = await post(server.url, shortest(LIMITS.snapshots));
    expect(all.status).toBe(400);
    expect(((await all.json()) as IngestResult).rejected).toHaveLength(LIMITS.snapshots);
    const over = [
      await post(server.url, shortest(LIMITS.snapshots + 1)),
      await post(server.url, '\n {}'.repeat(LIMITS.snapshots + 1), {
        'content-type': 'application/x-ndjson',
      }),
    ];
    for (const answer of over) {
      expect(answer.status).toBe(413);
      expect(((await answer.json()) as ErrorBody).error.details).toEqual([
        { path: '', code: 'too_large', limit: LIMITS.snapshots },
      ]);
    }
    expect(await metric(server.url, /xray_ingest_pending_bytes (\d+)/)).toBe(0);
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
    const sent = snapshot();
    await postOk(server.url, [sent, sent, snapshot({ appId: 'other' }), snapshot()]);
    expect((await metric(server.url, accepted)) - before).toBe(2);
    expect(await metric(server.url, rejected)).toBe(1);
  });

  test('documents every figure, and has every documented figure', async () => {
    const guide = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
    const documented = [...guide.matchAll(/^\| `(xray_\w+)/gm)].map(([, name]) => name).sort();
    const shown = await (await fetch(`${server.url}/metrics`)).text();
    const served = [...shown.matchAll(/^# TYPE (xray_\w+)/gm)].map(([, name]) => name).sort();
    expect(served.length).toBeGreaterThan(5);
    expect(documented).toEqual(served);
    expect(shown).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  test('a client that disconnects in the middle of a body costs nothing', async () => {
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
});

test('weighs the memory that a short text needs, and keeps within its memory', async () => {
  const place = await newPlace('pglite');
  const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
  onTestFinished(async () => {
    expect(await server.end('SIGTERM')).toBe(0);
    await place.remove();
  });
  const steps = Array.from({ length: LIMITS.steps }, () => ({ name: 's' }));
  // 4 MB of text, which would need about 250 MB of rows.
  const heavy = Array.from({ length: 30 }, () => snapshot({ steps }));
  const before = await peakBytes(server);
  const answers = await Promise.all(Array.from({ length: 4 }, () => post(server.url, heavy)));
  const statuses = answers.map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([413, 503]));
  const tooLarge = await answers[statuses.indexOf(413)]?.json();
  expect((tooLarge as ErrorBody).error.message).toMatch(/in parts/);
  expect((await peakBytes(server)) - before).toBeLessThan(400e6);
  expect(await postOk(server.url, heavy.slice(0, 2))).toMatchObject({ accepted: 2 });
  expect(await metric(server.url, /xray_ingest_pending_bytes (\d+)/)).toBe(0);
}, 180_000);

/** The peak memory of a process. */
async function peakBytes({ child }: { child: { pid?: number | undefined } }): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Texts that have broken parsers, decoders or databases before. */
const CORPUS = [
  '',
  ' \n',
  '\0',
  '\ufeff{}',
  'null',
  '-0',
  '1e999',
  '[',
  ']',
  '[,]',
  '[1,2',
  '{"a":',
  '"\\ud800"',
  '['.repeat(100_000),
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  '{"a":'.repeat(20_000),
  `[${'{},'.repeat(2_000)}{}]`,
  `[${'null,'.repeat(5_000)}0]`,
  `{"executionId":"a","executionId":"b","appId":"${APP}","pipeline":"p","steps":[]}`,
  `{"executionId":"p","appId":"${APP}","pipeline":"p","steps":[],"__proto__":{"a":1},"constructor":{"prototype":1}}`,
  `{"executionId":"n","appId":"${APP}","pipeline":"\\u0000","steps":[{"name":"\\udfff","durationMs":1e308}]}`,
  `{"executionId":"t","appId":"${APP}","pipeline":"p","startedAt":"-000001-01-01T00:00:00Z","steps":[]}`,
  `{"executionId":"r","appId":"${APP}","pipeline":"p","revision":9007199254740993,"steps":[]}`,
  `{"executionId":"s","appId":"${APP}","pipeline":"p","steps":[{"name":"s","sequence":2147483648}]}`,
  "'; DROP TABLE xray.executions; --",
  '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
];
const HOSTILE_REQUESTS = process.env.XRAY_TEST_FULL === '1' ? 10_000 : 1_000;

test(`survives ${HOSTILE_REQUESTS} malformed and hostile requests without a 5xx, in the same memory`, async () => {
  const place = await newPlace('pglite');
  const server = await startProcess(place, { XRAY_INIT_API_KEY: API_KEY });
  onTestFinished(async () => {
    expect(await server.end('SIGTERM')).toBe(0);
    await place.remove();
  });
  const body = fc.oneof(
    fc.constantFrom(...CORPUS),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 500 }),
    fc.array(fc.anything()).map((value) => JSON.stringify(value) ?? 'undefined'),
    fc
      .record({
        executionId: fc.anything(),
        steps: fc.anything(),
        appId: fc.constant(APP),
        pipeline: fc.string(),
      })
      .map((value) => JSON.stringify(value)),
  );
  const type = fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'text/html',
    ';',
    'a/b/c',
  );
  const encoding = fc.constantFrom('identity', 'gzip', 'br', 'gzip, gzip', 'zstd');
  const key = fc.oneof(
    { weight: 9, arbitrary: fc.constant(API_KEY) },
    fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  );
  const statuses = new Set<number>();
  const attack = async (numRuns: number): Promise<void> => {
    await fc.assert(
      fc.asyncProperty(
        body,
        type,
        encoding,
        key,
        fc.boolean(),
        async (text, contentType, contentEncoding, apiKey, isZipped) => {
          const bytes = isZipped ? gzipSync(text) : text;
          const answer = await post(server.url, bytes, {
            'content-type': contentType,
            'content-encoding': contentEncoding,
            'x-api-key': apiKey,
          });
          await answer.text();
          statuses.add(answer.status);
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns },
    );
  };
  const rss = async (): Promise<number> =>
    await metric(server.url, /process_resident_memory_bytes (\d+)/);
  await attack(HOSTILE_REQUESTS / 2);
  const before = await rss();
  await attack(HOSTILE_REQUESTS / 2);
  expect((await rss()) - before).toBeLessThan(100_000_000);
  expect([...statuses]).toEqual(expect.arrayContaining([202, 400, 401, 415]));
  expect(await postOk(server.url, snapshot())).toMatchObject({ accepted: 1 });
}, 900_000);

test('clients that send headers or bodies very slowly are cut off, while others are served', async () => {
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

/** Sends `start`, then `more` repeatedly. Resolves with the answer once the connection is cut. */
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

test('a key that sends too often must wait', async () => {
  const server = await freshServer('pglite', { XRAY_RATE_LIMIT: '3' });
  for (let i = 0; i < 3; i++) await postOk(server.url, snapshot());
  const refused = await post(server.url, snapshot());
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await server.close();
});

describe('cutting a body into snapshots', () => {
  test('gives each element’s own text, whatever it contains', () => {
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
  const record = (bytes: number) => ({ bytes, steps: [] }) as never;

  test('gathers records that arrive while a batch is running, within its bounds', async () => {
    const sizes: number[] = [];
    const gate = deferred();
    const commits = new GroupCommit<ExecutionRecord, SaveOutcome>({
      weightOf,
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

  test('sends a second batch in parallel only when it is full', async () => {
    const sizes: number[] = [];
    const gate = deferred();
    const commits = new GroupCommit<ExecutionRecord, SaveOutcome>({
      weightOf,
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

  test('fails only the records of a batch that fails', async () => {
    let calls = 0;
    const commits = new GroupCommit<ExecutionRecord, SaveOutcome>({
      weightOf,
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

test('one caller leaves a share of the budget to the others, unless it has a single request', async () => {
  const budget = new ByteBudget(100);
  const shares = new BudgetShares(budget, 75);
  const taken: Record<string, boolean> = {};
  await shares.run('alone', async (share) => {
    taken['alone'] = share.take(100);
    share.give(100);
  });
  await shares.run('a', async (first) => {
    taken['a first'] = first.take(70);
    await shares.run('a', async (second) => {
      taken['a second'] = second.take(10);
      await shares.run('b', async (other) => {
        taken['b'] = other.take(30);
        other.give(30);
      });
    });
    first.give(70);
  });
  expect(taken).toEqual({ alone: true, 'a first': true, 'a second': false, b: true });
  expect(budget.usedBytes).toBe(0);
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

describe('heavy questions', () => {
  const here = new AbortController().signal;

  test('are refused if the line is full, or their turn does not come', async () => {
    const reads = new HeavyReads({ atOnce: 1, waiting: 1, patienceMs: 20 }, new Registry());
    const read: string[] = [];
    let end = (): void => {};
    const first = reads.run(here, () => new Promise((resolve) => (end = resolve)));
    const waiting = reads.run(here, async () => void read.push('waiting'));
    const refused = reads.run(here, async () => void read.push('refused'));
    for (const refusedRead of [refused, waiting]) {
      await expect(refusedRead).rejects.toMatchObject({ code: 'unavailable', retryAfterS: 2 });
    }
    end();
    await first;
    await reads.run(here, async () => void read.push('next'));
    expect(read).toEqual(['next']);
  });

  test('take turns in the order of arrival, also after one that failed or left', async () => {
    const reads = new HeavyReads({ atOnce: 1, waiting: 9, patienceMs: 60_000 }, new Registry());
    const read: number[] = [];
    const leaving = new AbortController();
    const runs = [0, 1, 2, 3].map((n) =>
      reads.run(n === 2 ? leaving.signal : here, async () => {
        read.push(n);
        if (n === 0) leaving.abort();
        if (n === 1) throw new Error('broken');
      }),
    );
    const ends = await Promise.allSettled(runs);
    expect(ends.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(read).toEqual([0, 1, 3]);
  });
});
