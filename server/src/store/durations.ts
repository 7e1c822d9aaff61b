import { sql } from 'kysely';

/**
 * Durations of a range's executions, gathered by the logarithm of their length: sorting hundreds of thousands
 * takes seconds, and few groups hold them all. `low` and `high` are the shortest and the longest of one. By the
 * column `duration_group` (migrations/postgres/0010_fingerprints.sql), which is null where there is no duration;
 * the last duration of a group is at most 2 % longer than its first.
 */
export interface DurationGroup {
  count: number;
  low: number;
  high: number;
}

/** The columns of a DurationGroup. */
export const DURATIONS = sql`count(*) AS count, min(e.duration_ms) AS low, max(e.duration_ms) AS high`;

/**
 * The `q`-quantile in ms, as percentile_cont has it; null without any. Within a group durations count as evenly
 * spread: at most 2 % off, and exact where each group holds one.
 */
export function quantileOf(groups: readonly DurationGroup[], q: number): number | null {
  const sorted = groups.toSorted((a, b) => a.low - b.low);
  const total = countOf(sorted);
  if (total === 0) return null;
  const place = q * (total - 1);
  const before = nthOf(sorted, Math.floor(place));
  return before + (nthOf(sorted, Math.ceil(place)) - before) * (place - Math.floor(place));
}

/** All together. */
export function countOf(groups: readonly { count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function nthOf(sorted: readonly DurationGroup[], nth: number): number {
  let left = nth;
  for (const { count, low, high } of sorted) {
    if (left < count) return count === 1 ? low : low + ((high - low) * left) / (count - 1);
    left -= count;
  }
  return sorted.at(-1)?.high ?? 0;
}
