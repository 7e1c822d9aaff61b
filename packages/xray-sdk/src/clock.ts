/** Wall time as ISO-8601 UTC in milliseconds; within one second only the last three digits change. */
export function isoTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  if (whole === cachedMs) return cachedTime;
  const second = Math.floor(whole / 1_000);
  if (second !== cachedSecond) {
    // The clock of a test or a broken device: a time that the wire cannot carry becomes the nearest that it can.
    if (whole > MAX_EPOCH_MS) return isoTime(MAX_EPOCH_MS);
    if (!(whole >= MIN_EPOCH_MS)) return isoTime(whole < 0 ? MIN_EPOCH_MS : 0);
    cachedPrefix = new Date(second * 1_000).toISOString().slice(0, -4);
    cachedSecond = second;
  }
  cachedMs = whole;
  cachedTime = `${cachedPrefix}${threeDigits(whole - second * 1_000)}Z`;
  return cachedTime;
}

const MAX_EPOCH_MS = Date.UTC(9_999, 11, 31, 23, 59, 59, 999);
const MIN_EPOCH_MS = Date.parse('0001-01-01T00:00:00.000Z');
let cachedMs = Number.NaN;
let cachedTime = '';
let cachedSecond = Number.NaN;
let cachedPrefix = '';

/** Where the host's time comes from: wall time for stamps, the monotonic clock for durations. */
export interface Clock {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A duration as a JSON number of milliseconds, to the microsecond. */
export function durationText(durationMs: number): string {
  const us = Math.round(durationMs * 1_000);
  const wholeUs = us > 0 ? Math.min(us, Number.MAX_SAFE_INTEGER) : 0;
  const wholeMs = Math.floor(wholeUs / 1_000);
  return `${String(wholeMs)}.${threeDigits(wholeUs - wholeMs * 1_000)}`;
}

/** Numbers with a fraction are slow to print; these thousand are printed once. */
function threeDigits(value: number): string {
  return (DIGITS[value] ??= String(value).padStart(3, '0'));
}

const DIGITS = Array.from<string | undefined>({ length: 1_000 });
