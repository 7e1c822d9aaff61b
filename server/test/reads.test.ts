import * as fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  AppList,
  ErrorBody,
  ExecutionDetail,
  ExecutionSummary,
  Facets,
  Histogram,
  PipelineList,
  Snapshot,
  StepDetail,
} from '@xray/core';
import { createApp } from '#server/app.js';
import { hashApiKey } from '#server/auth/api-key.js';
import { openBackend } from '#server/main.js';
import {
  changed,
  API_KEY,
  APP,
  driverInCi,
  configFor,
  freshServer,
  newPlace,
} from './support/databases.js';
import { detail, fetchWithKey, get, list, post, postOk } from './support/http.js';
import { newKey } from './support/keys.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';

describe.each(driverInCi('postgres'))('reads on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  const start = Date.parse('2026-11-01T00:00:00Z');
  const total = 120;
  beforeAll(async () => {
    server = await freshServer(driver);
    const many = Array.from({ length: total }, (_, i) =>
      snapshot({
        executionId: `e${i}`,
        pipeline: i % 3 === 0 ? 'loan' : 'offer',
        status: i % 10 === 0 ? 'failed' : 'completed',
        environment: i % 2 === 0 ? 'prod' : 'test',
        // Two executions share each instant, so the tiebreaker is needed.
        startedAt: new Date(start + Math.floor(i / 2) * 1000).toISOString(),
        ...(i % 5 > 0 && { durationMs: (i % 7) * 1.1 }),
        ...(i % 4 === 0 && { decision: { outcome: 'declined', reasons: [{ code: 'SCORE_LOW' }] } }),
      }),
    );
    await postOk(server.url, many);
  });
  afterAll(() => server.close());

  async function allPages(query: string): Promise<ExecutionSummary[]> {
    const items: ExecutionSummary[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await list(server.url, `?limit=7${query}${cursor && `&cursor=${cursor}`}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  test('pages through everything once, newest first', async () => {
    const items = await allPages('');
    expect(new Set(items.map((item) => item.executionId)).size).toBe(total);
    expect(items).toHaveLength(total);
    const times = items.map((item) => item.at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test('a page stays the same while new executions arrive', async () => {
    const first = await list(server.url, '?limit=10&environment=test');
    await postOk(server.url, snapshot({ executionId: `later-${driver}`, environment: 'test' }));
    const second = await list(server.url, `?limit=10&environment=test&cursor=${first.nextCursor}`);
    const ids = new Set(first.items.map((item) => item.executionId));
    expect(second.items.some((item) => ids.has(item.executionId))).toBe(false);
  });

  test('filters by pipeline, status, outcome, environment and time, together', async () => {
    expect(await allPages('&pipeline=loan')).toHaveLength(40);
    expect(await allPages('&status=failed')).toHaveLength(12);
    expect(await allPages('&outcome=declined')).toHaveLength(30);
    expect(await allPages('&pipeline=loan&status=failed&environment=prod')).toHaveLength(4);
    const from = new Date(start + 10_000).toISOString();
    const to = new Date(start + 20_000).toISOString();
    expect(await allPages(`&from=${from}&to=${to}`)).toHaveLength(20);
  });

  test('filters by q and by the other parameters together', async () => {
    const q = encodeURIComponent('outcome:declined -pipeline:loan (env:prod OR status:failed)');
    expect(await allPages(`&q=${q}`)).toHaveLength(20);
    expect(await allPages(`&q=${q}&environment=test`)).toHaveLength(0);
  });

  test.each(['at', 'duration', 'received'] as const)(
    'pages through everything once by %s, in both directions',
    async (key) => {
      const up = await allPages(`&sort=${key}`);
      const down = await allPages(`&sort=-${key}`);
      expect(up.length).toBeGreaterThanOrEqual(total);
      expect(new Set(up.map((item) => item.executionId)).size).toBe(up.length);
      expect(down).toEqual(up.toReversed());
      const keys = up.map((item) =>
        key === 'duration'
          ? (item.durationMs ?? -1)
          : Date.parse(key === 'at' ? item.at : item.receivedAt),
      );
      expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    },
  );

  test('gives the position of an error in q', async () => {
    const q = encodeURIComponent('pipeline:loan outcom:declined');
    const response = await fetchWithKey(`${server.url}/api/apps/${APP}/executions?q=${q}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as ErrorBody).error).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('outcome:'),
      details: [{ path: 'q', code: 'unknown_field', position: 14 }],
    });
  });

  test('a cursor is valid only for its own filter and order', async () => {
    const { nextCursor } = await list(server.url, '?limit=5');
    for (const other of ['sort=at', 'q=tag:vip', 'pipeline=loan', `from=2026-01-01T00:00:00Z`]) {
      const response = await fetchWithKey(
        `${server.url}/api/apps/${APP}/executions?cursor=${nextCursor}&${other}`,
      );
      expect(response.status).toBe(400);
      expect(((await response.json()) as ErrorBody).error.details).toEqual([
        { path: 'cursor', code: 'other_cursor' },
      ]);
    }
  });

  test('shows the headers of an execution in the list', async () => {
    await postOk(server.url, { ...FULL_SNAPSHOT, executionId: `full-${driver}` });
    const { items } = await list(server.url, '?outcome=declined&environment=prod&limit=200');
    expect(items.find((item) => item.executionId === `full-${driver}`)).toMatchObject({
      pipeline: 'loan-approval',
      adverse: true,
      reasons: ['SCORE_LOW', 'DTI_HIGH'],
      subjects: [{ type: 'applicant', id: '8123' }],
      versions: { code: '1.2.3', ruleset: 'r42' },
      tags: ['vip', 'retry'],
      stepCount: 3,
      failedStepCount: 1,
      errorType: 'TimeoutError',
      durationMs: 12.375,
      revision: 3,
      at: '2026-11-01T12:00:00.000Z',
    });
  });

  test('counts the matching executions, by value and by time', async () => {
    const base = `${server.url}/api/apps/${APP}`;
    const range = 'from=2026-11-01T00:00:00Z&to=2026-11-01T00:01:00Z&q=outcome:declined';
    const facets = await get<Facets>(`${base}/facets?${range}`);
    expect(facets.total).toBe(30);
    expect(facets.items.find(({ field }) => field === 'reason')).toEqual({
      field: 'reason',
      values: [{ value: 'SCORE_LOW', count: 30 }],
      more: 0,
    });
    const histogram = await get<Histogram>(`${base}/histogram?${range}&by=status&buckets=4`);
    expect(histogram).toMatchObject({ total: 30, bucketMs: 30_000, by: 'status' });
    expect(histogram.series).toEqual([
      { value: 'completed', counts: [12, 12] },
      { value: 'failed', counts: [3, 3] },
    ]);
  });

  test.each([
    ['facets?q=nope:x', 'q', 'unknown_field'],
    ['histogram?by=pipeline', 'by', 'invalid_value'],
    ['facets?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z', 'from', 'empty_range'],
    ['facets?values=1000', 'values', 'too_big'],
  ])('%s is refused at %s', async (path, at, code) => {
    const response = await fetchWithKey(`${server.url}/api/apps/${APP}/${path}`);
    expect(response.status).toBe(400);
    const { details } = ((await response.json()) as ErrorBody).error;
    expect(details).toEqual([expect.objectContaining({ path: at, code })]);
  });

  test('leaves out large parts on request, and returns a complete step', async () => {
    const id = `payloads-${driver}`;
    await postOk(server.url, { ...FULL_SNAPSHOT, executionId: id });
    const { snapshot: light } = await detail(server.url, id, '?payloads=false');
    expect(light).not.toHaveProperty('input');
    expect(light.steps[1]).not.toHaveProperty('input');
    expect(light.steps[2]?.candidates).toMatchObject({ in: 3, out: 1 });
    expect(light.steps[2]?.candidates).not.toHaveProperty('ledger');
    const step = await get<StepDetail>(`${server.url}/api/apps/${APP}/executions/${id}/steps/2`);
    expect(step).toEqual({ index: 2, sequence: 2, step: FULL_SNAPSHOT.steps[2] });
  });

  test('returns each of several steps with one sequence by its index, and refuses the sequence alone', async () => {
    const id = `twins-${driver}`;
    const first = { sequence: 1, name: 'first', output: { who: 'FIRST' } };
    const second = { sequence: 1, name: 'second', output: { who: 'SECOND' } };
    await postOk(server.url, snapshot({ executionId: id, steps: [first, second] }));
    const address = `${server.url}/api/apps/${APP}/executions/${id}/steps/1`;
    expect(await get<StepDetail>(`${address}?by=index`)).toEqual({
      index: 1,
      sequence: 1,
      step: second,
    });
    const response = await fetchWithKey(address);
    expect(response.status).toBe(409);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.message).toContain('2 steps of this execution have sequence 1');
  });

  test('orders an execution that claims to start in the future by the server’s time', async () => {
    const id = `future-${driver}`;
    await postOk(server.url, snapshot({ executionId: id, startedAt: '2199-01-01T00:00:00Z' }));
    const { items } = await list(server.url, '?limit=200');
    const found = items.find((item) => item.executionId === id);
    expect(found?.at).toBe(found?.receivedAt);
  });

  test('lists apps and pipelines', async () => {
    const apps = await get<AppList>(`${server.url}/api/apps`);
    expect(apps.items.map((app) => app.id)).toEqual([APP]);
    const { items } = await get<PipelineList>(`${server.url}/api/apps/${APP}/pipelines`);
    expect(items.find((item) => item.pipeline === 'loan')).toMatchObject({ executions: 40 });
    const from = new Date(start + 10_000).toISOString();
    const to = new Date(start + 20_000).toISOString();
    const within = await get<PipelineList>(
      `${server.url}/api/apps/${APP}/pipelines?from=${from}&to=${to}`,
    );
    const loan = within.items.find((item) => item.pipeline === 'loan');
    const listed = await allPages(`&pipeline=loan&from=${from}&to=${to}`);
    expect(listed.length).toBeLessThan(40);
    expect(loan?.executions).toBe(listed.length);
    expect(loan?.outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(listed.length);
  });

  test.each([
    ['an app that does not exist', '/api/apps/nobody/executions', 404, 'not_found'],
    ['an execution that does not exist', `/api/apps/${APP}/executions/none`, 404, 'not_found'],
    ['a step that does not exist', `/api/apps/${APP}/executions/e1/steps/99`, 404, 'not_found'],
    ['a step that is no number', `/api/apps/${APP}/executions/e1/steps/x`, 400, 'invalid'],
    ['a limit too high', `/api/apps/${APP}/executions?limit=201`, 400, 'invalid'],
    ['an unknown status', `/api/apps/${APP}/executions?status=odd`, 400, 'invalid'],
    ['an invalid time', `/api/apps/${APP}/executions?from=monday`, 400, 'invalid'],
    ['a forged cursor', `/api/apps/${APP}/executions?cursor=AAAA`, 400, 'invalid'],
    ['a NUL in a filter', `/api/apps/${APP}/executions?pipeline=%00`, 400, 'invalid'],
    ['a broken escape in the path', '/api/apps/%E0%A4%A/executions', 400, 'invalid'],
    ['administration', `/api/apps/${APP}/keys`, 403, 'forbidden'],
    ['nothing at all', '/api/nothing', 404, 'not_found'],
  ])('answers %s with the common error shape', async (_name, path, status, code) => {
    const response = await fetch(server.url + path, { headers: { 'x-api-key': API_KEY } });
    expect(response.status).toBe(status);
    expect(((await response.json()) as ErrorBody).error.code).toBe(code);
  });

  test('takes any text in a path or a parameter without an unexpected error', async () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
      fc.constantFrom('\0', '\u0001', '\uFFFE', '\u{10FFFF}', '..', '%', "'", '\\', '٣', '"'),
    );
    const places = [
      'executions/:text',
      'executions/:text/steps/0',
      'executions?q=:text',
      'executions?q=metadata.a:":text"',
      'executions?outcome=:text',
      'executions?cursor=:text',
      'candidates/:text',
      'subjects/:text/:text',
      'lookup/:text',
      'pipelines/:text',
      'compare?a=:text&b=e1',
      'facets?q=tag:":text"',
    ];
    await fc.assert(
      fc.asyncProperty(anyText, fc.constantFrom(...places), async (text, place) => {
        const path = place.replaceAll(':text', () => encodeURIComponent(text));
        const { status } = await fetchWithKey(`${server.url}/api/apps/${APP}/${path}`);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
  });

  test('compresses an answer if that saves a round trip', async () => {
    const large = snapshot({ output: 'x'.repeat(20_000) });
    const small = snapshot();
    await postOk(server.url, [large, small]);
    const encodingOf = async ({ executionId }: Snapshot): Promise<string | null> => {
      const answer = await fetchWithKey(`${server.url}/api/apps/${APP}/executions/${executionId}`);
      expect(((await answer.json()) as ExecutionDetail).snapshot.executionId).toBe(executionId);
      return answer.headers.get('content-encoding');
    };
    expect([await encodingOf(large), await encodingOf(small)]).toEqual(['gzip', null]);
  });

  test('a key with the scope read can read only its own app', async () => {
    const headers = { 'x-api-key': API_KEY };
    expect((await fetch(`${server.url}/api/apps/${APP}/executions`, { headers })).status).toBe(200);
    expect((await fetch(`${server.url}/api/apps/other/executions`, { headers })).status).toBe(404);
    const wrong = { 'x-api-key': 'xr_wrong' };
    expect((await fetch(`${server.url}/api/apps`, { headers: wrong })).status).toBe(401);
  });

  test('is ready, and names its database', async () => {
    expect(await get<object>(`${server.url}/ready`)).toEqual({
      status: 'ready',
      store: { kind: driver, ok: true },
    });
    expect(await get<object>(`${server.url}/api/config`)).toMatchObject({ endpoint: server.url });
  });
});

test('an execution without news for a day is shown as stale', async () => {
  const place = await newPlace('pglite');
  const backend = await openBackend(configFor(place));
  const { deps } = backend;
  const first = newKey({ app: APP, hash: hashApiKey(API_KEY), scopes: ['ingest', 'read'] }).row;
  await changed(deps.accounts, (edits) => edits.initialize({ id: APP, name: APP }, first));
  let clock = Date.now();
  const http = createServer(createApp({ ...deps, now: () => clock }, 'network'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await post(url, snapshot({ executionId: 'slow', status: 'running' }));
  expect((await list(url)).items[0]).toMatchObject({ status: 'running', stale: false });
  clock += 24 * 3_600_000 + 1;
  expect((await list(url)).items[0]).toMatchObject({ status: 'running', stale: true });
  expect((await detail(url, 'slow')).server.stale).toBe(true);
  await new Promise((done) => http.close(done));
  await backend.close();
  await place.remove();
});
