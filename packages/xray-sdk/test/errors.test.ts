import { runInNewContext } from 'node:vm';

import { snapshotSchema } from '@xray/core';

import { describe, expect, test } from 'vitest';

import { setUpRecording, sink, xray } from './recording.js';

setUpRecording({ pipeline: 'p' });

describe('a recorded error', () => {
  async function failed(error: unknown) {
    const execution = xray.startExecution();
    execution.failExecution(error);
    await xray.flush();
    const snapshot = sink.snapshots.at(-1);
    snapshotSchema.parse(snapshot);
    return snapshot?.steps[0]?.error;
  }

  test('has its cause', async () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED', port: 1 });
    expect(await failed(new TypeError('fetch failed', { cause }))).toEqual({
      type: 'TypeError',
      message: 'fetch failed',
      cause: {
        type: 'Error',
        message: 'connect refused',
        code: 'ECONNREFUSED',
        props: { port: 1 },
      },
    });
  });

  test('has the errors that it contains', async () => {
    const thrown = await Promise.any([Promise.reject(new Error('a')), Promise.reject('b')]).catch(
      (error: unknown) => error,
    );
    expect(await failed(thrown)).toMatchObject({
      type: 'AggregateError',
      errors: [{ message: 'a' }, { message: 'b' }],
    });
  });

  test('has its own fields, like those of a database error', async () => {
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (id)=(1)',
    });
    expect(await failed(error)).toMatchObject({
      code: '23505',
      props: { detail: 'Key (id)=(1)' },
    });
  });

  test.each<[unknown, object]>([
    [
      { code: 5, reason: 'x' },
      { type: 'Object', message: '{"code":5,"reason":"x"}', code: 5 },
    ],
    [null, { type: 'Error', message: 'null' }],
    ['text', { type: 'Error', message: 'text' }],
    [runInNewContext('new RangeError("far")'), { type: 'RangeError', message: 'far' }],
  ])('although it is %j', async (thrown, expected) => {
    expect(await failed(thrown)).toMatchObject(expected);
  });

  test('is bounded if it is its own cause, or has endless causes', async () => {
    const circular = new Error('circular');
    circular.cause = circular;
    expect(await failed(circular)).toEqual({ type: 'Error', message: 'circular' });
    let deep = new Error('0');
    for (let level = 1; level < 50; level += 1) deep = new Error(String(level), { cause: deep });
    expect(JSON.stringify(await failed(deep)).length).toBeLessThan(1_000);
  });
});
