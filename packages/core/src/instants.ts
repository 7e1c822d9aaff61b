import { z } from 'zod';

/**
 * The first and last time with a four-digit ISO year, in ms since the epoch. A Postgres timestamptz can
 * hold both.
 */
export const FIRST_INSTANT_MS = Date.parse('0001-01-01T00:00:00Z');
export const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The text of an instant that a database can hold. */
export const storableInstantSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const ms = Date.parse(text);
  return storableInstant(ms) === ms;
}, 'must be in the years 1 to 9999');

/** The given instant, or the nearest one that can be stored. */
export function storableInstant(ms: number): number {
  return Math.min(Math.max(ms, FIRST_INSTANT_MS), LAST_INSTANT_MS);
}
