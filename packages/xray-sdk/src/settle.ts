import { isObject, quietly } from './source.js';
import { followStream } from './stream-end.js';
import { followThenable, tap } from './thenable-end.js';
import { warnOnce } from './warning.js';

/** Callbacks for the progress and the end of a function's work. They must not throw. */
export interface Endings {
  onReturn(value: unknown): void;
  onThrow(error: unknown): void;
  /** The function returned a promise. */
  onPromise(): void;
  /** The function returned a stream or query, and the host has yet to read or await it. */
  onHold(): void;
  /** The host began to read or await the returned object. */
  onStart(): void;
  /** One value of a returned iterator. */
  onValue(value: unknown): void;
  /** Runs a part of the work after the return. */
  around<R>(fn: () => R): R;
}

/**
 * Calls a function and reports when its work ends: at the return, when the promise settles, or when
 * a returned stream, generator or lazy query ends. The host gets the returned value itself. For a
 * plain promise it gets one that settles in the same way.
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

/** The function gave its value. Its work has ended unless the value is an unread stream. */
function end(value: unknown, endings: Endings): void {
  const isStream = isObject(value) && followStream(value, onlyOnce(endings));
  if (!isStream) endings.onReturn(value);
}

/** Passes on the first ending only. */
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
 * A promise of this realm without own methods, so another promise can replace it. Node keeps ids
 * and stores of asynchronous contexts under symbols of a promise, so only functions count as
 * methods.
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

/** A hostile proxy may throw on this check. Then it counts as a plain value. */
function isThenable(value: object): value is PromiseLike<unknown> {
  return quietly(() => 'then' in value && typeof value.then === 'function') === true;
}

type Rest<O, F> = readonly [F] | readonly [O | undefined, F];

/** Separates options and function, in either order and whatever the options are. */
export function splitArguments<O, R, A>(
  args: Rest<O, (given: A) => R>,
): [O | undefined, (given: A) => R] {
  const [first, second]: readonly unknown[] = args;
  if (typeof second === 'function') return [first as O | undefined, second as (given: A) => R];
  if (typeof first === 'function') return [second as O | undefined, first as (given: A) => R];
  warnOnce('run and step need a function; this call is recorded without a result');
  return [first as O | undefined, () => undefined as R];
}
