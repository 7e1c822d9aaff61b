import { context, trace, TraceFlags } from '@opentelemetry/api';

import { type Execution } from '@xray/sdk';
import { describe, expect, test } from 'vitest';

import { delivered, setUpRecording, sink, xray } from './recording.js';

setUpRecording({ pipeline: 'context' });

describe('a name that the server refuses costs no execution', () => {
  test.each(['.', '..'])('%s', async (dots) => {
    xray.run({ fromHeaders: { 'x-xray-execution': dots } }, () => 1);
    xray.run({ executionId: dots }, () => 2);
    xray.run({ pipeline: dots }, (ex) => {
      ex.child(dots).completeExecution();
      return 3;
    });
    const arrived = await delivered();
    expect(arrived).toHaveLength(4);
    for (const { executionId, pipeline, links } of arrived) {
      expect([
        executionId,
        pipeline,
        ...(links ?? []).map((link) => link.executionId),
      ]).not.toContain(dots);
    }
  });
});

describe('a promise with a member under a symbol', () => {
  test('is returned itself', async () => {
    const promise = Object.assign(Promise.resolve(1), { [Symbol('cancel')]: () => {} });
    xray.run((ex) => {
      expect(ex.step('promise', () => promise)).toBe(promise);
    });
    await promise;
  });
});

describe('an unreadable error', () => {
  test('costs neither its step nor its execution', async () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    const ex = xray.startExecution();
    ex.recordStep({ name: 'recorded', output: 1, error: proxy as never });
    ex.failExecution(proxy);
    const [snapshot] = await delivered();
    expect(snapshot?.status).toBe('failed');
    expect(snapshot?.steps.map(({ name }) => name)).toContain('recorded');
  });
});

describe('steps', () => {
  test('parallel steps keep the order in which they started and their own parents', async () => {
    await xray.run(async (ex) => {
      await Promise.all(
        ['a', 'b'].map((name) =>
          ex.step(name, async () => {
            await Promise.resolve();
            await xray.current()?.step(`${name}1`, async () => name);
          }),
        ),
      );
    });
    const [snapshot] = await delivered();
    const steps = snapshot?.steps.map(({ sequence, parent, name }) => [sequence, parent, name]);
    expect(steps).toEqual([
      [0, undefined, 'a'],
      [1, undefined, 'b'],
      [2, 0, 'a1'],
      [3, 1, 'b1'],
    ]);
  });

  test('nesting works without any context, through an explicit handle', async () => {
    const ex = xray.startExecution();
    ex.step('outer', (s) => s.step('inner', { kind: 'rules' }, (inner) => inner.check('c', true)));
    ex.completeExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.steps).toMatchObject([
      { name: 'outer' },
      { name: 'inner', parent: 0, output: true },
    ]);
  });

  test('a step returns the result of its function, directly or as a promise', async () => {
    const ex = xray.startExecution();
    const token = {};
    expect(ex.step('sync', () => token)).toBe(token);
    const promise = ex.step('async', async () => token);
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe(token);
  });

  test('a thenable without other methods can be awaited for the same value', async () => {
    const ex = xray.startExecution();
    // oxlint-disable-next-line unicorn/no-thenable
    const bare = { then: (resolve: (value: number) => void): void => resolve(42) };
    expect(await ex.step('bare', () => bare)).toBe(42);
    ex.completeExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.steps).toMatchObject([{ status: 'completed', output: 42 }]);
  });

  test('an error of a step is recorded and rethrown unchanged', async () => {
    const error = new RangeError('too far');
    const run = (): unknown =>
      xray.run((ex) =>
        ex.step('fails', () => {
          throw error;
        }),
      );
    expect(run).toThrow(error);
    const rejected = xray.run((ex) => ex.step('rejects', () => Promise.reject(error)));
    await expect(rejected).rejects.toBe(error);
    const snapshots = await delivered();
    expect(snapshots).toMatchObject([
      {
        status: 'failed',
        steps: [
          { name: 'fails', status: 'failed', error: { type: 'RangeError', message: 'too far' } },
        ],
      },
      { status: 'failed', steps: [{ name: 'rejects', status: 'failed' }] },
    ]);
    expect(snapshots[0]?.steps).toHaveLength(1);
  });

  test('a step that outlives its execution is recorded as running', async () => {
    const ex = xray.startExecution();
    let finish: (value: string) => void = () => {};
    const late = ex.step('late', () => new Promise<string>((resolve) => (finish = resolve)));
    ex.completeExecution();
    finish('done');
    expect(await late).toBe('done');
    expect((await delivered())[0]?.steps).toMatchObject([{ name: 'late', status: 'running' }]);
    expect(xray.stats().ignoredCalls).toBe(1);
  });

  test('a filter whose test throws records the candidates so far and rethrows', async () => {
    const error = new Error('bad row');
    const run = (): unknown =>
      xray.run((ex) =>
        ex.step('filter', (s) =>
          s.filter([1, 2, 3], {
            id: String,
            rules: [
              {
                id: 'r',
                test: (n) => {
                  if (n === 2) throw error;
                  return true;
                },
              },
            ],
          }),
        ),
      );
    expect(run).toThrow(error);
    expect((await delivered())[0]?.steps[0]).toMatchObject({
      status: 'failed',
      candidates: { in: 2, out: 1, byOutcome: { kept: 1, error: 1 } },
      rules: [{ counts: { evaluated: 2, passed: 1, error: 1, decisive: 1 } }],
    });
  });

  test('a second set of candidates in one step becomes a nested step', async () => {
    const ex = xray.startExecution();
    const best = ex.step('choose', (s) => {
      const kept = s.filter([3, 1, 2], { id: String, rules: [{ id: 'two', test: (n) => n >= 2 }] });
      return s.rank(kept, { id: String, score: (n) => n, top: 1 });
    });
    ex.completeExecution();
    expect(best).toEqual([3]);
    expect((await delivered())[0]?.steps).toMatchObject([
      { name: 'choose', kind: 'filter', candidates: { in: 3, out: 2 } },
      { name: 'rank', parent: 0, kind: 'rank', candidates: { in: 2, out: 1 } },
    ]);
  });
});

describe('executions', () => {
  test('the current execution follows asynchronous calls, and is undefined outside of them', async () => {
    expect(xray.current()).toBeUndefined();
    const seen = await xray.run(async (ex) => {
      await new Promise((resolve) => setImmediate(resolve));
      return [ex, xray.current()];
    });
    expect(seen[0]).toBe(seen[1]);
    expect(xray.current()).toBeUndefined();
  });

  test('a child is an execution of its own, linked to its parent and in its trace', async () => {
    const parent = xray.startExecution();
    const child = parent.child('part');
    child.completeExecution();
    parent.completeExecution();
    const [part, whole] = await delivered();
    expect(part).toMatchObject({
      pipeline: 'part',
      links: [{ executionId: parent.id, relation: 'parent' }],
    });
    expect(part?.trace?.traceId).toBe(whole?.trace?.traceId);
  });

  test('a checkpoint is a complete running snapshot with its own revision', async () => {
    const ex = xray.startExecution();
    ex.recordStep({ name: 'one' });
    ex.checkpoint();
    await xray.flush();
    ex.recordStep({ name: 'two' });
    ex.completeExecution();
    expect(await delivered()).toMatchObject([
      { revision: 1, status: 'running', steps: [{ name: 'one' }] },
      { revision: 2, status: 'completed', steps: [{ name: 'one' }, { name: 'two' }] },
    ]);
  });

  test('waitUntil receives the delivery of the snapshot', async () => {
    const waited: Promise<unknown>[] = [];
    const ex: Execution = xray.startExecution({ waitUntil: (delivery) => waited.push(delivery) });
    ex.completeExecution();
    expect(await Promise.all(waited)).toEqual([true]);
    expect(sink.snapshots).toHaveLength(1);
  });

  test('an execution takes over the ids of an active OpenTelemetry span', async () => {
    const span = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags: TraceFlags.SAMPLED,
    };
    const active = trace.setSpanContext(context.active(), span);
    context.setGlobalContextManager({
      active: () => active,
      with: (_context, fn, thisArg, ...args) => fn.call(thisArg, ...args),
      bind: (_context, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    xray.startExecution().completeExecution();
    context.disable();
    expect((await delivered())[0]?.trace).toEqual({
      traceId: span.traceId,
      spanId: span.spanId,
      flags: 1,
    });
  });
});

describe('headers from unknown callers', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

  test.each([
    ['00', '-01', true],
    ['00', '-01-more', false],
    ['00', '-01x', false],
    ['01', '-01-more', true],
    ['01', '-01more', false],
    ['ff', '-01', false],
  ])('a traceparent %s…%s is read as the specification says', async (version, end, isRead) => {
    const traceparent = `${version}-${TRACE}-00f067aa0ba902b7${end}`;
    xray.startExecution({ fromHeaders: { traceparent } }).completeExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.trace?.traceId === TRACE).toBe(isRead);
  });

  test.each([
    null,
    'text',
    new Map([['x-xray-execution', 5]]),
    { 'x-xray-execution': ['a b;c d'], traceparent: '00-0' },
    { 'x-xray-execution': ';;;;' },
  ])('%j tells nothing, and what is said beside it stays', async (headers) => {
    const ex = xray.startExecution({ fromHeaders: headers as never, of: 'e-1' });
    ex.completeExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.links).toEqual([{ executionId: 'e-1', relation: 'parent' }]);
  });
});
