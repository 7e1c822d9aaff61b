import type { Endings } from './settle.js';
import { asRecord, quietly } from './source.js';

type Callback = (value: unknown) => unknown;
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Follows a promise with own methods, or a query that runs when its `then` is called. Calling that
 * `then` would start the query, so this waits until the host calls it. Returns false if neither can
 * be followed.
 */
export function followThenable(thenable: PromiseLike<unknown>, endings: Endings): boolean {
  return followRunning(thenable, endings) || followLazy(thenable, endings);
}

/**
 * A real promise already runs, so listening starts nothing. Its rejection then counts as handled.
 * The host holds the same promise, so Node does not warn if the host never awaits it.
 */
function followRunning(thenable: PromiseLike<unknown>, endings: Endings): boolean {
  if (quietly(() => thenable.then) !== Promise.prototype.then) return false;
  try {
    void Promise.prototype.then.call(
      thenable,
      (value) => endings.onReturn(value),
      (error: unknown) => endings.onThrow(error),
    );
    return true;
  } catch {
    // The object is not a promise, or its class cannot make the promise that `then` returns.
    return false;
  }
}

function followLazy(thenable: PromiseLike<unknown>, endings: Endings): boolean {
  const then = methodOf(thenable, 'then');
  if (then === undefined) return false;
  const isFollowed = replaceMethod(thenable, 'then', function (onFulfilled, onRejected, ...rest) {
    endings.onStart();
    const fulfilled: Callback = (value) => {
      endings.onReturn(value);
      return typeof onFulfilled === 'function' ? (onFulfilled as Callback)(value) : value;
    };
    const rejected: Callback = (error) => {
      endings.onThrow(error);
      if (typeof onRejected === 'function') return (onRejected as Callback)(error);
      throw error;
    };
    return endings.around(() => then.call(this, fulfilled, rejected, ...rest));
  });
  if (!isFollowed) return false;
  for (const name of ['catch', 'finally']) followShortcut(thenable, name, endings);
  endings.onHold();
  return true;
}

/** `catch` and `finally` start a lazy query as well, and not always through its `then`. */
function followShortcut(thenable: object, name: string, endings: Endings): void {
  const method = methodOf(thenable, name);
  if (method === undefined) return;
  replaceMethod(thenable, name, function (...args) {
    endings.onStart();
    const handler = args.at(-1);
    if (name === 'catch' && typeof handler === 'function') {
      args[args.length - 1] = (error: unknown): unknown => {
        endings.onThrow(error);
        return (handler as Callback)(error);
      };
    }
    const result = endings.around(() => method.apply(this, args));
    return result instanceof Promise ? tap(result, endings.onReturn, endings.onThrow) : result;
  });
}

/** A promise that settles in the same way, after the calls. */
export function tap(
  promise: Promise<unknown>,
  ended: (value: unknown) => unknown,
  failed: (error: unknown) => void,
): Promise<unknown> {
  return promise.then(
    (value) => {
      ended(value);
      return value;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  );
}

export function methodOf(object: object, name: PropertyKey): Method | undefined {
  const method = quietly(() => asRecord(object)[name as string]);
  return typeof method === 'function' ? (method as Method) : undefined;
}

/** Replaces a method of the object. Returns false if the object does not allow it. */
export function replaceMethod(object: object, name: PropertyKey, method: Method): boolean {
  const isReplaced = quietly(() => {
    Object.defineProperty(object, name, { value: method, configurable: true, writable: true });
    return asRecord(object)[name as string] === method;
  });
  return isReplaced === true;
}
