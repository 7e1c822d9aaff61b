import type { AddressInfo } from 'node:net';

import { serve } from '@hono/node-server';
import { executionOf, xrayHono } from '@xray/sdk/hono';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'web' });

/** The README's example of Hono, with one more line and some routes. */
function example(): Hono {
  const app = new Hono();
  app.use(
    xrayHono(xray, {
      start: ({ req }) => (req.path.startsWith('/decide') ? { tags: [req.path] } : undefined),
    }),
  );
  app.get('/', (c) => c.text('Hono!'));
  app.post('/decide', async (c) => {
    const body: unknown = await c.req.json();
    xray.current()?.step('read', () => body);
    executionOf(c)?.decide('approved');
    return c.json({ ok: true });
  });
  app.get('/decide/broken', () => {
    throw new Error('broken');
  });
  app.get('/decide/down', (c) => c.text('later', 503));
  return app;
}

let server: ReturnType<typeof serve>;
let address: string;

beforeEach(async () => {
  await new Promise<void>((resolve) => {
    server = serve({ fetch: example().fetch, port: 0, hostname: '127.0.0.1' }, () => resolve());
  });
  address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterEach(() => {
  server.close();
});

test('a chosen request becomes an execution that continues the trace of its caller', async () => {
  const caller = xray.startExecution();
  const response = await fetch(`${address}/decide`, {
    method: 'POST',
    headers: caller.headers(),
    body: '{"score":640}',
  });
  expect(await response.json()).toEqual({ ok: true });
  expect(await last()).toMatchObject({
    status: 'completed',
    tags: ['/decide'],
    decision: { outcome: 'approved' },
    links: [{ executionId: caller.id }],
    steps: [{ name: 'read', output: { score: 640 } }],
  });
});

test('errors and 5xx answers fail the execution and stay as they are', async () => {
  expect(await (await fetch(address)).text()).toBe('Hono!');
  const broken = await fetch(`${address}/decide/broken`);
  expect([broken.status, await broken.text()]).toEqual([500, 'Internal Server Error']);
  const down = await fetch(`${address}/decide/down`);
  expect([down.status, await down.text()]).toEqual([503, 'later']);
  expect(await delivered()).toMatchObject([
    { status: 'failed', steps: [{ error: { message: 'broken' } }] },
    { status: 'failed', steps: [{ error: { message: 'answered 503' } }] },
  ]);
});

test('the delivery is given to the waitUntil of an edge runtime', async () => {
  const waited: Promise<unknown>[] = [];
  const context = {
    waitUntil: (promise: Promise<unknown>) => void waited.push(promise),
    passThroughOnException() {},
    props: {},
  };
  const init = { method: 'POST', body: '{}' };
  expect((await example().request('/decide', init, {}, context)).status).toBe(200);
  expect(await Promise.all(waited)).toEqual([true]);
  expect(xray.stats()).toMatchObject({ delivered: 1 });
});
