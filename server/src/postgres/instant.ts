import { sql, type RawBuilder } from 'kysely';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, storableInstant } from '@xray/core';

/**
 * A time in ms since the epoch as a timestamptz. A bound outside all storable instants becomes
 * infinite. It is bound as an ISO text, because the drivers write a Date in the machine's time
 * zone.
 */
export function instant(ms: number): RawBuilder<Date> {
  if (ms > LAST_INSTANT_MS) return sql`'infinity'::timestamptz`;
  if (ms < FIRST_INSTANT_MS) return sql`'-infinity'::timestamptz`;
  return sql`${new Date(ms).toISOString()}::timestamptz`;
}

/**
 * A stored instant as ISO-8601. An instant outside the years of four digits becomes the nearest one
 * inside.
 */
export function isoOf(stored: Date | number): string {
  const ms = Number(stored);
  return new Date(Number.isNaN(ms) ? FIRST_INSTANT_MS : storableInstant(ms)).toISOString();
}
