/**
 * The runtime's clocks and timers, kept when the module loads. Tests may replace the globals by
 * fake timers that never advance, and the SDK would hang.
 */
export const RealDate = Date;

/** Browsers require these functions to be called on their global object. */
export const setTimer: typeof setTimeout = setTimeout.bind(globalThis);
export const clearTimer: typeof clearTimeout = clearTimeout.bind(globalThis);

const readWall = Date.now;
const readMonotonic = monotonicReader();
let lastReadMs = Number.NEGATIVE_INFINITY;
let offsetMs = 0;

/** Milliseconds since 1970 by the host's clock, or 0 if the clock returns no number. */
export function realWallMs(): number {
  const ms = readNumber(readWall);
  return Number.isFinite(ms) ? ms : 0;
}

/** Milliseconds that never decrease, even if the clock does. */
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

/** Reads a clock. NaN if it throws or returns no number. */
export function readNumber(read: () => unknown): number {
  try {
    const value = read();
    return typeof value === 'number' ? value : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
