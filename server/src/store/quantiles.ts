/**
 * Durations of a range's executions, grouped by the logarithm of their length, because sorting hundreds
 * of thousands takes seconds. `low` and `high` are the shortest and longest of a group; they differ by 2 % at most.
 */
export interface DurationGroup {
  count: number;
  low: number;
  high: number;
}

/**
 * The `q`-quantile in ms, as percentile_cont defines it; null without durations. Durations count as
 * evenly spread within a group. So the error is at most 2 %, and zero if each group has one
 * duration.
 */
export function quantileOf(groups: readonly DurationGroup[], q: number): number | null {
  const sorted = groups.toSorted((a, b) => a.low - b.low);
  const total = countOf(sorted);
  if (total === 0) return null;
  const place = q * (total - 1);
  const before = nthOf(sorted, Math.floor(place));
  return before + (nthOf(sorted, Math.ceil(place)) - before) * (place - Math.floor(place));
}

/** The count of all groups together. */
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
