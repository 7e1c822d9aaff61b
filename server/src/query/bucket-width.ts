const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WIDTHS_MS = [
  [1, 2, 5, 10, 20, 50, 100, 200, 500],
  [1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  [1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  [1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY_MS),
].flat();

/**
 * The smallest round width with which this many buckets cover the range, wherever the first bucket
 * begins.
 */
export function bucketWidthOf(rangeMs: number, buckets: number): number {
  const atLeast = rangeMs / Math.max(1, buckets - 1);
  const longest = 364 * DAY_MS;
  return WIDTHS_MS.find((width) => width >= atLeast) ?? Math.ceil(atLeast / longest) * longest;
}
