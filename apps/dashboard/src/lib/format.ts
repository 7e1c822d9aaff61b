export type Zone = 'local' | 'utc';

const THIN_SPACE = '\u2009';
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MISSING = '–';

/** `0.42 ms`, `12.4 ms`, `1.25 s`, `3 min 04 s`, `2 h 05 min`, `3 d 04 h`; a dash when there is none. */
export function formatDuration(durationMs: number | null | undefined): string {
  if (typeof durationMs !== 'number' || !Number.isFinite(durationMs)) return MISSING;
  const sign = durationMs < 0 ? '-' : '';
  const ms = Math.abs(durationMs);
  if (ms === 0) return '0 ms';
  if (ms < 0.01) return '<0.01 ms';
  if (ms < 9.995) return `${sign}${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${sign}${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${sign}${ms.toFixed(0)} ms`;
  if (ms < 59_995) return `${sign}${(ms / SECOND_MS).toFixed(2)} s`;
  if (ms < HOUR_MS - SECOND_MS / 2) return sign + twoUnits(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS - MINUTE_MS / 2) return sign + twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return sign + twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const smalls = Math.round(ms / smallMs);
  const perBig = bigMs / smallMs;
  const rest = String(smalls % perBig).padStart(2, '0');
  return `${formatCount(Math.floor(smalls / perBig))} ${big} ${rest} ${small}`;
}

/** Whole numbers with thin separators: `12 345`. */
export function formatCount(count: number | null | undefined): string {
  if (typeof count !== 'number' || !Number.isFinite(count)) return MISSING;
  const [whole = '', fraction] = String(Math.abs(count)).split('.');
  // Beyond 1e21 a number prints with an exponent, which is not to be cut into groups.
  const grouped = whole.includes('e') ? whole : whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return `${count < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** A measured number for reading: at most four decimals, thin separators. */
export function formatNumber(value: number | null | undefined): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return MISSING;
  if (value !== 0 && Math.abs(value) < 0.0001) return value.toExponential(2);
  return formatCount(Number(value.toFixed(4)));
}

/** A share of 1 as `71.2 %`. */
export function formatShare(share: number | null | undefined): string {
  if (typeof share !== 'number' || !Number.isFinite(share)) return MISSING;
  return `${(share * 100).toFixed(1)} %`;
}

/** `812 B`, `12.4 KB`, `4.9 MB`, by 1,024. */
export function formatBytes(bytes: number | null | undefined): string {
  if (typeof bytes !== 'number' || !Number.isFinite(bytes)) return MISSING;
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || Math.abs(value) >= 99.95 ? value.toFixed(0) : value.toFixed(1);
  return `${text.replace(/\.0$/, '')} ${units[unit]}`;
}

/** `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, then the date; `in 3 min` for later ones. */
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

/** `2026-11-22 14:03:22.118 UTC`, or the same in this machine's zone with its offset. */
export function formatAbsolute(iso: string | null | undefined, zone: Zone): string {
  const at = parseTime(iso);
  if (at === null) return MISSING;
  const { date, time, offset } = dateParts(at, zone);
  return `${date} ${time} ${offset}`;
}

/** The time of day alone: `14:03:22.118`. */
export function formatClock(iso: string | null | undefined, zone: Zone): string {
  const at = parseTime(iso);
  return at === null ? MISSING : dateParts(at, zone).time;
}

/** Milliseconds since the epoch, or null for what is no time that can be shown. */
export function parseTime(iso: string | null | undefined): number | null {
  if (typeof iso !== 'string') return null;
  const at = Date.parse(iso);
  return Number.isFinite(at) ? at : null;
}

function dateParts(at: number, zone: Zone): { date: string; time: string; offset: string } {
  const minutesEast = zone === 'utc' ? 0 : -new Date(at).getTimezoneOffset();
  const shifted = new Date(at + minutesEast * MINUTE_MS);
  // At the very edge of what Date can hold the shift falls off it.
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

/** `1 step`, `2 steps`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
