/**
 * The runtime's clocks and timers as they were when this module was loaded. A test may replace the global
 * ones by fakes that stand still, and what waits for them would never be delivered.
 */
export const RealDate = Date;

/** A browser's functions must be called on its global object. */
export const setTimer: typeof setTimeout = setTimeout.bind(globalThis);
export const clearTimer: typeof clearTimeout = clearTimeout.bind(globalThis);

const readWall = Date.now;
const readMonotonic = monotonicReader();
let lastReadMs = Number.NEGATIVE_INFINITY;
let offsetMs = 0;

/** Milliseconds since 1970 by the host's own clock; 0 if it does not tell. */
export function realWallMs(): number {
  const ms = readNumber(readWall);
  return Number.isFinite(ms) ? ms : 0;
}

/** Milliseconds that never go back, whatever the clock below does. */
export function realMonotonicMs(): number {
  const ms = readNumber(readMonotonic);
  if (ms + offsetMs < lastReadMs) offsetMs = lastReadMs - ms;
  if (Number.isFinite(ms)) lastReadMs = ms + offsetMs;
  return lastReadMs === Number.NEGATIVE_INFINITY ? 0 : lastReadMs;
}

function monotonicReader(): () => number {
  const { performance } = globalThis as { performance?: Performance };
  return typeof performance?.now === 'function' ? performance.now.bind(performance) : readWall;
}

/** NaN for a clock that throws or gives something else. */
export function readNumber(read: () => unknown): number {
  try {
    const value = read();
    return typeof value === 'number' ? value : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
