// Statistics of counts: intervals for shares, tests between them, and corrections for many tests. All
// results are finite and between 0 and 1 (p-values, ends of intervals) for any counts, including zero.

/** `count` out of `total`. Both are whole and 0 <= count <= total. */
export interface Tally {
  count: number;
  total: number;
}

export interface Interval {
  low: number;
  high: number;
}

/** The 97.5 % quantile of the normal distribution, for two-sided 95 % intervals. */
const Z_95 = 1.959963984540054;
/** Below this expected count in a cell the normal approximation is not accurate. */
const MIN_EXPECTED = 5;
const LOG_SQRT_2_PI = 0.9189385332046728;

/** The share, or 0 for an empty tally. */
export function share({ count, total }: Tally): number {
  return total === 0 ? 0 : count / total;
}

/** The 95 % score interval of a share. Wilson 1927, J. Am. Stat. Assoc. 22:209-212. */
export function wilsonInterval(tally: Tally): Interval {
  const { count, total } = tally;
  if (total === 0) return { low: 0, high: 1 };
  const z2 = Z_95 * Z_95;
  const p = share(tally);
  const centre = (count + z2 / 2) / (total + z2);
  const half = (Z_95 * Math.sqrt((count * (total - count)) / total + z2 / 4)) / (total + z2);
  // Rounding would put the estimate just outside the interval at 0 and 1.
  return {
    low: Math.max(0, Math.min(p, centre - half)),
    high: Math.min(1, Math.max(p, centre + half)),
  };
}

/**
 * The 95 % interval of `share(b) - share(a)`: the hybrid score interval, method 10 of Newcombe 1998, Stat.
 * Med. 17:873-890.
 */
export function differenceInterval(a: Tally, b: Tally): Interval {
  const [pA, pB] = [share(a), share(b)];
  const [ofA, ofB] = [wilsonInterval(a), wilsonInterval(b)];
  const difference = pB - pA;
  return {
    low: Math.max(-1, difference - Math.hypot(pB - ofB.low, ofA.high - pA)),
    high: Math.min(1, difference + Math.hypot(ofB.high - pB, pA - ofA.low)),
  };
}

/**
 * Two-sided p-value of the hypothesis that both shares are equal. If every expected count is at least 5, it
 * is the chi-square test with N - 1 (Campbell 2007, Stat. Med. 26:3661-3675). Else it is the mid-p version
 * of Fisher's exact test (Lancaster 1961; Lydersen, Fagerland and Laake 2009, Stat. Med. 28:1159-1175).
 */
export function compareShares(a: Tally, b: Tally): number {
  const total = a.total + b.total;
  const count = a.count + b.count;
  if (a.total === 0 || b.total === 0 || count === 0 || count === total) return 1;
  const smallest = (Math.min(a.total, b.total) * Math.min(count, total - count)) / total;
  if (smallest < MIN_EXPECTED) return exactMidP(a, b);
  const variance = (share({ count, total }) * (1 - count / total) * total) / (total - 1);
  const z = (share(b) - share(a)) / Math.sqrt(variance * (1 / a.total + 1 / b.total));
  return twoSided(z);
}

/** One stratum: the tally of the exposed and of the unexposed. */
export interface Stratum {
  exposed: Tally;
  unexposed: Tally;
}

/**
 * The difference in share between exposed and unexposed within strata, so differences between strata cannot
 * cause it. It is Mantel and Haenszel's pooled risk difference with its standard error for large strata
 * (Greenland and Robins 1985, Biometrics 41:55-68). The p-value is of their test (1959, J. Natl. Cancer
 * Inst. 22:719-748) without continuity correction. It is 1 if the counts are too few by the rule of Mantel
 * and Fleiss (1980, Am. J. Epidemiol. 112:129-134). Null if no stratum has both groups.
 */
export function associationWithin(
  strata: Stratum[],
): { difference: number; standardError: number; pValue: number } | null {
  let weights = 0;
  let weighted = 0;
  let spread = 0;
  let observed = 0;
  let expected = 0;
  let variance = 0;
  let least = 0;
  let most = 0;
  for (const { exposed, unexposed } of strata) {
    const total = exposed.total + unexposed.total;
    if (exposed.total === 0 || unexposed.total === 0) continue;
    const weight = (exposed.total * unexposed.total) / total;
    weights += weight;
    weighted += weight * (share(exposed) - share(unexposed));
    spread += weight * weight * (varianceOf(exposed) + varianceOf(unexposed));
    const hits = exposed.count + unexposed.count;
    observed += exposed.count;
    expected += (exposed.total * hits) / total;
    variance += (weight * hits * (total - hits)) / (total * (total - 1));
    least += Math.max(0, hits - unexposed.total);
    most += Math.min(hits, exposed.total);
  }
  if (weights === 0) return null;
  const isEnough = Math.min(expected - least, most - expected) >= MIN_EXPECTED;
  return {
    difference: weighted / weights,
    standardError: Math.sqrt(spread) / weights,
    pValue: isEnough && variance > 0 ? twoSided((observed - expected) / Math.sqrt(variance)) : 1,
  };
}

/**
 * Variance of a share. One added success and failure keep it above 0 for small counts: Agresti and Caffo
 * 2000, Am. Stat. 54:280-288.
 */
export function varianceOf({ count, total }: Tally): number {
  const p = (count + 1) / (total + 2);
  return (p * (1 - p)) / (total + 2);
}

/** Two-sided p-value of a standard normal deviate. */
export function twoSided(z: number): number {
  return Math.min(1, 2 * upperTail(Math.abs(z)));
}

/**
 * Adjusts p-values for many tests. With any cut-off c, the chance of a single false positive is at most c,
 * even if the tests depend on each other. Holm 1979, Scand. J. Stat. 6:65-70. Keeps the given order.
 */
export function adjustForMany(pValues: number[]): number[] {
  const ascending = pValues
    .map((_, index) => index)
    .sort((i, j) => at(pValues, i) - at(pValues, j));
  const adjusted = Array.from(pValues, () => 1);
  let before = 0;
  for (const [place, index] of ascending.entries()) {
    before = Math.max(before, Math.min(1, at(pValues, index) * (pValues.length - place)));
    adjusted[index] = before;
  }
  return adjusted;
}

/** Twice the smaller tail, where each tail has half of the observed table's probability. At most 1. */
function exactMidP(a: Tally, b: Tally): number {
  const count = a.count + b.count;
  const total = a.total + b.total;
  const first = Math.max(0, count - b.total);
  const last = Math.min(count, a.total);
  const whole = logChoose(total, count);
  const probability = (x: number): number =>
    Math.exp(logChoose(a.total, x) + logChoose(b.total, count - x) - whole);
  const half = probability(a.count) / 2;
  let below = half;
  let above = half;
  for (let x = first; x <= last; x++) {
    if (x < a.count) below += probability(x);
    else if (x > a.count) above += probability(x);
  }
  return Math.min(1, 2 * Math.min(below, above));
}

/** The logarithm of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series, from 10 on. There the next term is below 1e-10 of the result. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / n;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (n + 0.5) * Math.log(n) - n + LOG_SQRT_2_PI + series;
}

/**
 * P(Z > z) of a standard normal Z for z >= 0, with a small relative error even in the far tail. Below 3 it
 * is the Taylor series of Marsaglia 2004 (J. Stat. Softw. 11(4)), above it Laplace's continued fraction
 * (Abramowitz and Stegun 26.2.14).
 */
function upperTail(z: number): number {
  const density = Math.exp((-z * z) / 2 - LOG_SQRT_2_PI);
  if (z >= 3) {
    let denominator = z;
    for (let term = 60; term >= 1; term--) denominator = z + term / denominator;
    return density / denominator;
  }
  let term = z;
  let sum = z;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 - sum * density;
}

function at(values: number[], index: number): number {
  return values[index] ?? 1;
}
