import { isNodeStream } from './platform-values.js';
import type { Endings } from './settle.js';
import { asRecord, isObject, quietly } from './source.js';
import { type Method, methodOf, replaceMethod, tap } from './thenable-end.js';

/**
 * Follows a returned stream, generator or other iterator to its end. The host reads the very same
 * object. Returns false for other values, and for those that cannot be followed.
 */
export function followStream(value: object, endings: Endings): boolean {
  return quietly(() => follow(value, endings)) === true;
}

function follow(value: object, endings: Endings): boolean {
  if (isNodeStream(value)) return followNodeStream(value, endings);
  if (methodOf(value, 'getReader') !== undefined) return followWebStream(value, endings);
  const isIterable = Symbol.asyncIterator in value || Symbol.iterator in value;
  if (isIterable && methodOf(value, 'next') !== undefined) {
    const isFollowed = followIterator(value, endings);
    if (isFollowed) endings.onHold();
    return isFollowed;
  }
  return followIterable(value, endings);
}

/** Follows an object with an asynchronous iterator, such as the streams of model providers. */
function followIterable(value: object, endings: Endings): boolean {
  const iterate = methodOf(value, Symbol.asyncIterator);
  if (iterate === undefined) return false;
  const isFollowed = replaceMethod(value, Symbol.asyncIterator, function (...args) {
    const iterator = iterate.apply(this, args);
    if (isObject(iterator)) followIterator(iterator, endings);
    return iterator;
  });
  if (isFollowed) endings.onHold();
  return isFollowed;
}

function followIterator(iterator: object, endings: Endings): boolean {
  const see = (result: unknown): void => {
    // The getters of a foreign result may throw.
    quietly(() => {
      const { done, value } = isObject(result) ? asRecord(result) : {};
      if (done === true) endings.onReturn(value);
      else endings.onValue(value);
    });
  };
  const followed = ['next', 'return', 'throw'].map((name) => {
    const method = methodOf(iterator, name);
    if (method === undefined) return false;
    return replaceMethod(iterator, name, function (...args) {
      endings.onStart();
      let result: unknown;
      try {
        result = endings.around(() => method.apply(this, args));
      } catch (error) {
        endings.onThrow(error);
        throw error;
      }
      if (result instanceof Promise) return tap(result, see, endings.onThrow);
      see(result);
      return result;
    });
  });
  return followed[0] === true;
}

interface NodeStream {
  readonly destroyed?: boolean;
  readonly errored?: unknown;
  once(event: 'close', listener: () => void): unknown;
}

function followNodeStream(value: object, endings: Endings): boolean {
  const stream = value as NodeStream;
  // A writable stream, such as a socket, may outlive the function.
  if (stream.destroyed === true || methodOf(stream, 'write') !== undefined) return false;
  stream.once('close', () => {
    const { errored } = stream;
    if (errored === undefined || errored === null) endings.onReturn(value);
    else endings.onThrow(errored);
  });
  endings.onHold();
  endings.onStart();
  return true;
}

/** Watches the methods by which a script reads a web stream. Reads by the runtime itself remain unseen. */
function followWebStream(stream: object, endings: Endings): boolean {
  const ended = (): void => endings.onReturn(stream);
  const failed = (error: unknown): void => endings.onThrow(error);
  const replace = (name: PropertyKey, see: (result: unknown) => unknown): boolean => {
    const method = methodOf(stream, name);
    if (method === undefined) return false;
    return replaceMethod(stream, name, function (...args) {
      endings.onStart();
      const result = method.apply(this, args);
      return quietly(() => see(result)) ?? result;
    });
  };
  // The host gets the second promise, so Node still reports a rejection that nobody handles.
  const whenSettled = (result: unknown): unknown =>
    result instanceof Promise ? tap(result, ended, failed) : undefined;
  const isFollowed = replace('getReader', (reader) => followReader(reader, ended, failed));
  if (!isFollowed) return false;
  const pipeTo = methodOf(stream, 'pipeTo');
  replace('pipeTo', whenSettled);
  replace('cancel', whenSettled);
  replace('tee', (branches) => {
    for (const branch of branches as object[]) followWebStream(branch, endings);
  });
  for (const name of ['values', Symbol.asyncIterator]) {
    replace(name, (iterator) => {
      if (isObject(iterator))
        followIterator(iterator, { ...endings, onReturn: ended, onValue() {} });
    });
  }
  const pipeThrough = methodOf(stream, 'pipeThrough');
  if (pipeTo !== undefined && pipeThrough !== undefined) {
    replaceMethod(stream, 'pipeThrough', function (...args) {
      endings.onStart();
      const piped = this === stream ? startPipe(this, pipeTo, args) : undefined;
      // The original throws the error that belongs to the arguments.
      if (piped === undefined) return pipeThrough.apply(this, args);
      piped.promise.then(ended, failed);
      return piped.readable;
    });
  }
  endings.onHold();
  return true;
}

/** Does the work of `pipeThrough` with a promise for its end. Returns undefined if the arguments allow no pipe. */
function startPipe(
  stream: object,
  pipeTo: Method,
  [pair, options]: readonly unknown[],
): { readonly readable: unknown; readonly promise: Promise<unknown> } | undefined {
  return quietly(() => {
    const isLocked = (each: unknown): unknown => asRecord(each as object)['locked'];
    const { readable, writable } = pair as ReadableWritablePair;
    // Reading `locked` throws for an object that only claims to be a stream.
    const isPair = readable instanceof ReadableStream && isLocked(readable) !== undefined;
    if (!isPair || isLocked(stream) === true) return undefined;
    const promise = pipeTo.call(stream, writable, options) as Promise<unknown>;
    if (isLocked(stream) === true) return { readable, promise };
    promise.catch(() => {});
    return undefined;
  });
}

function followReader(reader: unknown, ended: () => void, failed: (error: unknown) => void): void {
  if (!isObject(reader)) return;
  let isReleased = false;
  const release = methodOf(reader, 'releaseLock');
  if (release !== undefined) {
    replaceMethod(reader, 'releaseLock', function (...args) {
      isReleased = true;
      return release.apply(this, args);
    });
  }
  const { closed } = reader as { closed: Promise<unknown> };
  closed.then(ended, (error: unknown) => {
    // A released reader has not reached the end of the stream.
    if (!isReleased) failed(error);
  });
}
