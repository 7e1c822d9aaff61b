import { Readable } from 'node:stream';

import { snapshotSchema, type Returned } from '@xray/core';
import { type Execution, XRaySDK, type XRayOptions } from '@xray/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Sink, startSink } from './sink.js';

let sink: Sink;

beforeAll(async () => {
  sink = await startSink();
});

afterAll(async () => {
  await sink.close();
});

/** Records an execution with these options, and returns its snapshot. */
async function recorded(
  work: (execution: Execution) => unknown,
  options: Partial<XRayOptions> = {},
) {
  const xray = new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'work',
    endpoint: sink.endpoint,
    ...options,
  });
  await xray.run(work);
  expect(await xray.flush()).toBe(true);
  return snapshotSchema.parse(sink.snapshots.at(-1));
}

const returnedOf = async (
  work: (execution: Execution) => unknown,
  options?: Partial<XRayOptions>,
): Promise<Returned | null | undefined> => (await recorded(work, options)).steps[0]?.returned;

describe('a step says how its function returned', () => {
  test('directly or by a promise, with the output as its value', async () => {
    expect(await returnedOf((ex) => ex.step('a', () => 1))).toEqual({ of: 'output' });
    expect(await returnedOf((ex) => ex.step('a', async () => 1))).toEqual({
      async: true,
      of: 'output',
    });
  });

  test('by throwing, directly or by a promise', async () => {
    const fail = () => {
      throw new Error('refused');
    };
    const caught = (ex: Execution) => {
      try {
        ex.step('a', fail);
      } catch {
        // The error is in the record.
      }
    };
    expect(await returnedOf(caught)).toEqual({ of: 'error' });
    expect(
      await returnedOf((ex) => ex.step('a', async () => fail()).catch(() => undefined)),
    ).toEqual({ async: true, of: 'error' });
  });

  test('with types that JSON cannot express, by their path', async () => {
    class Money {
      amount = 1;
    }
    const value = {
      at: new Date(0),
      big: 1n,
      not: [NaN, undefined, Infinity],
      map: new Map([['a', 1]]),
      set: new Set([1]),
      bytes: new Uint8Array([1]),
      price: new Money(),
      plain: { deep: [1, 'a', null] },
    };
    expect(await returnedOf((ex) => ex.step('a', () => value))).toEqual({
      of: 'output',
      types: {
        '/at': 'date',
        '/big': 'bigint',
        '/not/0': 'nan',
        '/not/1': 'undefined',
        '/not/2': 'class',
        '/map': 'map',
        '/set': 'set',
        '/bytes': 'bytes',
        '/price': 'class',
      },
    });
  });

  test('as lost for a stream or query, which cannot be returned again', async () => {
    const values: unknown[] = [() => 1, Readable.from(['a']), (function* () {})()];
    for (const value of values) {
      expect(await returnedOf((ex) => ex.step('a', () => value) && undefined)).toEqual({
        of: 'lost',
      });
    }
  });

  test('not at all if there was no function', async () => {
    expect(await returnedOf((ex) => ex.recordStep({ name: 'a', output: 1 }))).toBeUndefined();
  });
});

describe('a return value beside a noted output', () => {
  const found = [{ id: 'a', at: new Date(0) }];
  const search = (ex: Execution) =>
    ex.step('search', { kind: 'retrieve' }, async (step) => {
      step.note({ output: { hits: 1 } });
      return found;
    });

  test('is not kept by default', async () => {
    expect(await returnedOf(search)).toEqual({ async: true, of: 'lost' });
  });

  test('is kept for replays, redacted like other values', async () => {
    expect(await returnedOf(search, { replay: 'effects' })).toEqual({
      async: true,
      of: 'value',
      value: [{ id: 'a', at: '1970-01-01T00:00:00.000Z' }],
      types: { '/0/at': 'date' },
    });
    const secret = await recorded(
      (ex) =>
        ex.step('login', { kind: 'action' }, (step) => {
          step.note({ output: 'ok' });
          return { password: 'hush' };
        }),
      { replay: 'effects' },
    );
    expect(secret.steps[0]?.returned?.value).toEqual({ password: '[redacted]' });
    expect(secret.marks).toContainEqual(
      expect.objectContaining({ path: '/steps/0/returned/value/password', kind: 'redacted' }),
    );
  });

  test('is the output if both are equal, and undefined needs no value', async () => {
    const noted = (value: unknown) => (ex: Execution) =>
      ex.step('a', { kind: 'retrieve' }, (step) => {
        step.note({ output: [1] });
        return value;
      });
    expect(await returnedOf(noted([1]), { replay: 'effects' })).toEqual({ of: 'output' });
    expect(await returnedOf(noted(undefined))).toEqual({
      of: 'value',
      types: { '': 'undefined' },
    });
  });

  test('is not kept for steps that a replay runs again', async () => {
    const noted = (kind: 'model' | 'transform') => (ex: Execution) =>
      ex.step('a', { kind }, (step) => {
        step.note({ output: 1 });
        return 2;
      });
    for (const kind of ['model', 'transform'] as const) {
      expect(await returnedOf(noted(kind), { replay: 'effects' })).toEqual({ of: 'lost' });
    }
  });

  test('is kept whole if the output was cut, and is shed first from a full snapshot', async () => {
    const long = Array.from({ length: 3_000 }, () => 'a value of some length');
    const large = await returnedOf(
      (ex) =>
        ex.step('a', { kind: 'retrieve' }, () => ({
          long: long.slice(0, 1_000).concat(['x'.repeat(12_000)]),
        })),
      {
        replay: 'effects',
      },
    );
    expect(large).toMatchObject({ of: 'lost' });
    const many = await recorded(
      async (ex) => {
        for (let place = 0; place < 30; place += 1) {
          ex.step(`s${place}`, { kind: 'retrieve' }, (step) => {
            step.note({ output: place });
            return long.slice(0, 1_000).map((text) => ({ text, place }));
          });
        }
      },
      { replay: 'effects' },
    );
    expect(many.steps.map(({ output }) => output)).toEqual(many.steps.map((_, place) => place));
    expect(many.steps.map(({ returned }) => returned)).toEqual(
      many.steps.map(() => ({ of: 'lost' })),
    );
    expect(many.marks).toContainEqual(
      expect.objectContaining({ path: '/steps/0/returned/value', rule: 'snapshot_bytes' }),
    );
  });
});

describe('a decision by its checks', () => {
  const decided = (isEnough: boolean, effect?: 'flag') => (ex: Execution) => {
    ex.step('rules', (step) => {
      step.check('min_score', isEnough, { effect, reason: 'SCORE_LOW' });
    });
    return ex.decideByChecks('approved', 'declined');
  };

  test('records how the outcome follows from the checks', async () => {
    const basis = { kind: 'all_pass', pass: 'approved', fail: 'declined' };
    expect((await recorded(decided(true))).decision).toMatchObject({
      outcome: 'approved',
      adverse: false,
      basis,
    });
    expect((await recorded(decided(false))).decision).toMatchObject({
      outcome: 'declined',
      adverse: true,
      reasons: [{ code: 'SCORE_LOW' }],
      basis,
    });
  });

  test('has the same outcome if nothing is recorded, and ignores checks that only flag', () => {
    const xray = new XRaySDK({ appId: 'app', pipeline: 'work' });
    expect(xray.run(decided(false))).toBe('declined');
    expect(xray.run(decided(true))).toBe('approved');
    expect(xray.run(decided(false, 'flag'))).toBe('approved');
  });
});
