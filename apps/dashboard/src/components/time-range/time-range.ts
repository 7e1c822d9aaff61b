import { formatAbsolute, parseTime, type Zone } from '@/lib/format';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A time range in an address. `from` is ISO-8601, `-24h` (back from now: m, h, d), or `all` for no bound; null
 * means the page's default. `to` is ISO-8601, or null for now.
 */
export interface TimeRange {
  from: string | null;
  to: string | null;
}

/** The ends of a range for the server. Null means no bound. */
export interface TimeBounds {
  from: string | null;
  to: string | null;
}

export const ALL_TIME = 'all';
export const DEFAULT_FROM = '-24h';

export const PRESETS: readonly { from: string; label: string }[] = [
  { from: '-15m', label: 'Last 15 min' },
  { from: '-1h', label: 'Last hour' },
  { from: '-6h', label: 'Last 6 h' },
  { from: '-24h', label: 'Last 24 h' },
  { from: '-7d', label: 'Last 7 days' },
  { from: '-30d', label: 'Last 30 days' },
  { from: ALL_TIME, label: 'All time' },
];

/** The length of a relative range in ms. Null if the text is not relative. */
export function relativeMs(from: string): number | null {
  const [, amount = '', unit] = /^-(\d{1,6})([mhd])$/.exec(from) ?? [];
  const count = Number(amount);
  return unit === undefined || count === 0 ? null : count * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** Values that cannot be parsed become the default, since anybody can write an address. */
export function boundsOf({ from, to }: TimeRange, nowMs: number): TimeBounds {
  const end = parseTime(to) === null ? null : to;
  if (from === ALL_TIME) return { from: null, to: end };
  if (parseTime(from) !== null) return { from, to: end };
  const backMs = relativeMs(from ?? DEFAULT_FROM) ?? relativeMs(DEFAULT_FROM) ?? 0;
  const anchorMs = end === null ? nowMs : Date.parse(end);
  return { from: new Date(anchorMs - backMs).toISOString(), to: end };
}

/** Whether the range moves with the clock. */
export function isRelative({ from, to }: TimeRange): boolean {
  return to === null && from !== ALL_TIME && parseTime(from) === null;
}

export function rangeText(range: TimeRange, zone: Zone): string {
  const from = parseTime(range.from) === null ? null : minute(range.from, zone);
  const to = parseTime(range.to) === null ? null : minute(range.to, zone);
  if (from !== null && to !== null) return `${from} – ${to}`;
  if (from !== null) return `Since ${from}`;
  const label = relativeText(range.from);
  if (to === null) return label;
  return range.from === ALL_TIME ? `Until ${to}` : `${label} until ${to}`;
}

function relativeText(from: string | null): string {
  const known = from !== null && (from === ALL_TIME || relativeMs(from) !== null);
  const start = known ? from : DEFAULT_FROM;
  const preset = PRESETS.find((each) => each.from === start);
  if (preset !== undefined) return preset.label;
  const [, amount = '', unit = 'm'] = /^-(\d+)([mhd])$/.exec(start) ?? [];
  return `Last ${amount} ${{ m: 'min', h: 'h', d: 'days' }[unit] ?? unit}`;
}

/** The time to the minute, in the page's zone. */
function minute(iso: string | null, zone: Zone): string {
  return formatAbsolute(iso, zone).slice(0, 16);
}
