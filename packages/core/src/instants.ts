/**
 * The first and last time with a four-digit ISO year, in ms since the epoch. A Postgres timestamptz can
 * hold both.
 */
export const FIRST_INSTANT_MS = Date.parse('0001-01-01T00:00:00Z');
export const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The given instant, or the nearest one that can be stored. */
export function storableInstant(ms: number): number {
  return Math.min(Math.max(ms, FIRST_INSTANT_MS), LAST_INSTANT_MS);
}
