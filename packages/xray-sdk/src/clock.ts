/** Wall time as ISO-8601 UTC in milliseconds; within one second only the last three digits are made anew. */
export function isoTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  if (whole === cachedMs) return cachedTime;
  const second = Math.floor(whole / 1_000);
  if (second !== cachedSecond) {
    cachedPrefix = new Date(second * 1_000).toISOString().slice(0, -4);
    cachedSecond = second;
  }
  cachedMs = whole;
  cachedTime = `${cachedPrefix}${threeDigits(whole - second * 1_000)}Z`;
  return cachedTime;
}

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
  const wholeUs = Math.max(0, Math.round(durationMs * 1_000));
  const wholeMs = Math.floor(wholeUs / 1_000);
  return `${String(wholeMs)}.${threeDigits(wholeUs - wholeMs * 1_000)}`;
}

/** Numbers with a fraction are slow to print; these thousand are printed once. */
function threeDigits(value: number): string {
  return (DIGITS[value] ??= String(value).padStart(3, '0'));
}

const DIGITS = Array.from<string | undefined>({ length: 1_000 });
