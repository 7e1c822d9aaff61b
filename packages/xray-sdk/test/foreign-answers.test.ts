import { ingestResultSchema } from '@xray/core';
import { XRaySDK } from '@xray/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ERROR_STATUS } from '../../../server/src/errors.js';
import { ERRORS, REJECTIONS } from '../src/answer.js';
import { html, json, RECEIPT, REJECTED, testForeignAnswers } from './foreign-answers.js';
import { accept, answer, type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await sink.close();
});

function client(options: { maxQueued?: number } = {}): XRaySDK {
  const { endpoint } = sink;
  const delivery = { delayMs: 0, ...options };
  return new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'p', endpoint, delivery });
}

function record(xray: XRaySDK, output: unknown = 1): string {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'only', output });
  execution.completeExecution();
  return execution.id;
}

testForeignAnswers();

test("the SDK knows exactly the errors of X-Ray's server", () => {
  const ofServer = Object.entries(ERROR_STATUS).map(([code, status]) => `${String(status)}${code}`);
  expect(ERRORS.split(' ').sort()).toEqual(ofServer.sort());
  expect(REJECTIONS).toEqual(ingestResultSchema.shape.rejected.element.shape.code.options);
});

test('answers of other servers are counted, even if they never stop', async () => {
  sink.behaviour = html(403);
  const xray = client();
  record(xray);
  await xray.flush(1);
  await xray.flush(1);
  expect(await xray.shutdown(100)).toBe(false);
  const { unconfirmed, dropped } = xray.stats();
  expect(unconfirmed).toBeGreaterThan(0);
  expect(dropped).toEqual({ shutdown: 1 });
});

test('a proxy that refuses one snapshot does not hold back the others', async () => {
  sink.behaviour = (request, response) => {
    (request.text.includes('DROP TABLE') ? html(403) : accept)(request, response);
  };
  const xray = client({ maxQueued: 20 });
  for (let index = 0; index < 5; index += 1) record(xray);
  record(xray, 'DROP TABLE');
  for (let index = 0; index < 5; index += 1) record(xray);
  await vi.waitFor(
    async () => {
      await xray.flush(1);
      expect(xray.stats().delivered).toBe(10);
    },
    { timeout: 10_000 },
  );
  record(xray);
  await vi.waitFor(() => expect(xray.stats().delivered).toBe(11), { timeout: 10_000 });
  expect(xray.stats()).toMatchObject({ queued: 1, dropped: {} });
  sink.behaviour = accept;
  expect(await xray.flush()).toBe(true);
  expect(xray.stats()).toMatchObject({ delivered: 12, queued: 0 });
});

test('if the queue is full, a snapshot that no proxy lets through is dropped first', async () => {
  sink.behaviour = (request, response) => {
    (request.text.includes('DROP TABLE') ? html(403) : accept)(request, response);
  };
  const xray = client({ maxQueued: 2 });
  record(xray, 'DROP TABLE');
  await vi.waitFor(() => expect(xray.stats().unconfirmed).toBe(1));
  record(xray);
  record(xray);
  expect(xray.stats().dropped).toEqual({ queue_full: 1 });
  expect(await xray.flush()).toBe(true);
  expect(xray.stats().delivered).toBe(2);
});

test('in a fully rejected batch each snapshot is dropped for its own reason', async () => {
  sink.behaviour = json(400, {
    ...RECEIPT,
    accepted: 0,
    rejected: [REJECTED, { ...REJECTED, index: 1, code: 'too_large' }],
  });
  const xray = client();
  record(xray);
  record(xray);
  expect(await xray.flush()).toBe(true);
  expect(xray.stats().dropped).toEqual({ rejected: 1, too_large: 1 });
});

test('a batch that X-Ray cannot read costs only the faulty snapshot', async () => {
  sink.behaviour = (request, response) => {
    (request.text.includes('spoiled') ? answer(400) : accept)(request, response);
  };
  const xray = client();
  for (let index = 0; index < 4; index += 1) record(xray);
  record(xray, 'spoiled');
  expect(await xray.flush()).toBe(true);
  expect(xray.stats()).toMatchObject({ delivered: 4, dropped: { rejected: 1 } });
});

test("a pause until a date uses the server's clock, even if the client's clock is wrong", async () => {
  const soon = new Date(Date.UTC(2001, 0, 1, 0, 0, 1));
  sink.behaviour = (request, response) => {
    sink.behaviour = accept;
    const date = new Date(soon.getTime() - 1_000).toUTCString();
    answer(503, { date, 'retry-after': soon.toUTCString() })(request, response);
  };
  vi.spyOn(Date, 'now').mockReturnValue(0);
  const xray = client();
  record(xray);
  expect(await xray.flush()).toBe(true);
  expect(xray.stats().delivered).toBe(1);
});
