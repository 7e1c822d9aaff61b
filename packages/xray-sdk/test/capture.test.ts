import { runInNewContext } from 'node:vm';

import { snapshotSchema } from '@xray/core';
import { XRaySDK, type XRayOptions } from '@xray/sdk';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Mark, Snapshot } from '../src/wire/snapshot.js';
import { type Sink, startSink } from './sink.js';

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
    pipeline: 'capture',
    endpoint: sink.endpoint,
    ...options,
  });
}

/** Records one step with this value as its input, and returns the step that arrived. */
async function roundTrip(value: unknown, options: Partial<XRayOptions> = {}) {
  const xray = client(options);
  const execution = xray.startExecution();
  execution.recordStep({ name: 'capture', input: value });
  execution.completeExecution();
  expect(await xray.flush()).toBe(true);
  const snapshot = sink.snapshots.at(-1);
  snapshotSchema.parse(snapshot);
  return { input: snapshot?.steps[0]?.input, marks: snapshot?.marks ?? [] };
}

const marked = (kind: Mark['kind'], path = '/steps/0/input') =>
  expect.objectContaining({ kind, path });

describe('values that JSON knows', () => {
  test('arrive unchanged, without marks', async () => {
    const value = { a: [1, 'two', null, true, { b: {} }], ключ: '\u{1F600} \u2028', c: undefined };
    expect(await roundTrip(value)).toEqual({
      input: { a: value.a, ключ: value['ключ'] },
      marks: [],
    });
  });

  test('a date, a URL and an object with toJSON arrive in their JSON form, without marks', async () => {
    const value = {
      at: new Date(0),
      url: new URL('http://x.test/a'),
      own: { toJSON: () => ({ n: 1 }) },
    };
    expect(await roundTrip(value)).toEqual({
      input: { at: '1970-01-01T00:00:00.000Z', url: 'http://x.test/a', own: { n: 1 } },
      marks: [],
    });
  });
});

describe('values that JSON does not know are coerced, with a mark', () => {
  class Point {
    x = 1;
  }
  const cases: [string, unknown, unknown][] = [
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['not a number', Number.NaN, null],
    ['infinity', -Infinity, null],
    ['U+0000', 'a\0b', 'a\u{FFFD}b'],
    ['a function', () => 1, '[function]'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a map by text', new Map([['k', 1]]), { k: 1 }],
    ['a map by objects', new Map([[1, 2]]), [[1, 2]]],
    ['a set', new Set([1, 2]), [1, 2]],
    ['a buffer', Buffer.from('hi'), 'aGk='],
    ['a typed array', new Uint16Array([1]), 'AQA='],
    ['an error', new RangeError('far'), { name: 'RangeError', message: 'far' }],
    ['a promise', Promise.resolve(1), '[promise]'],
    ['a hole of an array', [undefined, 1], [null, 1]],
  ];
  test.each(cases)('%s', async (_name, value, expected) => {
    const { input, marks } = await roundTrip(value);
    expect(input).toEqual(expected);
    expect(marks).toContainEqual(expect.objectContaining({ kind: 'coerced' }));
  });

  test('an instance of a class arrives with its own properties', async () => {
    expect(await roundTrip({ p: new Point() })).toEqual({ input: { p: { x: 1 } }, marks: [] });
  });
});

describe('values of another realm or of the web platform', () => {
  const foreign = (code: string): unknown => runInNewContext(code);
  const cases: [string, unknown, unknown][] = [
    ['a map of another realm', foreign('new Map([["a", 1]])'), { a: 1 }],
    ['a map of pairs of another realm', foreign('new Map([[1, 2]])'), [[1, 2]]],
    ['a set of another realm', foreign('new Set([1])'), [1]],
    [
      'an error of another realm',
      foreign('new TypeError("x")'),
      { name: 'TypeError', message: 'x' },
    ],
    ['a buffer of another realm', foreign('new Uint8Array([1]).buffer'), 'AQ=='],
    ['a promise of another realm', foreign('Promise.resolve(1)'), '[promise]'],
    ['headers', new Headers({ a: '1' }), { a: '1' }],
    ['search parameters', new URLSearchParams('a=1&b=2&a=3'), { a: ['1', '3'], b: '2' }],
    [
      'a response',
      new Response(null, { status: 404 }),
      { status: 404, statusText: '', url: '', headers: {} },
    ],
    ['a blob', new Blob(['abc'], { type: 'text/plain' }), { type: 'text/plain', size: 3 }],
    ['a boxed bigint', Object(1n), '1'],
    ['a weak map', new WeakMap(), '[WeakMap]'],
    ['an iterator', [1].values(), '[Array Iterator]'],
    [
      'an exception of the platform',
      new DOMException('late', 'AbortError'),
      { name: 'AbortError', message: 'late', code: 20 },
    ],
    [
      'an instance with private fields alone',
      new (class {
        #a = 1;
        get a() {
          return this.#a;
        }
      })(),
      {},
    ],
    [
      'several errors',
      new AggregateError([new Error('a')], 'all'),
      { name: 'AggregateError', message: 'all', errors: [{ name: 'Error', message: 'a' }] },
    ],
  ];
  test.each(cases)(
    '%s is not recorded as an empty object without a mark',
    async (_name, value, expected) => {
      const { input, marks } = await roundTrip({ value });
      expect(input).toEqual({ value: expected });
      expect(marks).toContainEqual(marked('coerced', '/steps/0/input/value'));
    },
  );

  test('a date and a plain object of another realm arrive like those of this realm', async () => {
    const value = { at: foreign('new Date(0)'), plain: foreign('({ a: [1], none: {} })') };
    expect(await roundTrip(value)).toEqual({
      input: { at: '1970-01-01T00:00:00.000Z', plain: { a: [1], none: {} } },
      marks: [],
    });
  });
});

describe('hostile values', () => {
  test('a cycle is cut where it closes', async () => {
    const value: Record<string, unknown> = { name: 'loop' };
    value['self'] = value;
    expect(await roundTrip(value)).toEqual({
      input: { name: 'loop', self: null },
      marks: [marked('circular', '/steps/0/input/self')],
    });
  });

  test('a property that throws is dropped, and the others are kept', async () => {
    const value = {
      good: 1,
      get bad(): never {
        throw new Error('getter');
      },
      json: {
        toJSON: () => {
          throw new Error('toJSON');
        },
      },
      proxy: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('trap');
          },
        },
      ),
    };
    const { input, marks } = await roundTrip(value);
    expect(input).toEqual({ good: 1, bad: null, json: null, proxy: null });
    expect(marks).toEqual(
      ['bad', 'json', 'proxy'].map((key) => marked('dropped', `/steps/0/input/${key}`)),
    );
  });

  test('a 100 MB string is cut at 16 KiB and at a code point', async () => {
    const { input, marks } = await roundTrip('\u{1F600}'.repeat(25_000_000));
    expect(Buffer.byteLength(String(input))).toBeLessThanOrEqual(16 * 1024);
    expect(String(input).replaceAll('\u{1F600}', '')).toBe('');
    expect(marks).toEqual([
      expect.objectContaining({ kind: 'truncated', original: 100_000_000, unit: 'bytes' }),
    ]);
  });

  test('a million entries are cut at a thousand', async () => {
    const { input, marks } = await roundTrip(
      Array.from({ length: 1_000_000 }, (_, index) => index),
    );
    expect(input).toHaveLength(1_000);
    expect(marks).toEqual([
      {
        path: '/steps/0/input',
        kind: 'truncated',
        original: 1_000_000,
        kept: 1_000,
        unit: 'items',
      },
    ]);
  });

  test('an endless proxy is cut at the depth limit', async () => {
    const endless: object = new Proxy(
      {},
      {
        ownKeys: () => ['next'],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_target, key) => (key === 'next' ? endless : undefined),
      },
    );
    const { marks } = await roundTrip({ endless });
    expect(marks).toEqual([expect.objectContaining({ kind: 'circular' })]);
  });

  test('a tree of a billion shared nodes is cut at the bytes of the field', async () => {
    let tree: unknown = 'leaf';
    for (let depth = 0; depth < 11; depth += 1) tree = Array.from({ length: 8 }, () => tree);
    const { input, marks } = await roundTrip(tree);
    expect(JSON.stringify(input).length).toBeLessThanOrEqual(32 * 1024);
    expect(marks.length).toBeGreaterThan(0);
  });

  test('a getter is called only once', async () => {
    let looks = 0;
    const value = {
      get shifty(): unknown {
        looks += 1;
        return looks === 1 ? 'plain' : 10n;
      },
    };
    const { input } = await roundTrip(value);
    expect(input).toEqual({ shifty: 'plain' });
    expect(looks).toBe(1);
  });

  test('a getter that records something keeps both records correct', async () => {
    const xray = client();
    const execution = xray.startExecution();
    const value = {
      before: 1,
      get recorded(): string {
        execution.recordStep({ name: 'inner', input: { deep: ['inner'] } });
        return 'outer';
      },
      after: 2,
    };
    execution.recordStep({ name: 'outer', input: value });
    execution.completeExecution();
    await xray.flush();
    const inputs = sink.snapshots.at(-1)?.steps.map(({ name, input }) => [name, input]);
    expect(new Map(inputs as [string, unknown][])).toEqual(
      new Map<string, unknown>([
        ['inner', { deep: ['inner'] }],
        ['outer', { before: 1, recorded: 'outer', after: 2 }],
      ]),
    );
  });

  test('a key of any script arrives intact, even if a nested recording learned it', async () => {
    const xray = client();
    const execution = xray.startExecution();
    const value = {
      get first(): number {
        execution.recordStep({ name: 'inner', input: { größe: 1 } });
        return 1;
      },
      größe: 2,
    };
    execution.recordStep({ name: 'outer', input: value });
    execution.completeExecution();
    await xray.flush();
    const outer = sink.snapshots.at(-1)?.steps.find(({ name }) => name === 'outer');
    expect(outer?.input).toEqual({ first: 1, größe: 2 });
  });

  test('a getter that adds a note to its own step keeps both sets of marks', async () => {
    const xray = client();
    const execution = xray.startExecution();
    execution.step('s', (s) => {
      s.note({
        model: {
          get name(): string {
            s.note({ input: 1n, output: 'inner' });
            s.note({ input: 2n });
            return 7 as never;
          },
        },
      });
    });
    execution.completeExecution();
    await xray.flush();
    const snapshot = sink.snapshots.at(-1);
    expect(snapshot?.steps).toMatchObject([{ input: '2', output: 'inner', model: { name: '7' } }]);
    expect(snapshot?.marks).toEqual([
      { path: '/steps/0/input', kind: 'coerced' },
      { path: '/steps/0/model/name', kind: 'coerced' },
    ]);
  });

  test('a data function that records candidates itself keeps both sets apart', async () => {
    const xray = client();
    const execution = xray.startExecution();
    execution.step('s', (s) => {
      s.rank([1, 2], {
        id: String,
        score: Number,
        data: () => s.filter(['x'], { id: String, rules: [] }),
      });
    });
    execution.completeExecution();
    await xray.flush();
    const sets = sink.snapshots.at(-1)?.steps.map(({ kind, candidates }) => [kind, candidates?.in]);
    expect(sets).toEqual([
      ['rank', 2],
      ['filter', 1],
      ['filter', 1],
    ]);
  });

  test('a value that records itself does not recurse endlessly', async () => {
    const xray = client();
    const execution = xray.startExecution();
    const value = {
      get again(): number {
        execution.recordStep({ name: 'again', input: value });
        execution.recordStep(value as never);
        return 1;
      },
      get name(): string {
        execution.recordStep(value as never);
        return 'self';
      },
    };
    execution.recordStep(value as never);
    execution.recordStep({ name: 'last', input: value });
    execution.completeExecution();
    expect(await xray.flush()).toBe(true);
    expect(sink.snapshots.at(-1)?.steps.some(({ name }) => name === 'last')).toBe(true);
  });

  test('text of any script, with every character that JSON escapes, arrives intact', async () => {
    const value = {
      'ключ "1"\n': 'naïve — 東京 \u{1F600} \ud800 \t\n\\"\u007f\u2028',
      ascii: 'plain',
    };
    const { input, marks } = await roundTrip(value);
    expect(JSON.stringify(input)).toBe(JSON.stringify(value));
    expect(marks).toEqual([]);
  });

  test('a property added to the prototype of all objects is not recorded', async () => {
    const everyObject: object = Object.prototype;
    Object.defineProperty(everyObject, 'added', {
      value: 1,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    try {
      expect((await roundTrip({ own: 1 })).input).toEqual({ own: 1 });
    } finally {
      Reflect.deleteProperty(everyObject, 'added');
    }
  });
});

/** Arbitrary nested values: JSON, and values that JSON does not know. */
const hostile: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom<unknown>(
      null,
      undefined,
      Symbol('s'),
      () => 1,
      new Date(Number.NaN),
      /x/g,
      Promise.resolve(),
    ),
    fc.date(),
    fc.uint8Array({ maxLength: 30 }),
    fc.string({ maxLength: 20 }).map((message) => new Error(message)),
    fc.constant('x'.repeat(40_000)),
  ),
  node: fc.oneof(
    { depthSize: 'medium' },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 6 }),
    fc.dictionary(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom('password', '__proto__', 'toJSON', 'then', 'length'),
      ),
      tie('node'),
      { maxKeys: 6 },
    ),
    fc
      .array(fc.tuple(tie('node'), tie('node')), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    fc.array(tie('node'), { maxLength: 3 }).map((values) => new Set(values)),
    tie('node').map((value) => {
      const cyclic: unknown[] = [value];
      cyclic.push(cyclic);
      return cyclic;
    }),
    tie('node').map((value) => ({
      good: value,
      get bad(): never {
        throw value;
      },
    })),
    tie('node').map(
      (value) =>
        new Proxy(
          { value },
          {
            get: (target, key, self) => (key === 'toJSON' ? value : Reflect.get(target, key, self)),
          },
        ),
    ),
  ),
})).node;

/** The value as `JSON.stringify` writes it, or undefined if it writes nothing. */
function nativeForm(value: unknown): { json: unknown } | undefined {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : { json: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

test('any value gives a valid snapshot without throwing, and every difference has a mark', async () => {
  const recorded: { id: string; value: unknown }[] = [];
  const xray = client({ delivery: { maxQueued: 100_000, maxQueuedBytes: 1e9 } });
  fc.assert(
    fc.property(hostile, (value) => {
      const execution = xray.startExecution({
        input: value,
        metadata: { value } as never,
        tags: [value] as never,
      });
      execution.recordStep({
        name: value as string,
        input: value,
        output: [value],
        reasoning: value as string,
        error: value,
      });
      execution.recordStep({
        name: 'typed',
        kind: value as 'rules',
        model: value as never,
        actor: { type: value, id: value } as never,
        metrics: { m: value } as never,
        rules: [{ id: 'r', actual: value, result: value as never }],
        artifacts: [value as never],
      });
      execution.decide(value as string, {
        confidence: value as number,
        reasons: [value as string],
      });
      execution.set({
        subject: value as never,
        subjects: [{ type: 't', id: value as string }],
        versions: value as never,
      });
      execution.completeExecution();
      recorded.push({ id: execution.id, value });
    }),
    { numRuns: 500 },
  );
  expect(await xray.flush(15_000)).toBe(true);
  expect(xray.stats()).toMatchObject({
    recorded: recorded.length,
    delivered: recorded.length,
    ignoredCalls: 0,
  });
  const byId = new Map(sink.snapshots.map((snapshot) => [snapshot.executionId, snapshot]));
  for (const { id, value } of recorded) {
    const snapshot = byId.get(id);
    const parsed = snapshotSchema.safeParse(snapshot);
    expect(parsed.error?.issues ?? []).toEqual([]);
    if (snapshot !== undefined) expectMarkWhereDifferent(snapshot, value);
  }
});

/** Expects that the recorded input equals the value's JSON form. If it differs, the snapshot must have a mark. */
function expectMarkWhereDifferent(snapshot: Snapshot, value: unknown): void {
  const native = nativeForm(value);
  const input = snapshot.steps[0]?.input;
  const isSame = native !== undefined && JSON.stringify(native.json) === JSON.stringify(input);
  const hasMark = (snapshot.marks ?? []).some(
    ({ path }) => path.startsWith('/steps/0/input') || path === '/marks',
  );
  const isAbsent = value === undefined && input === undefined;
  expect(isSame || isAbsent || hasMark).toBe(true);
}
