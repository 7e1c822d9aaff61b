import { sql, type RawBuilder } from 'kysely';

/** A time in ms since the epoch as Postgres has it; infinite where there is no bound. */
export function instant(ms: number): RawBuilder<Date> {
  if (ms === Infinity) return sql`'infinity'::timestamptz`;
  if (ms === -Infinity) return sql`'-infinity'::timestamptz`;
  return sql`${new Date(ms).toISOString()}::timestamptz`;
}
