import { logChoose, wilsonInterval } from './proportions.js';

// Finds where a series of values changed permanently, and ignores values that vary all the time.

/**
 * One observation. `value` and `version` are numbers of distinct values. `version` is -1 if there is no
 * version.
 */
export interface Point {
  value: number;
  version: number;
}

/** A change: from the index `at` on, the values `to` replace the values `from`. */
export interface Shift {
  at: number;
  from: number[];
  to: number[];
  /** Set if other values stayed. */
  isPartial?: true;
}

/**
 * The accepted probability that values in random order look like a change with a new version, per
 * comparison.
 */
const CHANCE_WITH_VERSION = 1e-5;
/** The same without a new version. It is smaller, because nothing else indicates a change. */
const CHANCE_BY_TIME = 1e-7;
/**
 * The accepted probability that a value is missing by chance: a new value before the change, or an old value after it.
 */
const CHANCE_OF_WAIT = 1e-3;
const CHANCE_OF_RETURN = 1e-4;
/**
 * A number of standard deviations from the expected number of runs. Below it the values count as clustered.
 */
const MOST_CLUSTERED = -2;
/** Rarer values are not called new or gone because of their time alone. */
const MIN_SEEN = 8;
/** The number of observations that may be out of order if only the time indicates a change. */
const LATE = 2;
/** More changes than this without a version mean that the values drift. */
const MAX_SHIFTS_BY_TIME = 8;
const MAX_VALUES_BY_TIME = 20;
const MAX_VERSIONS = 50;
/** With fewer observations, a version is not compared with the next one. */
const ENOUGH = 10;

/**
 * Finds changes that go with a version. A value that depends on the input occurs both before and after a
 * new version. So a change needs an old value that the new version never has, and a new value that the old
 * version never had. Both must occur more often than by chance: in random order, all k of n observations
 * are on one side with a probability of C(m, k) / C(n, k). Both values must also occur close to the change.
 */
export function shiftsWithVersion(points: readonly Point[], byPresence = false): Shift[] {
  const versions = versionsInOrder(points);
  if (versions.length < 2 || versions.length > MAX_VERSIONS) return [];
  if (versions.length * 3 > points.length) return [];
  const shifts = versions.flatMap(({ indexes }, place) => {
    const back = returnAfter(points, indexes);
    return [
      ...againstEarlier(points, versions, place, byPresence),
      ...(back === undefined ? [] : compare(points, indexes, back, byPresence)),
    ];
  });
  return shifts.sort((a, b) => a.at - b.at);
}

/**
 * Compares a version with the previous one, skipping versions that are too short. Versions may run side by
 * side.
 */
function againstEarlier(
  points: readonly Point[],
  versions: readonly OfVersion[],
  place: number,
  byPresence: boolean,
): Shift[] {
  const after = versions[place]?.indexes ?? [];
  if (!isFirstSeenLate(after, points.length)) return [];
  for (let earlier = place - 1; earlier >= Math.max(0, place - 3); earlier--) {
    const before = versions[earlier]?.indexes ?? [];
    const found = compare(points, before, after, byPresence);
    if (found.length > 0 || before.length >= ENOUGH) return found;
  }
  return [];
}

/**
 * Finds changes by time alone, for settings without a version. The time span of each value must not overlap
 * the span of another value. Values that return, or that follow each other in large numbers, count as
 * varying.
 */
export function shiftsByTime(points: readonly Point[]): Shift[] {
  const spans = spansOf(points);
  if (spans.length < 2 || spans.length > MAX_VALUES_BY_TIME) return [];
  const regimes: Regime[] = [];
  for (const span of spans) {
    const last = regimes.at(-1);
    const overlap = last === undefined ? 0 : last.last - span.first + 1;
    if (last !== undefined && overlap > LATE) {
      last.last = Math.max(last.last, span.last);
      last.count += span.count;
      last.spans.push(span);
    } else {
      regimes.push({ first: span.first, last: span.last, count: span.count, spans: [span] });
    }
  }
  if (regimes.length < 2 || regimes.length - 1 > MAX_SHIFTS_BY_TIME) return [];
  return regimes.flatMap((regime, place) => {
    const before = regimes[place - 1];
    if (before === undefined) return [];
    const [from, to] = [mainValues(before), mainValues(regime)];
    // If several values occur at a time, some may be missing for a while. Only a version could distinguish
    // that from a change.
    if (from.length !== 1 || to.length !== 1) return [];
    const total = before.count + regime.count;
    if (-logChoose(total, regime.count) > Math.log(CHANCE_BY_TIME)) return [];
    return [{ at: regime.first, from, to }];
  });
}

/**
 * Finds where something first appears or finally disappears (value 1 or 0), by time alone. Before or after
 * that, it must be missing for far longer than ever in between.
 */
export function presenceByTime(points: readonly Point[]): Shift[] {
  const seen = points.flatMap(({ value }, index) => (value === 1 ? [index] : []));
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || seen.length < MIN_SEEN) return [];
  const gaps = seen.slice(1).map((index, place) => index - (seen[place] ?? index) - 1);
  const longest = Math.max(0, ...gaps);
  const isLong = (gap: number): boolean => {
    if (gap < 5 * (longest + 1)) return false;
    const { low } = wilsonInterval({ count: seen.length, total: last - first + 1 });
    return gap * Math.log1p(-Math.min(low, 1 - 1e-9)) < Math.log(CHANCE_BY_TIME);
  };
  const end = points.length - 1 - last;
  return [
    ...(isLong(first) ? [{ at: first, from: [0], to: [1] }] : []),
    ...(isLong(end) ? [{ at: last + 1, from: [1], to: [0] }] : []),
  ];
}

interface Span {
  value: number;
  first: number;
  last: number;
  count: number;
}

interface Regime {
  first: number;
  last: number;
  count: number;
  spans: Span[];
}

/** The main values of a regime. Empty if most observations have values that hardly recur. */
function mainValues({ spans, count }: Regime): number[] {
  const main = spans.filter((span) => span.count >= 3);
  const covered = main.reduce((sum, span) => sum + span.count, 0);
  return covered < 0.8 * count ? [] : main.map(({ value }) => value);
}

function spansOf(points: readonly Point[]): Span[] {
  const spans = new Map<number, Span>();
  for (const [index, { value }] of points.entries()) {
    const span = spans.get(value);
    if (span === undefined) spans.set(value, { value, first: index, last: index, count: 1 });
    else {
      span.last = index;
      span.count++;
    }
  }
  return [...spans.values()].sort((a, b) => a.first - b.first);
}

/**
 * Whether a version, such as a host's name, would have been seen earlier if it had existed from the
 * beginning.
 */
function isFirstSeenLate(indexes: readonly number[], of: number): boolean {
  const first = indexes[0] ?? 0;
  return logTail(of - first, indexes.length, first) < Math.log(CHANCE_OF_WAIT);
}

interface OfVersion {
  version: number;
  indexes: number[];
}

function versionsInOrder(points: readonly Point[]): OfVersion[] {
  const versions = new Map<number, OfVersion>();
  for (const [index, { version }] of points.entries()) {
    const known = versions.get(version);
    if (known === undefined) versions.set(version, { version, indexes: [index] });
    else known.indexes.push(index);
  }
  return [...versions.values()];
}

/** The observations of an older version after the last one of this version, which was rolled back. */
function returnAfter(points: readonly Point[], indexes: number[]): number[] | undefined {
  const [first, last] = [indexes[0], indexes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const next = points[last + 1];
  if (next === undefined) return undefined;
  const isOlder = points.slice(0, first).some(({ version }) => version === next.version);
  if (!isOlder) return undefined;
  const after = points.flatMap(({ version }, index) =>
    index > last && version === next.version ? [index] : [],
  );
  const missing = logTail(last - first + 1, indexes.length, after.length);
  return missing < Math.log(CHANCE_OF_RETURN) ? after : undefined;
}

function compare(
  points: readonly Point[],
  before: readonly number[],
  after: readonly number[],
  byPresence: boolean,
): Shift[] {
  const valueAt = (index: number): number => points[index]?.value ?? -1;
  const old = countsOf(before.map(valueAt));
  const now = countsOf(after.map(valueAt));
  const limit = Math.log(CHANCE_WITH_VERSION);
  const isOneSided = (count: number, here: number, there: number): boolean =>
    logChoose(here, count) - logChoose(here + there, count) < limit;
  const to = [...now].flatMap(([value, { count, first }]) =>
    !old.has(value) &&
    isOneSided(count, after.length, before.length) &&
    isNear(first, count, after.length)
      ? [value]
      : [],
  );
  const from = [...old].flatMap(([value, { count, last }]) =>
    !now.has(value) &&
    isOneSided(count, before.length, after.length) &&
    isNear(before.length - 1 - last, count, before.length)
      ? [value]
      : [],
  );
  const start = before[0] ?? 0;
  const firstOf = (values: number[]): number =>
    points.findIndex(({ value }, index) => index > start && values.includes(value));
  if (byPresence) {
    if (to.includes(1)) return [{ at: firstOf([1]), from: [0], to: [1] }];
    return from.includes(1) ? [{ at: after[0] ?? 0, from: [1], to: [0] }] : [];
  }
  if (to.length === 0 || from.length === 0) return [];
  const isOne = old.size === 1 && now.size === 1;
  if (!isOne && [before, after].some((indexes) => comeInClusters(indexes.map(valueAt)))) return [];
  // A version that was too short to compare may have introduced the new value.
  return [{ at: firstOf(to), from, to, ...(!isOne && { isPartial: true as const }) }];
}

/**
 * Whether the most frequent value comes in fewer, longer runs than in a random order (Wald and Wolfowitz
 * 1940, Ann. Math. Stat. 11:147-162). Then the input drifts, and new or missing values say nothing about
 * the setting.
 */
function comeInClusters(values: readonly number[]): boolean {
  const [main] = [...countsOf(values)].sort(([, a], [, b]) => b.count - a.count);
  if (main === undefined) return false;
  const [value, { count }] = main;
  const others = values.length - count;
  if (others === 0) return false;
  const isMain = values.map((each) => each === value);
  const runs = 1 + isMain.filter((is, index) => index > 0 && is !== isMain[index - 1]).length;
  const expected = 1 + (2 * count * others) / values.length;
  const variance = ((expected - 1) * (expected - 2)) / (values.length - 1);
  return (runs - expected) / Math.sqrt(Math.max(variance, 1e-9)) < MOST_CLUSTERED;
}

function isNear(wait: number, count: number, of: number): boolean {
  return logTail(of, count, wait) > Math.log(CHANCE_OF_WAIT);
}

/**
 * The logarithm of the probability that `gap` observations in a row lack a value that `count` of `of` have.
 */
function logTail(of: number, count: number, gap: number): number {
  return gap === 0 ? 0 : gap * Math.log1p(-Math.min(count / (of + 1), 1 - 1e-9));
}

function countsOf(
  values: readonly number[],
): Map<number, { count: number; first: number; last: number }> {
  const counts = new Map<number, { count: number; first: number; last: number }>();
  for (const [index, value] of values.entries()) {
    const known = counts.get(value);
    if (known === undefined) counts.set(value, { count: 1, first: index, last: index });
    else {
      known.count++;
      known.last = index;
    }
  }
  return counts;
}
