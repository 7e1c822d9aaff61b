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
  cachedTime = `${cachedPrefix}${String(whole - second * 1_000).padStart(3, '0')}Z`;
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

/** Microseconds are enough, and `0.1 + 0.2` digits only cost bytes. */
export function roundMs(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 1_000) / 1_000);
}
