import { Readable } from 'node:stream';

import { type Execution } from '@xray/sdk';
import { xrayAiMiddleware } from '@xray/sdk/ai';
import { simulateReadableStream, streamText, wrapLanguageModel } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { describe, expect, test } from 'vitest';

import { last, setUpRecording, xray } from './recording.js';

setUpRecording();

/** A promise with an extra method, as many client libraries return. */
class Cancelable<T> extends Promise<T> {
  isCanceled = false;
  cancel(): void {
    this.isCanceled = true;
  }
}

/** A query that runs each time it is awaited, like a query builder. */
class Query {
  runs = 0;
  limited = 0;
  limit(count: number): this {
    this.limited = count;
    return this;
  }
  // oxlint-disable-next-line unicorn/no-thenable
  then<R>(resolve: (rows: number[]) => R, reject?: (error: unknown) => R): Promise<R> {
    this.runs += 1;
    const rows = this.limited < 0 ? Promise.reject(new Error('bad limit')) : [this.limited];
    return Promise.resolve(rows).then(resolve, reject);
  }
  catch<R>(reject: (error: unknown) => R): Promise<R | number[]> {
    return this.then<R | number[]>((rows) => rows, reject);
  }
}

describe('a step returns the object that its function returns', () => {
  test('a promise with extra methods is returned itself, and its end is recorded', async () => {
    const ex = xray.startExecution();
    const promise = new Cancelable<number>((resolve) => resolve(7));
    const returned = ex.step('cancelable', () => promise);
    expect(returned).toBe(promise);
    returned.cancel();
    expect(await returned).toBe(7);
    const assigned = Object.assign(Promise.resolve('a'), { abort: () => 'aborted' });
    expect(ex.step('assigned', () => assigned).abort()).toBe('aborted');
    await assigned;
    await expect(ex.step('rejected', () => Cancelable.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    ex.completeExecution();
    expect((await last()).steps).toMatchObject([
      { name: 'cancelable', status: 'completed', output: 7 },
      { name: 'assigned', status: 'completed', output: 'a' },
      { name: 'rejected', status: 'failed', error: { message: 'no' } },
    ]);
  });

  test('a query is returned itself, and runs once, only when it is awaited', async () => {
    const ex = xray.startExecution();
    const query = new Query();
    const returned = ex.step('query', () => query);
    expect(returned).toBe(query);
    await Promise.resolve();
    expect(query.runs).toBe(0);
    expect(await returned.limit(3)).toEqual([3]);
    expect(query.runs).toBe(1);
    await expect(ex.step('refused', () => new Query()).limit(-1)).rejects.toThrow('bad limit');
    const caught = await ex.step('caught', () => new Query().limit(-1)).catch(() => 'caught');
    expect(caught).toBe('caught');
    ex.step('never awaited', () => new Query());
    ex.completeExecution();
    const { steps } = await last();
    expect(steps).toMatchObject([
      { name: 'query', status: 'completed', output: [3] },
      { name: 'refused', status: 'failed', error: { message: 'bad limit' } },
      { name: 'caught', status: 'failed', error: { message: 'bad limit' } },
      { name: 'never awaited', status: 'completed' },
    ]);
  });

  test('a query returned from run ends the execution when it is awaited', async () => {
    const query = new Query();
    expect(xray.run(() => query)).toBe(query);
    expect(query.runs).toBe(0);
    expect(await query).toEqual([0]);
    expect(await last()).toMatchObject({ status: 'completed' });
  });

  test('a frozen query is returned unchanged', async () => {
    const ex = xray.startExecution();
    const query = Object.freeze(new Query());
    expect(ex.step('frozen', () => query)).toBe(query);
    ex.completeExecution();
    expect((await last()).steps).toMatchObject([{ name: 'frozen', status: 'completed' }]);
  });
});

describe('a step whose function returns a stream ends with the stream', () => {
  test('an asynchronous generator', async () => {
    const parts: string[] = [];
    await xray.run(async (ex) => {
      const generator = ex.step('generate', async function* () {
        yield 'a';
        xray.current()?.step('inside', () => 1);
        await Promise.resolve();
        yield { b: 1 };
      });
      for await (const part of generator) parts.push(JSON.stringify(part));
    });
    expect(parts).toEqual(['"a"', '{"b":1}']);
    expect((await last()).steps).toMatchObject([
      { name: 'generate', status: 'completed', output: ['a', { b: 1 }] },
      { name: 'inside', parent: 0 },
    ]);
  });

  test('a generator that fails, is left early, or is never read', async () => {
    const ex = xray.startExecution();
    const failing = ex.step('failing', function* () {
      yield 1;
      throw new Error('half way');
    });
    expect(() => [...failing]).toThrow('half way');
    for (const part of ex.step('left', () => [1, 2, 3].values())) if (part === 1) break;
    for (const part of ex.step('left too', function* () {
      yield 1;
      yield 2;
    }))
      if (part === 1) break;
    ex.step('unread', function* () {
      yield 1;
    });
    ex.completeExecution();
    expect((await last()).steps).toMatchObject([
      { name: 'failing', status: 'failed', output: [1], error: { message: 'half way' } },
      { name: 'left', status: 'running', output: [1] },
      { name: 'left too', status: 'completed', output: [1] },
      { name: 'unread', status: 'completed' },
    ]);
  });

  test('values beyond the bound of a step are cut with a mark, and the reader gets all of them', async () => {
    const ex = xray.startExecution();
    const values = ex.step('many', function* () {
      for (let value = 0; value < 5_000; value += 1) yield value;
    });
    expect([...values]).toHaveLength(5_000);
    ex.completeExecution();
    const { steps, marks } = await last();
    expect(steps[0]?.output).toHaveLength(1_000);
    expect(marks).toEqual([
      { path: '/steps/0/output', kind: 'truncated', original: 5_000, kept: 1_000, unit: 'items' },
    ]);
  });

  type Read = (stream: ReadableStream<string>) => Promise<unknown>;
  test.each<[string, Read]>([
    [
      'a reader',
      async (stream) => {
        const reader = stream.getReader();
        while (!(await reader.read()).done);
      },
    ],
    [
      'an iteration',
      async (stream) => {
        for await (const _part of stream);
      },
    ],
    [
      'a response',
      async (stream) => new Response(stream.pipeThrough(new TextEncoderStream())).text(),
    ],
    [
      'two branches',
      async (stream) => {
        const [a, b] = stream.tee();
        for await (const _part of a);
        await b.cancel();
      },
    ],
    ['a stream of Node', async (stream) => Readable.fromWeb(stream as never).toArray()],
    ['being canceled', async (stream) => stream.cancel()],
  ])('a stream of the web, by %s', async (_name, read) => {
    await xray.run(async (ex) => {
      const stream = ex.step(
        'stream',
        () =>
          new ReadableStream<string>({
            start: (to) => {
              to.enqueue('a');
              to.close();
            },
          }),
      );
      expect(stream).toBeInstanceOf(ReadableStream);
      await read(stream);
      await Promise.resolve();
    });
    expect((await last()).steps).toMatchObject([{ name: 'stream', status: 'completed' }]);
  });

  test('a Node stream, and its failure', async () => {
    await xray.run(async (ex) => {
      expect(await ex.step('whole', () => Readable.from(['a', 'b'])).toArray()).toEqual(['a', 'b']);
      const failing = ex.step(
        'failing',
        () =>
          new Readable({
            read() {
              this.destroy(new Error('reset'));
            },
          }),
      );
      await expect(failing.toArray()).rejects.toThrow('reset');
    });
    expect((await last()).steps).toMatchObject([
      { name: 'whole', status: 'completed', output: '[stream]' },
      { name: 'failing', status: 'failed', error: { message: 'reset' } },
    ]);
  });

  test('an iterable, like the streams of model providers', async () => {
    const provider = {
      async *[Symbol.asyncIterator]() {
        yield 'x';
      },
    };
    await xray.run(async (ex) => {
      const stream = await ex.step('provider', async () => provider);
      expect(stream).toBe(provider);
      for await (const _part of stream);
    });
    expect((await last()).steps).toMatchObject([{ name: 'provider', output: ['x'] }]);
  });
});

describe('work after the function of run has returned is recorded', () => {
  const chunks = [
    { type: 'text-start' as const, id: '1' },
    { type: 'text-delta' as const, id: '1', delta: 'not spam' },
    { type: 'text-end' as const, id: '1' },
    {
      type: 'finish' as const,
      finishReason: { unified: 'stop' as const, raw: undefined },
      usage: {
        inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 1, text: 1, reasoning: undefined },
      },
    },
  ];
  const model = () =>
    wrapLanguageModel({
      model: new MockLanguageModelV3({
        doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
      }),
      middleware: xrayAiMiddleware(xray, { name: 'model' }),
    });

  test.each<[string, () => Promise<string>]>([
    [
      'a response',
      async () => {
        const answer = xray.run(() =>
          streamText({ model: model(), prompt: 'x' }).toTextStreamResponse(),
        );
        return await answer.text();
      },
    ],
    [
      'a result',
      async () => await xray.run(() => streamText({ model: model(), prompt: 'x' })).text,
    ],
    [
      'a response of an asynchronous route',
      async () => {
        const answer = await xray.run(async () =>
          streamText({ model: model(), prompt: 'x' }).toTextStreamResponse(),
        );
        return await answer.text();
      },
    ],
  ])('by %s that streams a model', async (_name, answer) => {
    expect(await answer()).toBe('not spam');
    const { steps, status, instanceSeq } = await last();
    expect(status).toBe('completed');
    expect(steps).toMatchObject([
      {
        name: 'model',
        status: 'completed',
        output: { content: [{ type: 'text', text: 'not spam' }] },
      },
    ]);
    expect(instanceSeq).toBe(1);
    expect(xray.stats().ignoredCalls).toBe(0);
  });

  test('in a generator, whose body begins when it is read', async () => {
    const generator = xray.run(async function* (ex: Execution) {
      ex.recordStep({ name: 'first' });
      yield 1;
      ex.decide('approved');
    });
    for await (const _part of generator);
    expect(await last()).toMatchObject({
      status: 'completed',
      steps: [{ name: 'first' }],
      decision: { outcome: 'approved' },
    });
  });

  test('in a step that is not awaited', async () => {
    let finish: (value: string) => void = () => {};
    const late = xray.run((ex) => {
      void ex.step('late', () => new Promise<string>((resolve) => (finish = resolve)));
      return 'early';
    });
    expect(late).toBe('early');
    expect((await last()).steps).toMatchObject([{ name: 'late', status: 'running' }]);
    finish('done');
    await new Promise((resolve) => setImmediate(resolve));
    const { steps, revision, instanceSeq } = await last();
    expect(steps).toMatchObject([{ name: 'late', status: 'completed', output: 'done' }]);
    expect([revision, instanceSeq]).toEqual([2, 1]);
  });

  test('but calls without an open step are ignored and counted', async () => {
    let execution: Execution | undefined;
    xray.run((ex) => (execution = ex) && undefined);
    execution?.recordStep({ name: 'too late' });
    execution?.completeExecution();
    expect((await last()).steps).toEqual([]);
    expect(xray.stats()).toMatchObject({ recorded: 1, ignoredCalls: 2 });
  });
});
