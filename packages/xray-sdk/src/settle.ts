/** What to do when a function's work is over, whichever way. Neither may throw. */
interface Endings {
  onReturn(value: unknown): void;
  onThrow(error: unknown): void;
}

/**
 * Calls a function and tells how it ended: at once if it is synchronous, when its promise settles if it
 * returns one. What it returns or throws passes through untouched.
 */
export function settleWith<R>(fn: () => R, endings: Endings): R {
  let result: R;
  try {
    result = fn();
  } catch (error) {
    endings.onThrow(error);
    throw error;
  }
  if (!isThenable(result)) {
    endings.onReturn(result);
    return result;
  }
  return followed<R>(result, endings);
}

/** The promise that follows a thenable settles with its very value or error, so it may stand for it. */
function followed<R>(thenable: PromiseLike<unknown>, endings: Endings): R {
  // The `then` of something that only may be awaited need not return a promise.
  const promise = 'catch' in thenable ? thenable : Promise.resolve(thenable);
  return promise.then(
    (value) => {
      endings.onReturn(value);
      return value;
    },
    (error: unknown) => {
      endings.onThrow(error);
      throw error;
    },
  ) as R;
}

/** A hostile proxy may throw even at this question: then it is a value like any other. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      'then' in value &&
      typeof value.then === 'function'
    );
  } catch {
    return false;
  }
}
