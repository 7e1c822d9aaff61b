import { afterEach, beforeEach, expect, test } from 'vitest';

import { runProgram } from './child.js';
import { answer, type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  await sink.close();
});

/**
 * A process that takes longer is killed. The SDK may use two seconds; the rest lets Node start on a busy
 * machine.
 */
const IN_TIME = { timeoutMs: 2_000 + 4_000 };

/** A full run records a million: `XRAY_TEST_FULL=1 npm test`. */
const EXECUTIONS = process.env['XRAY_TEST_FULL'] === '1' ? 1_000_000 : 30_000;

test('a process that simply ends delivers its records', async () => {
  const ended = await runProgram('natural-end.mjs', {
    XRAY_ENDPOINT: sink.endpoint,
    EXECUTIONS: '450',
  });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(sink.snapshots).toHaveLength(450);
  expect(JSON.parse(ended.stdout)).toMatchObject({ recorded: 450, delivered: 450, queued: 0 });
});

test('every process of a cluster has its own instance id and numbers its snapshots without gaps or duplicates', async () => {
  const ended = await runProgram('cluster.mjs', { XRAY_ENDPOINT: sink.endpoint });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(new Set(sink.snapshots.map(({ executionId }) => executionId)).size).toBe(200);
  const instances = new Set(sink.snapshots.map(({ instanceId }) => instanceId));
  expect(instances.size).toBe(4);
  const inOrder = Array.from({ length: 50 }, (_, index) => index + 1);
  for (const instance of instances) {
    const ofInstance = sink.snapshots.filter(({ instanceId }) => instanceId === instance);
    expect(ofInstance.map(({ instanceSeq }) => instanceSeq)).toEqual(inOrder);
  }
});

test('with the server down the process ends immediately, and the loss is counted', async () => {
  const { endpoint } = sink;
  await sink.close();
  const settings = { XRAY_ENDPOINT: endpoint, EXECUTIONS: '450' };
  const ended = await runProgram('natural-end.mjs', settings, IN_TIME);
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    delivered: 0,
    queued: 0,
    dropped: { exit: 450 },
  });
  sink = await startSink();
});

test('a process ends within two seconds if the server hangs', async () => {
  sink.behaviour = () => {};
  const ended = await runProgram('natural-end.mjs', { XRAY_ENDPOINT: sink.endpoint }, IN_TIME);
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ dropped: { exit: 1 } });
});

test('a hanging request does not keep a process alive after its work', async () => {
  sink.behaviour = () => {};
  const ended = await runProgram('late-work.mjs', { XRAY_ENDPOINT: sink.endpoint }, IN_TIME);
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ recorded: 2, dropped: { exit: 2 } });
});

test('at the end of a process the client makes one attempt, without retries', async () => {
  sink.behaviour = answer(503);
  const ended = await runProgram('natural-end.mjs', { XRAY_ENDPOINT: sink.endpoint });
  expect(ended.code).toBe(0);
  expect(sink.requests).toHaveLength(1);
});

test('an awaited flush keeps the process alive until its time is over', async () => {
  sink.behaviour = answer(503);
  const ended = await runProgram('top-level-flush.mjs', { XRAY_ENDPOINT: sink.endpoint });
  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ isFlushed: false, queued: 1 });
});

const failedEnds: [string, number][] = [
  ['throw in run', 1],
  ['reject in run', 1],
  ['throw in a timer after a run', 1],
  ['call process.exit(3)', 3],
  ['handle the error and exit', 7],
];

test.each(failedEnds)(
  'a process that ends because of an error delivers its records (%s)',
  async (way, code) => {
    const env = { XRAY_ENDPOINT: sink.endpoint, WAY: way, EXECUTIONS: '300' };
    const ended = await runProgram('failed-end.mjs', env);
    expect(JSON.parse(ended.stdout)).toEqual({ code, delivered: 300, queued: 0, dropped: {} });
    expect(ended.code).toBe(code);
    expect(new Set(sink.snapshots.map(({ executionId }) => executionId)).size).toBe(300);
    const isThrown = way.includes('throw') || way.includes('reject');
    expect(ended.stderr).toMatch(isThrown ? /TypeError: x/ : /^$/);
    expect(ended.stderr).not.toContain('[xray]');
  },
);

test('a process that ends because of an error counts the loss, and does not wait for an unavailable server', async () => {
  const { endpoint } = sink;
  await sink.close();
  const env = { XRAY_ENDPOINT: endpoint, WAY: 'throw in run', EXECUTIONS: '300' };
  const ended = await runProgram('failed-end.mjs', env, IN_TIME);
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({ delivered: 0, dropped: { exit: 300 } });
  sink = await startSink();
});

test('a process that ends because of an error waits at most two seconds for a hanging server', async () => {
  sink.behaviour = () => {};
  const env = { XRAY_ENDPOINT: sink.endpoint, WAY: 'reject in run', EXECUTIONS: '2' };
  const ended = await runProgram('failed-end.mjs', env, IN_TIME);
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({ delivered: 0, dropped: { exit: 2 } });
});

test("the default endpoint is the server's default address", async () => {
  const ended = await runProgram('natural-end.mjs', { XRAY_ENDPOINT: '' });
  // During tests no server listens there, or it refuses the key.
  expect(ended.stderr).toContain('http://127.0.0.1:4000');
});

test('localhost is reached at both of its addresses, as on Node 18', async () => {
  const endpoint = sink.endpoint.replace('127.0.0.1', 'localhost');
  const twoAddresses = new URL('programs/two-addresses.mjs', import.meta.url).href;
  const nodeArgs = ['--no-network-family-autoselection', '--import', twoAddresses];
  const ended = await runProgram('natural-end.mjs', { XRAY_ENDPOINT: endpoint }, { nodeArgs });
  expect(JSON.parse(ended.stdout)).toMatchObject({ delivered: 1, dropped: {} });
});

test('without a key the client warns once, records nothing and does not stop the program', async () => {
  const ended = await runProgram('no-key.mjs', { XRAY_ENDPOINT: sink.endpoint, XRAY_API_KEY: '' });
  expect(ended).toMatchObject({ code: 0, stdout: 'kept 2, stepped 1' });
  expect(ended.stderr.match(/\[xray\]/g)).toHaveLength(1);
  expect(ended.stderr).toContain('XRAY_API_KEY');
  expect(sink.requests).toHaveLength(0);
});

test(`${String(EXECUTIONS)} executions with the server down: bounded memory, an end in time, exact counts`, async () => {
  const { endpoint } = sink;
  await sink.close();
  const settings = { XRAY_ENDPOINT: endpoint, EXECUTIONS: String(EXECUTIONS) };
  const ended = await runProgram('server-down.mjs', settings, { nodeArgs: ['--expose-gc'] });
  sink = await startSink();
  expect(ended.code).toBe(0);
  const report = JSON.parse(ended.stdout) as Record<string, number>;
  // The queue holds 1,000 snapshots, including the batch that waits for a retry.
  expect(report).toMatchObject({
    recorded: EXECUTIONS,
    delivered: 0,
    queued: 0,
    dropped: { queue_full: EXECUTIONS - 1_000, exit: 1_000 },
    reported: EXECUTIONS,
  });
  expect(report['grownBytes']).toBeLessThan(10_000_000);
  expect(report['lingeredMs']).toBeLessThan(2_000);
}, 600_000);
