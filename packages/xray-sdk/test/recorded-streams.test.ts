import { XRaySDK } from '@xray/sdk';
import { describe, expect, test } from 'vitest';

/** This client sends nothing, because no execution of these tests is completed. */
const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'p' });

/** Streams in each state that they can have as an argument. */
const sources: Record<string, () => ReadableStream> = {
  open: () => new ReadableStream({ start: (to) => (to.enqueue('a'), to.enqueue('b')) }),
  closed: () => new ReadableStream({ start: (to) => (to.enqueue('a'), to.close()) }),
  errored: () => new ReadableStream({ start: (to) => to.error(new RangeError('broken')) }),
  locked: () => {
    const stream = new ReadableStream();
    stream.getReader();
    return stream;
  },
  bytes: () =>
    new ReadableStream({
      type: 'bytes',
      start: (to) => (to.enqueue(new Uint8Array([1, 2])), to.close()),
    }),
};

const thrower = (name: string): object => ({
  get [name]() {
    throw new EvalError(`get ${name}`);
  },
});

const lockedWritable = (): WritableStream => {
  const writable = new WritableStream();
  writable.getWriter();
  return writable;
};

/** Makes new arguments for each call, because a call uses up its stream. */
const argumentLists: Record<string, () => unknown[]> = {
  none: () => [],
  undefined: () => [undefined],
  null: () => [null],
  'a number': () => [7],
  'a text': () => ['byob'],
  'an empty object': () => [{}],
  'a mode': () => [{ mode: 'byob' }],
  'a wrong mode': () => [{ mode: 'x' }],
  'a mode that throws': () => [thrower('mode')],
  'a writable': () => [new WritableStream()],
  'a locked writable': () => [lockedWritable()],
  'a failing writable': () => [
    new WritableStream({
      write: () => {
        throw new URIError('sink');
      },
    }),
  ],
  'a writable and an aborted signal': () => [
    new WritableStream(),
    { signal: AbortSignal.abort(new Error('aborted')) },
  ],
  'a writable and a wrong signal': () => [new WritableStream(), { signal: {} }],
  'a writable and wrong options': () => [new WritableStream(), 7],
  'a pair': () => [new TransformStream()],
  'a pair and null': () => [new TransformStream(), null],
  'a pair and a number': () => [new TransformStream(), 7],
  'a pair and a wrong signal': () => [new TransformStream(), { signal: {} }],
  'a pair and an aborted signal': () => [
    new TransformStream(),
    { signal: AbortSignal.abort(new Error('aborted')) },
  ],
  'a pair and options': () => [new TransformStream(), { preventClose: true, preventCancel: 1 }],
  'a pair and options that throw': () => [new TransformStream(), thrower('preventAbort')],
  'a pair without a readable': () => [{ writable: new WritableStream() }],
  'a pair without a writable': () => [{ readable: new ReadableStream() }],
  'a pair of texts': () => [{ readable: 'r', writable: 'w' }],
  'a pair that claims to be one': () => [
    {
      readable: Object.create(ReadableStream.prototype),
      writable: Object.create(WritableStream.prototype),
    },
  ],
  'a pair that is locked': () => [{ readable: new ReadableStream(), writable: lockedWritable() }],
  'a pair that throws': () => [thrower('readable')],
  'options that throw': () => [new WritableStream(), thrower('signal')],
  'prevent cancel': () => [{ preventCancel: true }],
  'a failing pair': () => [
    new TransformStream({
      transform: () => {
        throw new URIError('transform');
      },
    }),
  ],
};

const methods = ['getReader', 'pipeThrough', 'pipeTo', 'cancel', 'tee', 'values'];

/** Everything that a caller can read from a value, as text. */
async function seen(value: unknown): Promise<unknown> {
  if (value instanceof Promise) {
    const settled = await Promise.race([
      value.then(
        async (result) => ['fulfilled', await seen(result)],
        (error: unknown) => ['rejected', nameOf(error)],
      ),
      soon('pending'),
    ]);
    return settled;
  }
  if (Array.isArray(value)) return Promise.all(value.map(seen));
  if (value instanceof ReadableStream) return ['stream', value.locked, await readAll(value)];
  if (typeof value === 'object' && value !== null) {
    const { next, read } = value as { next?: () => unknown; read?: (into: unknown) => unknown };
    if (typeof next === 'function') return ['iterator', await seen(next.call(value))];
    const into = new Uint8Array(4);
    if (typeof read === 'function') return ['reader', await seen(read.call(value, into))];
    return Object.prototype.toString.call(value);
  }
  return value;
}

async function readAll(stream: ReadableStream): Promise<unknown> {
  if (stream.locked) return 'locked';
  const reader = stream.getReader();
  const parts: unknown[] = [];
  for (;;) {
    const part = (await Promise.race([
      reader.read().catch((error: unknown) => nameOf(error)),
      soon('pending'),
    ])) as string | ReadableStreamReadResult<unknown>;
    if (typeof part === 'string' || part.done) return [...parts, part];
    parts.push(part.value);
  }
}

/** Resolves after all steps that are already due. */
async function soon(value: string): Promise<string> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return value;
}

const nameOf = (error: unknown): string =>
  error instanceof Error
    ? `${error.constructor.name}: ${error.message}`
    : `no error: ${typeof error}`;

async function outcomeOf(stream: ReadableStream, method: string, args: unknown[]) {
  let result: unknown;
  try {
    result = await Promise.resolve([
      (stream as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args),
    ]);
  } catch (error) {
    return ['threw', nameOf(error), stream.locked];
  }
  const [value] = result as [unknown];
  const isLocked = stream.locked;
  return ['returned', await seen(value), isLocked, stream.locked];
}

describe.each(methods)('a recorded stream behaves like an unrecorded stream: %s', (method) => {
  test.each(Object.keys(sources))('of a stream that is %s, for every argument', async (state) => {
    const execution = xray.startExecution();
    for (const [name, makeArguments] of Object.entries(argumentLists)) {
      const make = sources[state];
      if (make === undefined) throw new Error('no such state');
      const bare = await outcomeOf(make(), method, makeArguments());
      const recorded = execution.step('stream', make);
      expect(Object.hasOwn(recorded, 'pipeThrough')).toBe(true);
      expect({ name, outcome: await outcomeOf(recorded, method, makeArguments()) }).toEqual({
        name,
        outcome: bare,
      });
    }
  });
});

test('an unhandled rejection of a recorded stream is still reported', async () => {
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const reported: unknown[] = [];
  process.on('unhandledRejection', (error) => reported.push(error));
  try {
    const execution = xray.startExecution();
    const { errored } = sources;
    if (errored === undefined) throw new Error('no such state');
    void execution.step('pipe', errored).pipeTo(new WritableStream());
    void execution.step('cancel', errored).cancel();
    await soon('');
    expect(reported.map(nameOf)).toEqual(['RangeError: broken', 'RangeError: broken']);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of before) process.on('unhandledRejection', listener);
  }
});
