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

/** Records one step with this value as its input, and returns what arrived. */
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
  test('arrive as they are, without marks', async () => {
    const value = { a: [1, 'two', null, true, { b: {} }], ключ: '\u{1F600} \u2028', c: undefined };
    expect(await roundTrip(value)).toEqual({
      input: { a: value.a, ключ: value['ключ'] },
      marks: [],
    });
  });

  test('a date, a URL and what has a toJSON arrive in their JSON form, without marks', async () => {
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

describe('hostile values', () => {
  test('a cycle is cut where it closes', async () => {
    const value: Record<string, unknown> = { name: 'loop' };
    value['self'] = value;
    expect(await roundTrip(value)).toEqual({
      input: { name: 'loop', self: null },
      marks: [marked('circular', '/steps/0/input/self')],
    });
  });

  test('what throws is dropped alone, and the rest stays', async () => {
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

  test('a tree of a billion shared nodes ends within the bytes of the field', async () => {
    let tree: unknown = 'leaf';
    for (let depth = 0; depth < 11; depth += 1) tree = Array.from({ length: 8 }, () => tree);
    const { input, marks } = await roundTrip(tree);
    expect(JSON.stringify(input).length).toBeLessThanOrEqual(32 * 1024);
    expect(marks.length).toBeGreaterThan(0);
  });

  test('a getter is asked once, however it would answer a second time', async () => {
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

  test('a getter that records something itself disturbs neither record', async () => {
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

  test('text of any script, with anything that JSON escapes, arrives whole', async () => {
    const value = {
      'ключ "1"\n': 'naïve — 東京 \u{1F600} \ud800 \t\n\\"\u007f\u2028',
      ascii: 'plain',
    };
    const { input, marks } = await roundTrip(value);
    expect(JSON.stringify(input)).toBe(JSON.stringify(value));
    expect(marks).toEqual([]);
  });

  test('what others added to the prototype of all objects is not recorded', async () => {
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

/** Anything at all: JSON, and what JSON does not know, nested. */
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

/** `JSON.stringify`'s idea of the value, or nothing where it has none. */
function nativeForm(value: unknown): { json: unknown } | undefined {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : { json: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

test('whatever is recorded: nothing throws, the snapshot is valid, and a difference has a mark', async () => {
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

/** Fields alone are lost to hostile values, never a whole call. */
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
