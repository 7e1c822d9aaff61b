import { isObject, quietly } from './source.js';
import { followStream } from './stream-end.js';
import { followThenable, tap } from './thenable-end.js';
import { warnOnce } from './warning.js';

/** Called as the work of a function goes on and ends. None of these may throw. */
export interface Endings {
  onReturn(value: unknown): void;
  onThrow(error: unknown): void;
  /** The function returned a promise. */
  onPromise(): void;
  /** The function returned, and its work goes on: the host has to read or await what it was handed. */
  onHold(): void;
  /** The host began to read or await it. */
  onStart(): void;
  /** One value of an iterator that was handed back. */
  onValue(value: unknown): void;
  /** Runs a part of the work that comes after the return. */
  around<R>(fn: () => R): R;
}

/**
 * Calls a function and tells how its work ended: at once if it is synchronous, when its promise settles if it returns
 * one, at its end if it hands back a stream, a generator or a query that runs when it is awaited. The host gets the
 * very value that the function returned. For a plain promise it gets one that settles in the same way.
 */
export function settleWith<R>(fn: () => R, endings: Endings): R {
  let result: R;
  try {
    result = fn();
  } catch (error) {
    endings.onThrow(error);
    throw error;
  }
  if (!isObject(result)) {
    endings.onReturn(result);
    return result;
  }
  if (isPlainPromise(result)) return followPromise(result, endings) as R;
  if (!isThenable(result)) end(result, endings);
  else if (!followThenable(result, onlyOnce(endings, end))) endings.onReturn(undefined);
  return result;
}

function followPromise(promise: Promise<unknown>, endings: Endings): Promise<unknown> {
  endings.onPromise();
  return tap(promise, (value) => end(value, endings), endings.onThrow);
}

/** The function gave its value. Its work has ended, unless the value is a stream that is still to be read. */
function end(value: unknown, endings: Endings): void {
  const isStream = isObject(value) && followStream(value, onlyOnce(endings));
  if (!isStream) endings.onReturn(value);
}

/** The first ending counts. */
function onlyOnce(
  endings: Endings,
  onReturn?: (value: unknown, endings: Endings) => void,
): Endings {
  let isOver = false;
  const first = (action: () => void): void => {
    if (isOver) return;
    isOver = true;
    action();
  };
  return {
    onReturn: (value) =>
      first(() => (onReturn === undefined ? endings.onReturn(value) : onReturn(value, endings))),
    onThrow: (error) => first(() => endings.onThrow(error)),
    onPromise: () => endings.onPromise(),
    onHold: () => endings.onHold(),
    onStart: () => endings.onStart(),
    onValue: (value) => endings.onValue(value),
    around: (part) => endings.around(part),
  };
}

/**
 * A promise of this realm without methods of its own: one that follows it may take its place. Node keeps ids and stores
 * of asynchronous contexts under symbols of a promise, so only functions count there.
 */
function isPlainPromise(value: object): value is Promise<unknown> {
  const isPlain = quietly(
    () =>
      Object.getPrototypeOf(value) === Promise.prototype &&
      Reflect.ownKeys(value).every((key) => typeof key === 'symbol' && !isFunctionAt(value, key)),
  );
  return isPlain === true;
}

function isFunctionAt(value: object, key: symbol): boolean {
  return typeof Reflect.get(value, key) === 'function';
}

/** A hostile proxy may throw even at this question: then it is a value like any other. */
function isThenable(value: object): value is PromiseLike<unknown> {
  return quietly(() => 'then' in value && typeof value.then === 'function') === true;
}

type Rest<O, F> = readonly [F] | readonly [O | undefined, F];

/** Takes options and function apart. The function is the argument that is one, whatever the other is. */
export function splitArguments<O, R, A>(
  args: Rest<O, (given: A) => R>,
): [O | undefined, (given: A) => R] {
  const [first, second]: readonly unknown[] = args;
  if (typeof second === 'function') return [first as O | undefined, second as (given: A) => R];
  if (typeof first === 'function') return [second as O | undefined, first as (given: A) => R];
  warnOnce('run and step need a function; a call without one is recorded as it is');
  return [first as O | undefined, () => undefined as R];
}
