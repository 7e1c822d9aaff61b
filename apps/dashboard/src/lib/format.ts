import { isExactNumber, type RecordedNumber } from '@xray/core/exact-json';
import {
  decimalsAmong,
  decimalsOf,
  localizeDigits,
  printExact,
  printNumber,
  type Locale,
} from './digits';

export type Zone = 'local' | 'utc';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MISSING = '–';
/** One decimal of a percentage. */
const SHARE_DECIMALS = 3;
/** Differences of shares are estimates. More decimals would be noise. */
const MAX_POINT_DECIMALS = 8;
/** At most 20 decimals of a percentage. */
const MAX_SHARE_DECIMALS = 22;

/** A duration: `0.42 ms`, `12.4 ms`, `1.25 s`, `3 min 04 s`, `2 h 05 min`, `3 d 04 h`. A dash for null. */
export function formatDuration(durationMs: number | null | undefined, locale?: Locale): string {
  if (typeof durationMs !== 'number' || !Number.isFinite(durationMs)) return MISSING;
  const sign = durationMs < 0 ? '-' : '';
  const ms = Math.abs(durationMs);
  const digits = (value: number, decimals: number) =>
    localizeDigits(value.toFixed(decimals), locale, { least: decimals });
  if (ms === 0) return '0 ms';
  if (ms < 0.01) return `<${digits(0.01, 2)} ms`;
  if (ms < 9.995) return `${sign}${digits(ms, 2)} ms`;
  if (ms < 99.95) return `${sign}${digits(ms, 1)} ms`;
  if (ms < 999.5) return `${sign}${digits(ms, 0)} ms`;
  if (ms < 59_995) return `${sign}${digits(ms / SECOND_MS, 2)} s`;
  if (ms < HOUR_MS - SECOND_MS / 2) return sign + twoUnits(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS - MINUTE_MS / 2) return sign + twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return sign + twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h', locale);
}

function twoUnits(
  ms: number,
  bigMs: number,
  big: string,
  smallMs: number,
  small: string,
  locale?: Locale,
): string {
  const smalls = Math.round(ms / smallMs);
  const perBig = bigMs / smallMs;
  const rest = String(smalls % perBig).padStart(2, '0');
  return `${formatCount(Math.floor(smalls / perBig), locale)} ${big} ${rest} ${small}`;
}

/** A count with every digit, grouped for the locale: `12,345`. */
export function formatCount(count: RecordedNumber | null | undefined, locale?: Locale): string {
  if (isExactNumber(count)) return printExact(count, locale);
  if (typeof count !== 'number' || !Number.isFinite(count)) return MISSING;
  return printNumber(count, Number.POSITIVE_INFINITY, locale);
}

/** A number that is not compared: four decimals, or more if it would look whole. */
export function formatNumber(value: RecordedNumber | null | undefined, locale?: Locale): string {
  if (isExactNumber(value)) return printExact(value, locale);
  if (typeof value !== 'number' || !Number.isFinite(value)) return MISSING;
  return printNumber(value, decimalsOf(value), locale);
}

/**
 * Texts of numbers that are compared. Different numbers have different texts in the same order, with as few
 * digits as possible.
 */
export function formatApart(
  values: readonly (RecordedNumber | null | undefined)[],
  locale?: Locale,
): string[] {
  const numbers = values.map((value) => Number(value ?? Number.NaN));
  const decimals = decimalsAmong(numbers);
  return numbers.map((number, index) => {
    const value = values[index];
    // Beyond the range of a double every digit counts.
    if (isExactNumber(value)) return printExact(value, locale);
    return Number.isFinite(number) ? printNumber(number, decimals[index] ?? 0, locale) : MISSING;
  });
}

/**
 * Shares of 1 as percentage points. No text looks like 0 or like a number of another size: `-12.8`,
 * `1.9`.
 */
export function formatPointsApart(shares: readonly number[], locale?: Locale): string[] {
  const sizes = shares.map(Math.abs);
  const decimals = decimalsAmong([...sizes, 0], SHARE_DECIMALS);
  return shares.map((share, index) => {
    if (!Number.isFinite(share)) return MISSING;
    const most = Math.min(MAX_POINT_DECIMALS, decimals[index] ?? 0) - 2;
    const points = Number((share * 100).toPrecision(15));
    return localizeDigits(String(points), locale, { least: 1, most });
  });
}

/** A share of 1 as `71.2%`. Only exactly 1 is `100.0%`, and only exactly 0 is `0.0%`. */
export function formatShare(share: number | null | undefined, locale?: Locale): string {
  return formatSharesApart([share], locale)[0] ?? MISSING;
}

/** Shares that are compared. Different shares have different texts, in the same order. */
export function formatSharesApart(
  shares: readonly (number | null | undefined)[],
  locale?: Locale,
): string[] {
  const numbers = shares.map((share) => share ?? Number.NaN);
  const decimals = decimalsAmong([...numbers, 0, 1], SHARE_DECIMALS);
  return numbers.map((share, index) => {
    if (!Number.isFinite(share)) return MISSING;
    const most = Math.min(MAX_SHARE_DECIMALS, decimals[index] ?? 0);
    return localizeDigits(String(share), locale, { least: 1, most: most - 2, percent: true });
  });
}

/** A size in units of 1,024: `812 B`, `12.4 KB`, `4.9 MB`. */
export function formatBytes(bytes: number | null | undefined, locale?: Locale): string {
  if (typeof bytes !== 'number' || !Number.isFinite(bytes)) return MISSING;
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const decimals = unit === 0 || Math.abs(value) >= 99.95 ? 0 : 1;
  return `${localizeDigits(value.toFixed(decimals), locale)} ${units[unit]}`;
}

/** A relative time: `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, `in 3 min`. After 30 days the date. */
export function formatRelative(iso: string | null | undefined, nowMs: number, zone: Zone): string {
  const at = parseTime(iso);
  if (at === null) return MISSING;
  const ageMs = nowMs - at;
  const span = Math.abs(ageMs);
  if (span < 5 * SECOND_MS) return 'just now';
  if (span >= 30 * DAY_MS) return dateParts(at, zone).date;
  const [size, unit] =
    span < MINUTE_MS
      ? [SECOND_MS, 's']
      : span < HOUR_MS
        ? [MINUTE_MS, 'min']
        : span < DAY_MS
          ? [HOUR_MS, 'h']
          : [DAY_MS, 'd'];
  const amount = `${Math.floor(span / size)} ${unit}`;
  return ageMs >= 0 ? `${amount} ago` : `in ${amount}`;
}

/** An exact time: `2026-11-22 14:03:22.118 UTC`, or with the local zone's offset. */
export function formatAbsolute(iso: string | null | undefined, zone: Zone): string {
  const at = parseTime(iso);
  if (at === null) return MISSING;
  const { date, time, offset } = dateParts(at, zone);
  return `${date} ${time} ${offset}`;
}

/** The time of day: `14:03:22.118`. */
export function formatClock(iso: string | null | undefined, zone: Zone): string {
  const at = parseTime(iso);
  return at === null ? MISSING : dateParts(at, zone).time;
}

/** Milliseconds since the epoch. Null if the text is not a time. */
export function parseTime(iso: string | null | undefined): number | null {
  if (typeof iso !== 'string') return null;
  const at = Date.parse(iso);
  return Number.isFinite(at) ? at : null;
}

function dateParts(at: number, zone: Zone): { date: string; time: string; offset: string } {
  const minutesEast = zone === 'utc' ? 0 : -new Date(at).getTimezoneOffset();
  const shifted = new Date(at + minutesEast * MINUTE_MS);
  // At the edge of Date's range the shifted time is invalid.
  const text = (Number.isFinite(shifted.getTime()) ? shifted : new Date(at)).toISOString();
  const split = text.indexOf('T');
  return {
    date: text.slice(0, split),
    time: text.slice(split + 1, -1),
    offset: offsetName(zone, minutesEast),
  };
}

function offsetName(zone: Zone, minutesEast: number): string {
  if (zone === 'utc' || minutesEast === 0) return 'UTC';
  const total = Math.abs(minutesEast);
  const hours = String(Math.floor(total / 60)).padStart(2, '0');
  const minutes = String(total % 60).padStart(2, '0');
  return `UTC${minutesEast < 0 ? '-' : '+'}${hours}:${minutes}`;
}

/** Keeps both ends of an id: `0193f2c1…9a7be4d2`. Cuts between code points. */
export function truncateMiddle(text: string, maxLength: number): string {
  const points = Array.from(text);
  if (points.length <= maxLength) return text;
  const kept = Math.max(2, maxLength - 1);
  const head = Math.ceil(kept / 2);
  return `${points.slice(0, head).join('')}…${points.slice(points.length - (kept - head)).join('')}`;
}

/** A count with its noun: `1 step`, `2 steps`. */
export function plural(count: number, singular: string, many = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : many}`;
}
