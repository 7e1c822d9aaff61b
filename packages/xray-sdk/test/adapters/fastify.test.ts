import { request } from 'node:http';

import { executionOf, xrayFastify } from '@xray/sdk/fastify';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { delivered, last, setUpRecording, sink, xray } from '../recording.js';

setUpRecording({ pipeline: 'web' });

let app: FastifyInstance;
let address: string;

const start = ({ url }: FastifyRequest) =>
  url.startsWith('/decide') ? { pipeline: 'decide', tags: [url] } : undefined;

/** The README's example of Fastify, with one more line and some routes. */
beforeEach(async () => {
  app = fastify();
  app.register(xrayFastify(xray, { start }));
  app.get('/', async () => ({ hello: 'world', isRecorded: xray.current() !== undefined }));
  app.get('/decide', async (asked) => {
    executionOf(asked)?.decide('approved');
    return { ok: true };
  });
  app.post('/decide/body', async (asked) => {
    await Promise.resolve();
    xray.current()?.step('read', () => asked.body);
    return { ok: true };
  });
  app.get('/decide/broken', () => Promise.reject(new Error('broken')));
  app.get('/decide/refused', (_asked, reply) => reply.code(403).send({ ok: false }));
  app.get('/decide/slow', () => new Promise(() => {}));
  address = await app.listen({ port: 0, host: '127.0.0.1' });
});

afterEach(async () => {
  app.server.closeAllConnections();
  await app.close();
});

test('a chosen request becomes an execution that continues the trace of its caller', async () => {
  const caller = xray.startExecution();
  const response = await fetch(`${address}/decide`, { headers: caller.headers() });
  expect(await response.json()).toEqual({ ok: true });
  expect(await last()).toMatchObject({
    pipeline: 'decide',
    status: 'completed',
    decision: { outcome: 'approved' },
    links: [{ executionId: caller.id, relation: 'parent' }],
  });
});

test('a handler of a request with a body finds its execution', async () => {
  await fetch(`${address}/decide/body`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"score":640}',
  });
  expect((await last()).steps).toMatchObject([{ name: 'read', output: { score: 640 } }]);
});

test('other requests are not recorded, a 5xx answer fails, and a 4xx answer completes', async () => {
  const plain = await fetch(address);
  expect(await plain.json()).toEqual({ hello: 'world', isRecorded: false });
  expect((await fetch(`${address}/decide/broken`)).status).toBe(500);
  expect((await fetch(`${address}/decide/refused`)).status).toBe(403);
  await vi.waitFor(() => expect(xray.stats().recorded).toBe(2));
  const byTag = Object.fromEntries(
    (await delivered()).map(({ tags, status }) => [tags?.[0], status]),
  );
  expect(byTag).toEqual({ '/decide/broken': 'failed', '/decide/refused': 'completed' });
});

test('a client that disconnects fails the execution', async () => {
  const leaving = request(`${address}/decide/slow`).on('error', () => {});
  app.server.once('request', () => leaving.destroy());
  leaving.end();
  await vi.waitFor(() => expect(xray.stats().recorded).toBe(1));
  await xray.flush();
  expect(sink.snapshots).toMatchObject([
    { status: 'failed', steps: [{ error: { message: 'the client disconnected' } }] },
  ]);
});

test('a start function that throws costs the record only', async () => {
  const other = fastify();
  other.register(
    xrayFastify(xray, {
      start: () => {
        throw new Error('no');
      },
    }),
  );
  other.get('/', async () => ({ ok: true }));
  expect((await other.inject('/')).json()).toEqual({ ok: true });
  expect(await delivered()).toEqual([]);
});
