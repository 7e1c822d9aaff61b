import { FIRST_INSTANT_MS, LAST_INSTANT_MS } from './instants.js';
import type { AgoUnit, DurationNode, DurationUnit, StartedNode } from './query-tree.js';

const MS: Record<DurationUnit | AgoUnit, number> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const MAX_AGO_MS = 100 * 365.25 * 86_400_000;

type Duration = Pick<DurationNode, 'amount' | 'unit'>;
type Time = StartedNode['time'];

/** Reads a duration with at most nine digits and three decimals, so that printing gives the same text. */
export function readDuration(text: string): Duration | undefined {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|min|h)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return { amount: Number(digits), unit: unit === 'm' ? 'min' : (unit as DurationUnit) };
}

export function durationMs({ amount, unit }: Duration): number {
  return amount * MS[unit];
}

export function readCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Reads a day, an instant (UTC without a zone) or an age. Undefined for other texts. */
export function readTime(text: string): Time | undefined {
  const [, amount, unit] = /^(?:now)?-(\d{1,9})(s|m|min|h|d|w)$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) {
    const ago = { amount: Number(amount), unit: unit === 'm' ? 'min' : (unit as AgoUnit) };
    return ago.amount * MS[ago.unit] <= MAX_AGO_MS ? { form: 'ago', ...ago } : undefined;
  }
  const [, day, clock, zone] =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ??
    [];
  if (day === undefined || !isDay(day)) return undefined;
  if (clock === undefined)
    return isStorable(new Date(`${day}T00:00Z`)) ? { form: 'day', day } : undefined;
  const instant = new Date(`${day}T${clock}${zone ?? 'Z'}`);
  if (!isStorable(instant)) return undefined;
  return { form: 'instant', iso: instant.toISOString() };
}

/** The range of a time in ms since the epoch: [from, to). */
export function boundsOf(time: Time, now: number): { from: number; to: number } {
  if (time.form === 'day') {
    const from = Date.parse(`${time.day}T00:00:00Z`);
    return { from, to: from + MS.d };
  }
  const from = time.form === 'instant' ? Date.parse(time.iso) : now - time.amount * MS[time.unit];
  return { from, to: from + 1 };
}

export function printTime(time: Time): string {
  if (time.form === 'day') return time.day;
  return time.form === 'instant' ? time.iso : `-${time.amount}${time.unit}`;
}

/** `Date` turns the 30th of February into a day in March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function isStorable(date: Date): boolean {
  return date.getTime() >= FIRST_INSTANT_MS && date.getTime() <= LAST_INSTANT_MS;
}
