import { snapshotSchema } from '@xray/core';
import { type Execution, type Step, XRaySDK } from '@xray/sdk';
import { xrayAiMiddleware } from '@xray/sdk/ai';
import { xrayMiddleware } from '@xray/sdk/express';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { recorded, setUpRecording, sink, xray } from './recording.js';

beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});
setUpRecording({
  pipeline: 'arguments',
  delivery: { maxQueued: 100_000, maxQueuedBytes: 1e9 },
});

const refuse = (): never => {
  throw new Error('mine');
};

/** Every trap throws, so no operation on the object works. */
const untouchable = (): object => {
  const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set'];
  return new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, refuse])));
};

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const MEMBERS =
  `name kind input output reasoning attempt actor model metrics status error durationMs rules artifacts
  id result effect field op actual threshold unit points version counts reason text type person watch data scores
  executionId pipeline waitUntil subject subjects tags metadata versions fromHeaders relation of outcome adverse score
  confidence reasons decidedBy humanInvolvement code mediaType bytes inline uri sha256 execution prompt modelId provider
  message cause errors stack`.split(/\s+/);

/** Every read of a property throws. */
const throwing = (): object => {
  const object = {};
  for (const key of MEMBERS) Object.defineProperty(object, key, { enumerable: true, get: refuse });
  return object;
};

const textless = (): object => ({ toString: refuse, valueOf: refuse, toJSON: refuse });

/** Values that a caller without types, or a careless wrapper, may pass anywhere. */
const anything: fc.Arbitrary<() => unknown> = fc.constantFrom<(() => unknown)[]>(
  ...[null, undefined, 0, -1, Number.NaN, Infinity, 1e300, '', 'text', '\0', '\ud800'].map(
    (value) => () => value,
  ),
  ...[true, false, 1n, Symbol('s'), [], {}].map((value) => () => value),
  () => [null, undefined, 'x', {}, 7],
  () => new Date(Number.NaN),
  () =>
    new Map<unknown, unknown>([
      ['a', 1],
      [2, 'b'],
    ]),
  () => new Set([1]),
  () => new Error('an error'),
  () => Object.create(null) as unknown,
  () => 'long'.repeat(20_000),
  () => ({ [`${'k'.repeat(300)}`]: 1 }),
  untouchable,
  revoked,
  throwing,
  textless,
  () => [throwing(), untouchable(), revoked()],
);

/** Calls that each add exactly one step, with arbitrary values as arguments. */
const CALLS: Record<string, (execution: Execution, v: never, w: never) => unknown> = {
  'recordStep(any)': (ex, v) => ex.recordStep(v),
  ...Object.fromEntries(
    MEMBERS.map((key) => [
      `recordStep({ ${key}: any })`,
      (ex: Execution, v: never, w: never) => ex.recordStep({ name: 'step', input: w, [key]: v }),
    ]),
  ),
  'step(any, fn)': (ex, v) => ex.step(v, () => 1),
  'step(name, any, fn)': (ex, v) => ex.step('step', v, () => 1),
  'step(name, fn, any)': (ex, v) => (ex.step as Untyped)('step', () => 1, v),
  'step(name)': (ex) => (ex.step as Untyped)('step'),
  'step(name, any)': (ex, v) => (ex.step as Untyped)('step', v),
  ...Object.fromEntries(
    MEMBERS.map((key) => [
      `step(name, { ${key}: any }, fn)`,
      (ex: Execution, v: never) => ex.step('step', { [key]: v }, () => v),
    ]),
  ),
  'note(any)': (ex, v) => ex.step('step', (s) => s.note(v)),
  'check(any, any, any)': (ex, v, w) => ex.step('step', (s) => s.check(v, w, v)),
  'check(id, any, { … })': (ex, v, w) =>
    ex.step('step', (s) => s.check('c', v, { actual: w, reason: v, text: w, effect: v, field: w })),
  'artifact(any)': (ex, v) => ex.step('step', (s) => s.artifact(v)),
  'artifact({ … })': (ex, v, w) =>
    ex.step('step', (s) => s.artifact({ name: v, mediaType: w, bytes: v, inline: w, uri: v })),
  'filter(candidates, { … })': (ex, v, w) =>
    ex.step('step', (s) =>
      s.filter([{}, {}], {
        id: v,
        type: w,
        person: v,
        data: w,
        watch: v,
        score: w,
        rules: [
          { id: v, test: () => true, actual: w, threshold: v, reason: w, field: v, op: w },
          { id: 'r', test: () => false, actual: () => v, threshold: w, version: v, unit: w },
        ],
      }),
    ),
  'filter(any, options)': (ex, v, w) =>
    ex.step('step', (s) => s.filter([v, w], { id: (x) => x, data: (x) => x, rules: [] })),
  'rank(candidates, { … })': (ex, v, w) =>
    ex.step('step', (s) =>
      s.rank([1, 2], { id: () => v, score: () => v, scores: () => w, data: () => v, type: w }),
    ),
  'decide(any, any)': (ex, v, w) => ex.step('step', () => ex.decide(v, w)),
  'decide(outcome, { … })': (ex, v, w) =>
    ex.step('step', () =>
      ex.decide('ok', { reasons: v, score: w, confidence: v, decidedBy: w, adverse: v }),
    ),
  'set(any)': (ex, v) => ex.step('step', () => ex.set(v)),
  'set({ … })': (ex, v, w) =>
    ex.step('step', () =>
      ex.set({ subject: v, subjects: w, input: v, output: w, tags: v, metadata: w, versions: v }),
    ),
  'child(any, any)': (ex, v, w) => ex.step('step', () => ex.child(v, w).id),
  'inner step(any, any, fn)': (ex, v, w) =>
    ex.step('step', () => ex.headers()['traceparent'] !== v || w),
};

type Untyped = (...args: unknown[]) => unknown;

test('no method loses a step or throws, whatever its arguments', async () => {
  const names = Object.keys(CALLS);
  const executions: Execution[] = [];
  fc.assert(
    fc.property(anything, anything, (makeV, makeW) => {
      const [v, w] = [makeV(), makeW()];
      const execution = xray.startExecution();
      executions.push(execution);
      for (const name of names) CALLS[name]?.(execution, v as never, w as never);
      execution.completeExecution();
    }),
    { numRuns: 40 },
  );
  expect(await xray.flush(15_000)).toBe(true);
  const byId = new Map(sink.snapshots.map((snapshot) => [snapshot.executionId, snapshot]));
  for (const { id } of executions) {
    const snapshot = byId.get(id);
    expect(snapshotSchema.safeParse(snapshot).error?.issues ?? []).toEqual([]);
    expect(snapshot?.steps).toHaveLength(names.length);
  }
  expect(xray.stats()).toMatchObject({ dropped: {}, ignoredCalls: 0 });
});

test('starting and ending an execution never loses it or throws, whatever the arguments', async () => {
  let count = 0;
  fc.assert(
    fc.property(anything, anything, (makeV, makeW) => {
      const [v, w] = [makeV(), makeW()];
      const options: Record<string, unknown>[] = MEMBERS.map((key) => ({
        tags: ['kept'],
        [key]: v,
      }));
      for (const given of [v, ...options] as never[]) {
        count += 3;
        xray.startExecution(given).failExecution(w);
        expect(xray.run(given, (ex) => ex.step('step', () => 42))).toBe(42);
        xray.startExecution().child('part', given).completeExecution();
      }
      count += 2;
      (xray.run as Untyped)((ex: Execution) => ex.recordStep({ name: 'step' }), v);
      (xray.run as Untyped)(typeof v === 'function' ? undefined : v);
    }),
    { numRuns: 12 },
  );
  expect(await xray.flush(15_000)).toBe(true);
  expect(xray.stats()).toMatchObject({ recorded: count, delivered: count });
  const invalid = sink.snapshots.filter((snapshot) => !snapshotSchema.safeParse(snapshot).success);
  expect(invalid).toEqual([]);
});

test('an unreadable option of the client costs only that option', async () => {
  const options = [
    'environment',
    'versions',
    'redact',
    'onDrop',
    'sample',
    'waitUntil',
    'maxSteps',
  ];
  for (const name of [...options, 'spool', 'delivery']) {
    const given = Object.defineProperty(
      { apiKey: 'xr_test', appId: 'app', pipeline: 'p', endpoint: sink.endpoint },
      name,
      { enumerable: true, get: refuse },
    );
    const client = new XRaySDK(given);
    client.startExecution({ input: { password: 'SECRET' } }).completeExecution();
    expect(await client.flush()).toBe(true);
    expect(client.stats()).toMatchObject({ recorded: 1, delivered: 1 });
  }
  const withoutRules = sink.snapshots[options.indexOf('redact')];
  expect(withoutRules?.input).toBe('[redacted]');
});

describe('an unreadable part of a step is marked, and the rest is kept', () => {
  const bad = { enumerable: true, get: refuse };
  const mark = (path: string) => expect.objectContaining({ path, kind: 'dropped' });

  test.each([
    'input',
    'output',
    'reasoning',
    'kind',
    'model',
    'rules',
    'status',
    'durationMs',
    'name',
  ])('%s throws', async (key) => {
    const record = { name: 'pay', input: 1, output: 2, reasoning: 'because', kind: 'llm' };
    const given = Object.defineProperty({ ...record }, key, bad);
    const { steps, marks } = await recorded((ex) => ex.recordStep(given as never));
    const rest = Object.entries<unknown>(record).filter(([name]) => name !== key);
    expect(steps).toMatchObject([Object.fromEntries(rest)]);
    expect(marks).toContainEqual(mark(`/steps/0/${key}`));
  });

  test.each<[string, unknown, string]>([
    ['rules that are not a list', { rules: { id: 'a' } }, '/steps/0/rules'],
    ['a rule that is not an object', { rules: [null, { id: 'a' }] }, '/steps/0/rules'],
    ['an unknown status', { status: 'done' }, '/steps/0/status'],
    ['an infinite duration', { durationMs: Infinity }, '/steps/0/durationMs'],
    ['a model without a name', { model: { inputTokens: 3 } }, '/steps/0/model/name'],
    ['a rule without an id', { rules: [{ result: 'fail', actual: 1 }] }, '/steps/0/rules/0/id'],
    [
      'an artifact without a size',
      { artifacts: [{ name: 'a', mediaType: 'b' }] },
      '/steps/0/artifacts/0/bytes',
    ],
  ])('%s', async (_name, part, path) => {
    const snapshot = await recorded((ex) =>
      ex.recordStep({ name: 'pay', output: 2, ...(part as object) }),
    );
    expect(snapshot.steps).toMatchObject([{ name: 'pay', output: 2 }]);
    expect(snapshot.marks).toContainEqual(mark(path));
  });

  test.each([undefined, null, 'text', 7, throwing(), untouchable()])(
    'options %#, and the function still runs as a step',
    async (options) => {
      const error = new Error('refused');
      const { steps } = await recorded((ex) => {
        expect(() => ex.step('pay', options as never, () => refuse())).toThrow('mine');
        expect(ex.step('paid', options as never, () => error)).toBe(error);
      });
      expect(steps).toMatchObject([
        { name: 'pay', status: 'failed', error: { message: 'mine' } },
        { name: 'paid', status: 'completed' },
      ]);
    },
  );

  test('a name that is a number becomes its text, with a mark', async () => {
    const { steps, marks } = await recorded((ex) => ex.step(42 as never, () => 1));
    expect(steps).toMatchObject([{ name: '42' }]);
    expect(marks).toEqual([{ path: '/steps/0/name', kind: 'coerced' }]);
  });
});

describe('a decision is kept', () => {
  test.each<[string, unknown, object]>([
    ['reasons that are one text', { reasons: 'LOW' }, { reasons: [{ code: 'LOW' }] }],
    ['reasons of another kind', { reasons: 7, score: 1 }, { score: 1 }],
    ['a reason that is not an object', { reasons: [null, 'LOW'] }, { reasons: [{ code: 'LOW' }] }],
    ['a reason without a code', { reasons: [{ text: 'low' }] }, { reasons: [{ text: 'low' }] }],
    [
      'a member that throws',
      Object.defineProperty({ score: 1 }, 'reasons', { get: refuse }),
      { score: 1 },
    ],
    ['an actor without an id', { decidedBy: { type: 'human' } }, { decidedBy: { type: 'human' } }],
    ['details that are text', 'because', {}],
    ['no details', null, {}],
  ])('with %s', async (_name, details, kept) => {
    const { decision } = await recorded((ex) => ex.decide('declined', details as never));
    expect(decision).toMatchObject({ outcome: 'declined', ...kept });
  });

  test('with its reasons and a mark if its outcome is missing', async () => {
    const { decision, marks } = await recorded((ex) =>
      ex.decide(undefined as never, { adverse: true, reasons: ['LOW'] }),
    );
    expect(decision).toEqual({ outcome: 'unnamed', adverse: true, reasons: [{ code: 'LOW' }] });
    expect(marks).toEqual([{ path: '/decision/outcome', kind: 'dropped' }]);
  });
});

describe('if a later call is wrong, and the step gets a mark', () => {
  test.each<[string, (ex: Execution) => void, (ex: Execution) => void, object, string]>([
    [
      'decide',
      (ex) => ex.decide('approved'),
      (ex) => ex.decide('' as never),
      { decision: { outcome: 'approved' } },
      '/decision',
    ],
    [
      'tags',
      (ex) => ex.set({ tags: ['a'] }),
      (ex) => ex.set({ tags: 5 as never }),
      { tags: ['a'] },
      '/tags',
    ],
    [
      'metadata',
      (ex) => ex.set({ metadata: { a: 1 } }),
      (ex) => ex.set({ metadata: 'x' as never }),
      { metadata: { a: 1 } },
      '/metadata',
    ],
    [
      'subject',
      (ex) => ex.set({ subject: { user: 'u' } }),
      (ex) => ex.set({ subject: { user: {} as never } }),
      { subjects: [{ type: 'user', id: 'u' }] },
      '/subjects',
    ],
    [
      'versions',
      (ex) => ex.set({ versions: { code: '1' } }),
      (ex) => ex.set({ versions: { code: {} as never } }),
      { versions: { code: '1' } },
      '/versions/code',
    ],
    [
      'facts',
      (ex) => ex.set({ tags: ['a'] }),
      (ex) => ex.set(throwing()),
      { tags: ['a'] },
      '/tags',
    ],
  ])('%s', async (_name, right, wrong, kept, path) => {
    const snapshot = await recorded((ex) => {
      right(ex);
      wrong(ex);
    });
    expect(snapshot).toMatchObject(kept);
    expect(snapshot.marks).toContainEqual(expect.objectContaining({ path, kind: 'dropped' }));
  });

  const noted: [string, object, object][] = [
    ['kind', { kind: 'llm' }, { kind: 'bogus' }],
    ['model', { model: { name: 'm' } }, { model: 5 }],
    ['metrics', { metrics: { a: 1 } }, { metrics: { a: 'x' } }],
    ['output', { output: { a: 1 } }, { output: untouchable() }],
  ];
  test.each(noted)('note with %s', async (key, right, wrong) => {
    const { steps, marks } = await recorded((ex) =>
      ex.step('s', (s: Step) => {
        s.note(right);
        s.note(wrong);
      }),
    );
    expect(steps[0]).toMatchObject(right);
    expect(marks?.[0]?.path).toMatch(new RegExp(`^/steps/0/${key}`));
  });
});

describe('the adapters', () => {
  test("a model's answer reaches the caller even if its record is wrong", async () => {
    const answer = { content: [], usage: untouchable(), stream: 7 };
    const execution = xray.startExecution();
    const bad = [null, undefined, 'text', throwing(), untouchable()];
    for (const value of bad) {
      const middleware = xrayAiMiddleware(xray, value as never);
      const inside = xrayAiMiddleware(xray, { execution, name: value as never });
      const call = { params: value as never, model: value as never };
      for (const { wrapGenerate, wrapStream } of [middleware, inside]) {
        expect(await wrapGenerate({ ...call, doGenerate: async () => answer })).toBe(answer);
        expect(await wrapStream({ ...call, doStream: async () => answer as never })).toBe(answer);
      }
    }
    execution.completeExecution();
    await xray.flush();
    expect(sink.snapshots[0]?.steps).toHaveLength(bad.length * 2);
  });

  test('a request is handled even if the choice, the request or the response is wrong', () => {
    const next = vi.fn<() => void>();
    const bad = [null, undefined, 'text', throwing(), untouchable()];
    for (const value of bad) {
      const response = { once: () => {}, locals: value } as never;
      const start = (): never => value as never;
      xrayMiddleware(xray, { start })({ headers: value } as never, response, next);
      xrayMiddleware(xray, value as never)({ headers: {} }, response, next);
      xrayMiddleware(xray, { start })(value as never, { once: refuse } as never, next);
    }
    expect(next).toHaveBeenCalledTimes(bad.length * 3);
  });
});
