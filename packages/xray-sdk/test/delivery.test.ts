import { XRaySDK, type DropEvent, type XRayOptions } from '@xray/sdk';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { accept, answer, type Behaviour, type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  await sink.close();
});

function client(options: Partial<XRayOptions> = {}): XRaySDK {
  return new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'delivery',
    endpoint: sink.endpoint,
    ...options,
  });
}

function record(xray: XRaySDK, count: number, output: unknown = 1): string[] {
  return Array.from({ length: count }, () => {
    const execution = xray.startExecution();
    execution.recordStep({ name: 'only', output });
    execution.completeExecution();
    return execution.id;
  });
}

/** A promise that the test settles itself. */
function deferred() {
  let [resolve, reject] = [(): void => {}, (_error: Error): void => {}];
  const promise = new Promise<void>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

function expectExact(xray: XRaySDK): void {
  const { recorded, delivered, queued, dropped } = xray.stats();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  expect(queued).toBeGreaterThanOrEqual(0);
  expect(delivered + queued + lost).toBe(recorded);
}

describe('during delivery', () => {
  test('snapshots travel in compressed batches, in order', async () => {
    const xray = client({ delivery: { compress: true } });
    const ids = record(xray, 300);
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots.map(({ executionId }) => executionId)).toEqual(ids);
    expect(sink.requests.length).toBeLessThanOrEqual(4);
    expect(sink.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-encoding': 'br',
    });
    expect(xray.stats()).toMatchObject({ recorded: 300, delivered: 300, queued: 0, dropped: {} });
  });

  test.each([
    ['nothing is said', {}, undefined],
    ['it shall decide by the address', { compress: 'auto' }, undefined],
    ['it shall not compress', { compress: false }, undefined],
    ['it shall compress', { compress: true }, 'br'],
    ['it shall compress, by the earlier name', { gzip: true }, 'br'],
    ['the two names differ', { compress: false, gzip: true }, undefined],
  ] as const)(
    'the encoding of a batch for a server on this machine, if %s',
    async (_, delivery, encoding) => {
      const xray = client({ delivery });
      record(xray, 20, 'x'.repeat(300));
      expect(await xray.flush()).toBe(true);
      expect(sink.requests[0]?.headers['content-encoding']).toBe(encoding);
      expect(sink.snapshots).toHaveLength(20);
    },
  );

  test('a batch of more than half a MiB is compressed by another thread', async () => {
    const xray = client({ delivery: { compress: true, maxBatchBytes: 4 * 1024 * 1024 } });
    const ids = record(xray, 50, 'x'.repeat(15_000));
    expect(await xray.flush()).toBe(true);
    expect(sink.requests[0]?.headers['content-encoding']).toBe('br');
    expect(sink.snapshots.map(({ executionId }) => executionId)).toEqual(ids);
  });

  test('a retry sends the same bytes', async () => {
    sink.behaviour = (request, response) => {
      sink.behaviour = accept;
      answer(503)(request, response);
    };
    const xray = client();
    record(xray, 20);
    expect(await xray.flush()).toBe(true);
    expect(sink.requests).toHaveLength(2);
    expect(sink.requests[1]?.text).toBe(sink.requests[0]?.text);
    expect(xray.stats()).toMatchObject({ delivered: 20, retries: 1 });
  });

  test('the client keeps a pause that the server asks for', async () => {
    sink.behaviour = answer(429, { 'retry-after': '120' });
    const xray = client();
    record(xray, 1);
    expect(await xray.flush(700)).toBe(false);
    expect(sink.requests).toHaveLength(1);
    expect(xray.stats()).toMatchObject({ queued: 1, dropped: {} });
  });

  test('the client sends the same batch to an unavailable server less and less often', async () => {
    sink.behaviour = answer(503);
    const xray = client();
    record(xray, 900);
    expect(await xray.flush(1_200)).toBe(false);
    // The pauses between the attempts are at least 250, 500 and 1,000 ms long.
    expect(sink.requests.length).toBeLessThanOrEqual(3);
    expect(new Set(sink.requests.map(({ text }) => text)).size).toBe(1);
    record(xray, 100);
    expect(sink.requests.length).toBeLessThanOrEqual(3);
    expect(xray.stats()).toMatchObject({ queued: 1_000, dropped: {} });
  });

  test('a snapshot that is too large for the server does not affect the others', async () => {
    sink.behaviour = (request, response) => {
      const isTooLarge = request.text.includes('whale');
      (isTooLarge ? answer(413) : accept)(request, response);
    };
    const drops: DropEvent[] = [];
    const xray = client({ onDrop: (event) => drops.push(event) });
    record(xray, 9);
    const [whale] = record(xray, 1, 'whale');
    record(xray, 10);
    expect(await xray.flush()).toBe(true);
    expect(drops).toEqual([{ reason: 'too_large', executionId: whale }]);
    expect(xray.stats()).toMatchObject({ delivered: 19, dropped: { too_large: 1 } });
  });

  test('the client drops a snapshot that the server rejects, and delivers the others', async () => {
    sink.behaviour = ({ snapshots }, response) => {
      response.writeHead(202);
      const rejected = [
        {
          index: 1,
          executionId: snapshots[1]?.executionId,
          code: 'invalid',
          message: '',
          retryable: false,
        },
      ];
      response.end(
        JSON.stringify({ accepted: snapshots.length - 1, duplicates: 0, superseded: 0, rejected }),
      );
    };
    const xray = client();
    record(xray, 3);
    expect(await xray.flush()).toBe(true);
    expect(xray.stats()).toMatchObject({ delivered: 2, dropped: { rejected: 1 } });
  });

  test('the client resends a snapshot that the server could not store', async () => {
    sink.behaviour = ({ snapshots }, response) => {
      sink.behaviour = accept;
      response.writeHead(202);
      const rejected = [
        {
          index: 0,
          executionId: snapshots[0]?.executionId,
          code: 'storage',
          message: '',
          retryable: true,
        },
      ];
      response.end(
        JSON.stringify({ accepted: snapshots.length - 1, duplicates: 0, superseded: 0, rejected }),
      );
    };
    const xray = client();
    const [first] = record(xray, 3);
    expect(await xray.flush()).toBe(true);
    expect(sink.requests[1]?.snapshots.map(({ executionId }) => executionId)).toEqual([first]);
    expect(xray.stats()).toMatchObject({ delivered: 3, queued: 0 });
  });

  test('a wrong key drops the batch as unauthorized', async () => {
    sink.behaviour = answer(401);
    const xray = client();
    record(xray, 2);
    expect(await xray.flush()).toBe(true);
    expect(xray.stats()).toMatchObject({ dropped: { unauthorized: 2 } });
  });
});

test('new executions and flushes do not shorten a pause that the server asks for', async () => {
  sink.behaviour = answer(429, { 'retry-after': '120' });
  const xray = client({ waitUntil: () => {} });
  record(xray, 1);
  expect(await xray.flush(300)).toBe(false);
  for (let round = 0; round < 20; round += 1) {
    record(xray, 1);
    expect(await xray.flush(5)).toBe(false);
  }
  expect(sink.requests).toHaveLength(1);
});

test('executions that end one after another cause no extra requests to an unavailable server', async () => {
  sink.behaviour = answer(503);
  const xray = client({ waitUntil: () => {} });
  record(xray, 1);
  await vi.waitFor(() => expect(xray.stats().retries).toBe(1));
  record(xray, 50);
  expect(await xray.flush(1)).toBe(false);
  await vi.waitFor(() => expect(xray.stats().retries).toBe(2));
  expect(sink.requests).toHaveLength(2);
});

test('a timeout beyond the maximum of timers is set to that maximum', async () => {
  const xray = client({ delivery: { timeoutMs: 1e12, delayMs: 1e12 } });
  record(xray, 1);
  expect(await xray.flush(Infinity)).toBe(true);
});

describe('in the queue', () => {
  test('a full queue drops its oldest snapshots, and the next snapshot reports them', async () => {
    const drops: string[] = [];
    const xray = client({
      delivery: { maxQueued: 5, delayMs: 60_000 },
      onDrop: ({ executionId }) => drops.push(executionId),
    });
    const ids = record(xray, 8);
    expect(drops).toEqual(ids.slice(0, 3));
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots.map(({ executionId }) => executionId)).toEqual(ids.slice(3));
    const reported = sink.snapshots.map(({ dropped }) => dropped?.snapshotsSinceLast ?? 0);
    expect(reported.reduce((sum, count) => sum + count, 0)).toBe(2);
    record(xray, 1);
    await xray.flush();
    expect(sink.snapshots.at(-1)?.dropped?.snapshotsSinceLast).toBe(1);
  });

  test('a later snapshot replaces a checkpoint that was not sent yet', async () => {
    const xray = client({ delivery: { delayMs: 60_000 } });
    const execution = xray.startExecution();
    execution.recordStep({ name: 'one' });
    execution.checkpoint();
    execution.recordStep({ name: 'two' });
    execution.completeExecution();
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots).toEqual([expect.objectContaining({ revision: 2, status: 'completed' })]);
    expect(xray.stats()).toMatchObject({ recorded: 2, delivered: 1, dropped: { superseded: 1 } });
  });

  test('memory stays within the bound while the server is down, and the counts add up', async () => {
    await sink.close();
    const xray = client({ delivery: { maxQueued: 100 } });
    record(xray, 20_000, 'x'.repeat(500));
    expectExact(xray);
    expect(xray.stats().queued).toBeLessThanOrEqual(100);
    await xray.shutdown(10);
    expectExact(xray);
    expect(xray.stats()).toMatchObject({ recorded: 20_000, delivered: 0, queued: 0 });
  });

  test('snapshots in flight count toward the waiting bytes', async () => {
    sink.behaviour = () => {};
    const xray = client({ delivery: { maxQueuedBytes: 100_000, maxBatchBytes: 80_000 } });
    record(xray, 10, 'x'.repeat(10_000));
    await vi.waitFor(() => expect(sink.requests).toHaveLength(1));
    record(xray, 30, 'x'.repeat(10_000));
    expect(xray.stats().queued).toBeLessThan(10);
    await xray.shutdown(1);
  });

  test('shutdown ends in time if the server hangs, and counts the rest', async () => {
    sink.behaviour = () => {};
    const xray = client();
    record(xray, 3);
    expect(await xray.shutdown(200)).toBe(false);
    record(xray, 2);
    expect(xray.stats()).toMatchObject({ queued: 0, dropped: { shutdown: 5 } });
    expectExact(xray);
  });

  test('an onDrop that throws has no effect', async () => {
    const xray = client({
      delivery: { maxQueued: 1, delayMs: 60_000 },
      onDrop: () => {
        throw new Error('host');
      },
    });
    expect(() => record(xray, 3)).not.toThrow();
    expect(await xray.flush()).toBe(true);
    expect(xray.stats()).toMatchObject({ delivered: 1, dropped: { queue_full: 2 } });
  });
});

describe('the sent snapshots', () => {
  test('sampling keeps or drops a whole distributed decision, and keeps every failed or adverse one', async () => {
    const xray = client({ sample: 0 });
    record(xray, 5);
    const parent = xray.startExecution();
    parent.child('part').completeExecution();
    parent.completeExecution();
    const failed = xray.startExecution();
    failed.failExecution(new Error('x'));
    const declined = xray.startExecution();
    declined.decide('declined', { adverse: true });
    declined.completeExecution();
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots.map(({ executionId }) => executionId)).toEqual([failed.id, declined.id]);
    expect(xray.stats()).toMatchObject({ recorded: 9, delivered: 2, dropped: { sampled: 7 } });
  });

  test('a rate keeps about that share of executions, and always the same ids', async () => {
    const kept = async (): Promise<string[]> => {
      sink.snapshots.length = 0;
      const xray = client({ sample: { rate: 0.5 } });
      for (let index = 0; index < 400; index += 1) {
        xray.startExecution({ executionId: `e-${String(index)}` }).completeExecution();
      }
      await xray.flush();
      return sink.snapshots.map(({ executionId }) => executionId);
    };
    const first = await kept();
    expect(first.length).toBeGreaterThan(150);
    expect(first.length).toBeLessThan(250);
    expect(await kept()).toEqual(first);
  });

  test.each([null, Number.NaN, 'half', true, {}, { rate: null }])(
    'an invalid sample option costs no record: %j',
    async (sample) => {
      const xray = client({ sample: sample as never });
      record(xray, 3);
      expect(await xray.flush()).toBe(true);
      expect(xray.stats()).toMatchObject({ recorded: 3, delivered: 3, queued: 0 });
    },
  );

  test("without a root id in the header, sampling uses the caller's id", async () => {
    const sampling = client({ sample: { rate: ({ rootId }) => rootId === 'e-1' } });
    sampling.startExecution({ fromHeaders: { 'x-xray-execution': 'e-1' } }).completeExecution();
    expect(await sampling.flush()).toBe(true);
    expect(sink.snapshots).toHaveLength(1);
  });

  test('a snapshot that is too large sheds its values, and keeps the explanation of the decision', async () => {
    const xray = client();
    const execution = xray.startExecution();
    for (let index = 0; index < 100; index += 1) {
      execution.recordStep({ name: 'big', input: 'i'.repeat(15_000), reasoning: 'because' });
    }
    execution.decide('declined', { reasons: ['TOO_BIG'] });
    execution.completeExecution();
    expect(await xray.flush()).toBe(true);
    const [snapshot] = sink.snapshots;
    expect(JSON.stringify(snapshot).length).toBeLessThan(1024 * 1024);
    expect(snapshot?.steps).toHaveLength(100);
    expect(snapshot?.steps[0]).toMatchObject({ name: 'big', reasoning: 'because' });
    expect(snapshot?.steps[0]).not.toHaveProperty('input');
    expect(snapshot?.decision?.reasons).toEqual([{ code: 'TOO_BIG' }]);
    expect(snapshot?.dropped?.bytes).toBeGreaterThan(1_400_000);
    expect(snapshot?.marks).toContainEqual(
      expect.objectContaining({ path: '/steps/99/input', kind: 'dropped' }),
    );
  });

  test('a snapshot of many megabytes is shortened before it is written', async () => {
    const xray = client();
    const execution = xray.startExecution();
    const values = Array.from({ length: 2 }, () => '\u{20AC}'.repeat(5_000));
    for (let index = 0; index < 1_000; index += 1) {
      execution.recordStep({ name: 'big', input: values, output: values });
    }
    const before = process.cpuUsage();
    execution.completeExecution();
    const { user, system } = process.cpuUsage(before);
    // The limit is in microseconds. Writing 60 MB just once would take several times as long.
    expect(user + system).toBeLessThan(300_000);
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots[0]?.steps).toHaveLength(1_000);
    expect(sink.snapshots[0]?.dropped?.bytes).toBeGreaterThan(20_000_000);
  });

  test('with too many parallel steps a step that fails late is kept, and the others are counted by their end', async () => {
    const xray = client({ maxSteps: 100 });
    const execution = xray.startExecution();
    const steps = Array.from({ length: 300 }, (_, index) => {
      const { promise, resolve, reject } = deferred();
      return { ended: execution.step('tick', () => promise), resolve, reject, index };
    });
    execution.checkpoint();
    for (const { index, resolve, reject } of steps) {
      if (index === 150) reject(new Error('late'));
      else if (index !== 151) resolve();
    }
    await Promise.allSettled(steps.filter(({ index }) => index !== 151).map(({ ended }) => ended));
    execution.completeExecution();
    expect(await xray.flush()).toBe(true);
    const last = sink.snapshots.at(-1);
    expect(last?.steps.find(({ status }) => status === 'failed')?.sequence).toBe(150);
    const left = 300 - (last?.steps.length ?? 0);
    expect(last?.dropped).toMatchObject({
      steps: left,
      stepsByName: { tick: { running: 1, completed: left - 1 } },
    });
  });

  test('with too many steps the first, the last and the failed ones are kept, and the others are counted', async () => {
    const xray = client({ maxSteps: 100 });
    const execution = xray.startExecution();
    for (let index = 0; index < 1_000; index += 1) {
      execution.recordStep({ name: 'tick', status: index === 500 ? 'failed' : 'completed' });
    }
    execution.completeExecution();
    expect(await xray.flush()).toBe(true);
    const [snapshot] = sink.snapshots;
    const sequences = snapshot?.steps.map(({ sequence }) => sequence) ?? [];
    expect(sequences.length).toBeLessThanOrEqual(100);
    expect(sequences.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(sequences).toContain(500);
    expect(sequences.at(-1)).toBe(999);
    expect(snapshot?.dropped?.steps).toBe(1_000 - sequences.length);
  });
});

/** Behaviours of a server for one request. */
const behaviours: Record<string, Behaviour> = {
  accept,
  slow: (request, response) => void setTimeout(() => accept(request, response), 15),
  reset: (_request, response) => void response.destroy(),
  hang: () => {},
  rateLimited: answer(429, { 'retry-after': '0' }),
  unavailable: answer(503),
  broken: answer(500),
  tooLarge: answer(413),
  invalid: answer(400),
  garbage: (_request, response) => void response.end('}{'),
  nonsense: (_request, response) => {
    response.writeHead(202);
    response.end('{"accepted":1,"rejected":[{"index":"x"},null,{"index":0,"retryable":true}]}');
  },
};

// Vitest fails a run by itself if a rejection is unhandled.
test('every snapshot is counted exactly once at any time, whatever the server does', async () => {
  const names = fc.constantFrom(...Object.keys(behaviours));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(names, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
      async (script, bursts) => {
        const remaining = [...script];
        sink.snapshots.length = 0;
        // A request of the previous run may still arrive.
        run += 1;
        const environment = String(run);
        sink.behaviour = (request, response) => {
          const behaviour = behaviours[remaining.shift() ?? 'accept'] ?? accept;
          behaviour(request, response);
        };
        const xray = client({
          environment,
          delivery: { maxQueued: 15, maxBatch: 5, delayMs: 1, timeoutMs: 40 },
        });
        const ids: string[] = [];
        for (const burst of bursts) {
          ids.push(...record(xray, burst));
          expectExact(xray);
          await xray.flush(30);
          expectExact(xray);
        }
        await xray.shutdown(30);
        expectExact(xray);
        const { recorded, delivered, queued } = xray.stats();
        expect(recorded).toBe(ids.length);
        expect(queued).toBe(0);
        const received = sink.snapshots.filter((snapshot) => snapshot.environment === environment);
        const seen = new Set(received.map(({ executionId }) => executionId));
        expect(delivered).toBeLessThanOrEqual(seen.size);
        expect([...seen].every((id) => ids.includes(id))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
}, 40_000);
