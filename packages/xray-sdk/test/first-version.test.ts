import { snapshotSchema } from '@xray/core';
// oxlint-disable-next-line import/no-named-as-default -- that the two are one is under test
import XRaySDK, { XRaySDK as Named } from '@xray/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  await sink.close();
});

function client(): XRaySDK {
  return new XRaySDK({
    apiKey: 'xr_test',
    appId: 'my-loan-app',
    pipeline: 'loan-approval',
    environment: 'prod',
    endpoint: sink.endpoint,
  });
}

test('the README example arrives as one valid snapshot with its three steps', async () => {
  const xray = client();
  const execution = xray.startExecution();
  execution.recordStep({
    name: 'fetch_credit_score',
    input: { userId: '123' },
    output: { score: 750 },
    status: 'completed',
  });
  execution.recordStep({
    name: 'calculate_risk_tier',
    input: { score: 750 },
    output: { tier: 'A' },
    status: 'completed',
  });
  execution.recordStep({
    name: 'check_approval_rules',
    input: { tier: 'A' },
    output: { approved: true, reason: 'Score >= 700' },
    reasoning: 'Applied rule: tier A applicants always approved',
    status: 'completed',
  });
  execution.completeExecution();
  expect(await xray.flush()).toBe(true);

  expect(sink.requests).toHaveLength(1);
  const [request] = sink.requests;
  expect(request?.path).toBe('/executions');
  expect(request?.headers.authorization).toBe('Bearer xr_test');
  const snapshot = snapshotSchema.parse(request?.snapshots[0]);
  expect(snapshot).toMatchObject({
    executionId: execution.id,
    appId: 'my-loan-app',
    pipeline: 'loan-approval',
    environment: 'prod',
    status: 'completed',
    revision: 1,
    instanceSeq: 1,
  });
  expect(snapshot.steps.map((step) => [step.sequence, step.name, step.input, step.output])).toEqual(
    [
      [0, 'fetch_credit_score', { userId: '123' }, { score: 750 }],
      [1, 'calculate_risk_tier', { score: 750 }, { tier: 'A' }],
      [2, 'check_approval_rules', { tier: 'A' }, { approved: true, reason: 'Score >= 700' }],
    ],
  );
  expect(snapshot.steps[2]?.reasoning).toBe('Applied rule: tier A applicants always approved');
});

test('a failed execution holds the error that was thrown', async () => {
  const xray = client();
  const execution = xray.startExecution();
  execution.failExecution(new TypeError('no bureau'));
  await xray.flush();
  expect(sink.snapshots[0]).toMatchObject({
    status: 'failed',
    steps: [{ status: 'failed', error: { type: 'TypeError', message: 'no bureau' } }],
  });
});

test('a value is recorded as it was at the call, even if the object changes later', async () => {
  const xray = client();
  const execution = xray.startExecution();
  const input = { score: 750, history: [1, 2] };
  execution.recordStep({ name: 'score', input });
  input.score = 0;
  input.history.push(3);
  execution.completeExecution();
  await xray.flush();
  expect(sink.snapshots[0]?.steps[0]?.input).toEqual({ score: 750, history: [1, 2] });
});

test('calls after the end are ignored and counted', async () => {
  const xray = client();
  const execution = xray.startExecution();
  execution.completeExecution();
  execution.recordStep({ name: 'late' });
  execution.failExecution(new Error('late'));
  await xray.flush();
  expect(sink.snapshots).toHaveLength(1);
  expect(sink.snapshots[0]).toMatchObject({ status: 'completed', steps: [] });
  expect(xray.stats().ignoredCalls).toBe(2);
});

test('unusable options and arguments never throw into the host', () => {
  const explosive = {
    get executionId(): never {
      throw new Error('mine');
    },
  };
  const refuse = (): never => {
    throw new Error('mine');
  };
  expect(() => {
    const hostile = new Proxy({} as never, { get: refuse, ownKeys: refuse });
    new XRaySDK(hostile).startExecution(hostile).completeExecution();
    client().startExecution(explosive).completeExecution();
    client().startExecution().child('part', hostile).completeExecution();
  }).not.toThrow();
});

test("with a wrong pipeline the client's pipeline stays in force, and the execution gets a mark", async () => {
  const xray = client();
  xray.startExecution({ pipeline: Symbol('no name') as never }).completeExecution();
  await xray.flush();
  expect(sink.snapshots[0]).toMatchObject({
    pipeline: 'loan-approval',
    marks: [{ path: '/pipeline', kind: 'dropped' }],
  });
});

test('an unusable execution id is replaced, with a warning', () => {
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  expect(client().startExecution({ executionId: 'not an id!' }).id).toMatch(/^[0-9a-f-]{36}$/);
  expect(warned).toHaveBeenCalledWith(expect.stringContaining('executionId'));
  warned.mockRestore();
});

test('a subject whose id is missing is left out, with a mark', async () => {
  const xray = client();
  const applicant: string | undefined = undefined;
  xray.startExecution({ subject: { applicant: applicant as never, order: 7 } }).completeExecution();
  await xray.flush();
  expect(sink.snapshots[0]).toMatchObject({
    subjects: [{ type: 'order', id: '7' }],
    marks: [{ path: '/subjects', kind: 'dropped', original: 1, unit: 'items' }],
  });
});

test('a version that is too long is cut, with a mark', async () => {
  const xray = client();
  xray.startExecution({ versions: { code: 'v'.repeat(200) } }).completeExecution();
  await xray.flush();
  expect(sink.snapshots[0]).toMatchObject({
    versions: { code: 'v'.repeat(128) },
    marks: [{ path: '/versions', kind: 'truncated', original: 200, kept: 128 }],
  });
});

test('the default export and the named export are the same class', () => {
  expect(XRaySDK).toBe(Named);
});
