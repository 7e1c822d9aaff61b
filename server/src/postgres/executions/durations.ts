import { sql } from 'kysely';

/** The columns of a DurationGroup. The groups are the column `duration_group` of migration 0010. */
export const DURATIONS = sql`count(*) AS count, min(e.duration_ms) AS low, max(e.duration_ms) AS high`;
