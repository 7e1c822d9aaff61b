import { request } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorBody, IngestResult, Snapshot } from '@xray/core';
import { generateApiKey } from '#server/auth/api-key.js';
import { API_KEY, APP, driverInCi, freshServer } from './support/databases.js';
import { detail, get, list, post, postOk } from './support/http.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';

async function errorOf(response: Response): Promise<ErrorBody['error']> {
  return ((await response.json()) as ErrorBody).error;
}

/** The event loop does not parse a body of this size itself. */
const LARGE = 'x'.repeat(600_000);

describe.each(driverInCi('postgres'))('POST /executions on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer(driver);
  });
  afterAll(() => server.close());

  const nested = (depth: number): unknown => (depth === 0 ? 'deep' : [nested(depth - 1)]);
  const readBack: [string, Snapshot][] = [
    [
      'the minimal body',
      {
        executionId: 'minimal',
        appId: APP,
        pipeline: 'p',
        steps: [{ name: 's', input: {}, output: [], status: 'completed' }],
      },
    ],
    ['no steps at all', snapshot({ executionId: 'no-steps', steps: [] })],
    ['every field of the wire format', FULL_SNAPSHOT],
    [
      'Unicode of every plane',
      snapshot({
        executionId: 'unicode',
        steps: [
          {
            name: 'né 決定 قرار 🏦',
            input: Array.from({ length: 17 }, (_, plane) =>
              String.fromCodePoint(plane * 0x10000 + 0x1f4),
            ),
            output: 'e\u0301 \u202e \ufeff \u2028',
          },
        ],
      }),
    ],
    [
      'an escaped U+0000 and half a surrogate pair',
      snapshot({
        executionId: 'nul',
        steps: [{ name: 'a\0b', input: { 'k\0': 'v\0' }, output: '\ud800' }],
      }),
    ],
    [
      'deep JSON',
      snapshot({ executionId: 'deep', steps: [{ name: 's', input: nested(190) as never }] }),
    ],
    [
      'numbers of 64 bits in strings, and the limits of doubles',
      snapshot({
        executionId: 'numbers',
        steps: [
          { name: 's', input: ['9223372036854775807', 5e-324, 1.7976931348623157e308, -0.1] },
        ],
      }),
    ],
    [
      'empty objects and prototype-like keys',
      JSON.parse(
        `{"executionId":"keys","appId":"${APP}","pipeline":"p","steps":[{"name":"s","input":{"__proto__":{"a":1},"constructor":{},"":{}}}]}`,
      ) as Snapshot,
    ],
    [
      'a thousand steps',
      snapshot({
        executionId: 'thousand',
        steps: Array.from({ length: 1000 }, (_, i) => ({
          sequence: i,
          name: `s${i}`,
          input: { i },
        })),
      }),
    ],
    [
      'what a thread reads, since it is large',
      snapshot({
        executionId: 'large',
        startedAt: '2026-11-01T00:00:00Z',
        steps: [{ name: 's', input: Array.from({ length: 40_000 }, (_, i) => `größe ${i}`) }],
      }),
    ],
  ];

  test.each(readBack)('reads back equal: %s', async (_name, sent) => {
    expect(await postOk(server.url, sent)).toEqual({
      accepted: 1,
      duplicates: 0,
      superseded: 0,
      rejected: [],
    });
    const { snapshot: stored, server: facts } = await detail(server.url, sent.executionId);
    expect(stored).toEqual(sent);
    expect(facts).toMatchObject({ conflict: false, stale: false });
    expect(facts.bytes).toBe(Buffer.byteLength(JSON.stringify(sent)));
  });

  test('returns the exact text, with numbers that no double can hold', async () => {
    const text = `{ "executionId":"big", "appId":"${APP}", "pipeline":"p", "steps":[{"name":"s","input":12345678901234567890}] }`;
    await post(server.url, `[${text}]`);
    const response = await fetch(`${server.url}/api/apps/${APP}/executions/big`, {
      headers: { 'x-api-key': API_KEY },
    });
    expect(await response.text()).toContain('12345678901234567890');
  });

  test('takes arrays, NDJSON, gzip and br, and both headers of the key', async () => {
    const three = [snapshot(), snapshot(), snapshot()];
    const text = JSON.stringify(three);
    const ndjson = `${three.map((sent) => JSON.stringify(sent)).join('\n')}\n`;
    expect(await postOk(server.url, three)).toMatchObject({ accepted: 3 });
    const gzip = await post(server.url, gzipSync(text), { 'content-encoding': 'gzip' });
    expect(await gzip.json()).toMatchObject({ duplicates: 3 });
    const br = await post(server.url, brotliCompressSync(text), { 'content-encoding': 'br' });
    expect(await br.json()).toMatchObject({ duplicates: 3 });
    const lines = await post(server.url, ndjson, { 'content-type': 'application/x-ndjson' });
    expect(await lines.json()).toMatchObject({ duplicates: 3 });
    const bearer = await fetch(`${server.url}/executions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        authorization: 'Bearer xr_test_key_of_at_least_32_characters',
      },
      body: text,
    });
    expect(await bearer.json()).toMatchObject({ duplicates: 3 });
  });

  test('accepts small and large elements of an array by their positions', async () => {
    const sent = [
      snapshot({ output: LARGE }),
      { ...snapshot({ executionId: 'large and bad', output: LARGE }), pipeline: 7 },
      snapshot(),
    ];
    expect(await postOk(server.url, sent)).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, executionId: 'large and bad', code: 'invalid', retryable: false }],
    });
    const [first] = sent;
    const { snapshot: stored } = await detail(server.url, first?.executionId ?? '');
    expect(stored).toEqual(first);
  });

  test('stores the valid elements of an array and names the invalid ones, by position', async () => {
    const good = snapshot();
    const bad = { ...snapshot({ executionId: 'bad' }), pipeline: 'x'.repeat(129) };
    const foreign = snapshot({ executionId: 'foreign', appId: 'someone-else' });
    const body = `[${JSON.stringify(bad)}, ${JSON.stringify(good)}, {"cut": tru}, ${JSON.stringify(foreign)}]`;
    const response = await post(server.url, body);
    expect(response.status).toBe(202);
    const result = (await response.json()) as IngestResult;
    expect(result).toMatchObject({ accepted: 1, duplicates: 0, superseded: 0 });
    expect(result.rejected).toMatchObject([
      { index: 0, executionId: 'bad', code: 'invalid', retryable: false },
      { index: 2, executionId: null, code: 'invalid' },
      { index: 3, executionId: 'foreign', code: 'app_mismatch' },
    ]);
    expect(result.rejected[0]?.message).toMatch(/pipeline.*128/);
  });

  test('answers 400 with the same body if all of an array is rejected', async () => {
    const response = await post(server.url, [{}, 5]);
    expect(response.status).toBe(400);
    expect(((await response.json()) as IngestResult).rejected).toHaveLength(2);
    expect((await post(server.url, [])).status).toBe(202);
  });

  test('stores the same execution once if it is posted twenty times, at once and out of order', async () => {
    const base = snapshot();
    const revisions = Array.from({ length: 20 }, (_, i) => ((i * 7) % 20) + 1);
    await Promise.all(
      revisions.map((revision) =>
        postOk(server.url, { ...base, revision, steps: [{ name: `revision-${revision}` }] }),
      ),
    );
    const page = await list(server.url, '?limit=200');
    expect(page.items.filter((item) => item.executionId === base.executionId)).toHaveLength(1);
    const { snapshot: stored } = await detail(server.url, base.executionId);
    expect(stored.steps.map((step) => step.name)).toEqual(['revision-20']);
  });

  test('flags two bodies under one revision as a conflict', async () => {
    const sent = snapshot({ tags: ['a'] });
    await postOk(server.url, sent);
    expect(await postOk(server.url, { ...sent, sentAt: '2026-11-01T00:00:00Z' })).toMatchObject({
      duplicates: 1,
    });
    await postOk(server.url, { ...sent, tags: ['b'] });
    expect((await detail(server.url, sent.executionId)).server.conflict).toBe(true);
  });

  const refusals: [string, number, string, () => Promise<Response>][] = [
    [
      'no key',
      401,
      'unauthorized',
      () =>
        fetch(`${server.url}/executions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
    ],
    [
      'a wrong key',
      401,
      'unauthorized',
      () => post(server.url, {}, { 'x-api-key': `xr_${'x'.repeat(40)}` }),
    ],
    [
      'another scheme than Bearer',
      401,
      'unauthorized',
      () =>
        fetch(`${server.url}/executions`, {
          method: 'POST',
          headers: { authorization: 'Basic eHI6' },
        }),
    ],
    [
      'the key of another app',
      403,
      'app_mismatch',
      () => post(server.url, snapshot({ appId: 'other' })),
    ],
    ['no JSON', 400, 'invalid', () => post(server.url, '{"executionId": ')],
    ['an empty body', 400, 'invalid', () => post(server.url, '')],
    ['JSON of another shape', 400, 'invalid', () => post(server.url, '"hello"')],
    ['an array that is not closed', 400, 'invalid', () => post(server.url, '[{"a":1}')],
    [
      'bytes that are not UTF-8',
      400,
      'invalid',
      () => post(server.url, new Uint8Array([0x22, 0xff, 0xfe, 0x22])),
    ],
    [
      'bytes that are not gzip',
      400,
      'invalid',
      () => post(server.url, 'plain', { 'content-encoding': 'gzip' }),
    ],
    [
      'an unknown content type',
      415,
      'unsupported_type',
      () => post(server.url, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    [
      'an unknown encoding',
      415,
      'unsupported_encoding',
      () => post(server.url, '{}', { 'content-encoding': 'zstd' }),
    ],
    ['a body of 30 MB', 413, 'too_large', () => post(server.url, Buffer.alloc(30_000_000, 0x20))],
    [
      'a zip bomb',
      413,
      'too_large',
      () =>
        post(server.url, gzipSync(Buffer.alloc(200_000_000, 0x20)), { 'content-encoding': 'gzip' }),
    ],
    [
      'a snapshot over its own limit',
      413,
      'too_large',
      () => post(server.url, snapshot({ output: 'x'.repeat(5_300_000) })),
    ],
    [
      'JSON nested too deep',
      400,
      'invalid',
      () =>
        post(
          server.url,
          `{"executionId":"d","appId":"${APP}","pipeline":"p","steps":[],"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
        ),
    ],
    [
      'another method',
      405,
      'method_not_allowed',
      () => fetch(`${server.url}/executions`, { method: 'PUT' }),
    ],
  ];
  test.each(refusals)(
    'refuses %s with %i %s, and stays alive',
    async (_name, status, code, send) => {
      const response = await send();
      expect(response.status).toBe(status);
      const error = await errorOf(response);
      expect(error.code).toBe(code);
      expect(error.requestId).toBe(response.headers.get('x-request-id'));
      expect(error.message.length).toBeGreaterThan(10);
      expect(await get<object>(`${server.url}/health`)).toMatchObject({ status: 'ok' });
    },
  );

  const malformed: [string, object, string, number | undefined][] = [
    [
      'outcome of a large one',
      { output: LARGE, decision: { outcome: 7 } },
      'decision.outcome',
      undefined,
    ],
    ['executionId', { executionId: 'has space' }, 'executionId', undefined],
    ['executionId', { executionId: 'x'.repeat(129) }, 'executionId', 128],
    ['pipeline', { pipeline: 7 }, 'pipeline', undefined],
    ['environment', { environment: 'e'.repeat(65) }, 'environment', 64],
    ['status', { status: 'done' }, 'status', undefined],
    ['startedAt', { startedAt: 'yesterday' }, 'startedAt', undefined],
    ['steps', { steps: undefined }, 'steps', undefined],
    ['steps', { steps: Array.from({ length: 10_001 }, () => ({ name: 's' })) }, 'steps', 10_000],
    ['steps[1].name', { steps: [{ name: 'a' }, { name: 'n'.repeat(129) }] }, 'steps[1].name', 128],
    [
      'steps[0].durationMs',
      { steps: [{ name: 'a', durationMs: 'long' }] },
      'steps[0].durationMs',
      undefined,
    ],
    [
      'steps[0].rules[0].id',
      { steps: [{ name: 'a', rules: [{ id: 'r'.repeat(129) }] }] },
      'steps[0].rules[0].id',
      128,
    ],
    [
      'decision.confidence',
      { decision: { outcome: 'x', confidence: 2 } },
      'decision.confidence',
      1,
    ],
  ];
  test.each(malformed)(
    'names the path of an invalid value: %s',
    async (_name, changes, path, limit) => {
      const response = await post(server.url, { ...snapshot(), ...changes });
      expect(response.status).toBe(400);
      const error = await errorOf(response);
      expect(error.message).toContain(path);
      const found = error.details?.find((item) => item.path === path);
      expect(found).toBeDefined();
      expect(found?.limit).toBe(limit);
    },
  );

  test('does not use more memory for refused requests', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
    const sendSome = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await post(server.url, bomb, { 'content-encoding': 'gzip' });
        await post(server.url, Buffer.alloc(25_000_000, 0x20));
      }
    };
    await sendSome();
    const before = process.memoryUsage().rss;
    await sendSome();
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });
});

test('accepts any origin at ingest, without credentials', async () => {
  const server = await freshServer('postgres');
  const preflight = await fetch(`${server.url}/executions`, {
    method: 'OPTIONS',
    headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  const sent = await post(server.url, snapshot(), { origin: 'https://shop.example' });
  expect(sent.status).toBe(202);
  for (const answer of [sent, await post(server.url, '{', { origin: 'https://shop.example' })]) {
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  }
  const read = await fetch(`${server.url}/api/apps`, {
    headers: { origin: 'https://shop.example' },
  });
  expect(read.headers.get('access-control-allow-origin')).toBeNull();
  await server.close();
});

test('accepts every spelling of its path, but none that contains a key', async () => {
  const server = await freshServer('postgres');
  onTestFinished(() => server.close());
  const send = async (path: string): Promise<number> =>
    await new Promise((resolve, reject) => {
      const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
      const req = request(server.url, { method: 'POST', path, headers }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.once('error', reject);
      req.end(JSON.stringify(snapshot()));
    });
  for (const path of ['/executions', '/executions/', '/Executions?a=b', `${server.url}/executions`])
    expect({ path, status: await send(path) }).toEqual({ path, status: 202 });
  for (const path of ['/executionsx', '/executions/x', '/x/executions'])
    expect({ path, status: await send(path) }).toEqual({ path, status: 404 });
  const { key } = generateApiKey();
  for (const path of [`/executions?key=${key}`, '/executions?%00'])
    expect({ path, status: await send(path) }).toEqual({ path, status: 400 });
});
