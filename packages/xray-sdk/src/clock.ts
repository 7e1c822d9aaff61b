import { readNumber, RealDate, realMonotonicMs, realWallMs } from './real-time.js';

/** The wire format allows the years 1 to 9999. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/**
 * Formats wall time as ISO-8601 UTC in milliseconds. Within the same second only the last three
 * digits change.
 */
export function isoTime(epochMs: number): string {
  const whole = isTime(epochMs) ? Math.floor(epochMs) : clamp(epochMs);
  if (whole === cachedMs) return cachedTime;
  const second = Math.floor(whole / 1_000);
  if (second !== cachedSecond) {
    cachedPrefix = new RealDate(second * 1_000).toISOString().slice(0, -4);
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

/** The host's clocks: wall time for timestamps, the monotonic clock for durations. */
export interface Clock {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

/** Uses the host's wall time, which may be a test's fixed time. Neither reading throws. */
export const SYSTEM_CLOCK: Clock = {
  wallMs: () => {
    const ms = readNumber(() => Date.now());
    return isTime(ms) ? ms : clamp(realWallMs());
  },
  monotonicMs: realMonotonicMs,
};

function isTime(epochMs: number): boolean {
  return epochMs >= FIRST_MS && epochMs <= LAST_MS;
}

function clamp(epochMs: number): number {
  return Math.floor(Math.min(Math.max(epochMs || 0, FIRST_MS), LAST_MS));
}

/** Parses the time of a header, in milliseconds since 1970. NaN if it is not a time. */
export function parseTime(text: string): number {
  return readNumber(() => RealDate.parse(text));
}

/** Formats a duration as a JSON number of milliseconds with three decimals. */
export function durationText(durationMs: number): string {
  const us = Math.round(durationMs * 1_000);
  const wholeUs = us > 0 ? Math.min(us, Number.MAX_SAFE_INTEGER) : 0;
  const wholeMs = Math.floor(wholeUs / 1_000);
  return `${String(wholeMs)}.${threeDigits(wholeUs - wholeMs * 1_000)}`;
}

/** Numbers with a fraction are slow to print, so these thousand are printed once and kept. */
function threeDigits(value: number): string {
  return (DIGITS[value] ??= String(value).padStart(3, '0'));
}

const DIGITS = Array.from<string | undefined>({ length: 1_000 });
