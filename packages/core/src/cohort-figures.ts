import type { CohortFigure } from './cohorts.js';
import { adjustForMany, compareShares, twoSided, wilsonInterval } from './proportions.js';

/** One execution of a sample, as far as it was recorded. */
export interface MeasuredExecution {
  failed: boolean;
  durationMs: number | null;
  steps: number;
  /** Candidates that went into its steps, and candidates that came out. Null without any. */
  candidatesIn: number | null;
  candidatesOut: number | null;
  costUsd: number | null;
}

type Measured = Pick<CohortFigure['a'], 'value' | 'low' | 'high' | 'of'>;
type Untested = Omit<CohortFigure, 'pValue' | 'significant'> & { p: number };

const Z_95 = 1.959963984540054;
/** The accepted chance of one false claim among all figures. */
const ALPHA = 0.01;

/** What two groups took, failed, kept and cost, with 95 % intervals. A figure that nobody recorded is left out. */
export function compareFigures(
  a: readonly MeasuredExecution[],
  b: readonly MeasuredExecution[],
): CohortFigure[] {
  const valuesOf = (pick: (one: MeasuredExecution) => number | null): [number[], number[]] => {
    const present = (runs: readonly MeasuredExecution[]): number[] =>
      runs.map(pick).filter((value) => value !== null);
    return [present(a), present(b)];
  };
  const durations = valuesOf(({ durationMs }) => durationMs);
  const kept = valuesOf(({ candidatesIn, candidatesOut }) =>
    candidatesIn === null || candidatesIn === 0 ? null : (candidatesOut ?? 0) / candidatesIn,
  );
  const untested = [
    failures(a, b),
    quantiles('p50', 0.5, durations),
    quantiles('p95', 0.95, durations),
    means('candidatesKept', kept),
    means(
      'steps',
      valuesOf(({ steps }) => steps),
    ),
    means(
      'costUsd',
      valuesOf(({ costUsd }) => costUsd),
    ),
  ].filter((figure) => figure !== undefined);
  const pValues = adjustForMany(untested.map(({ p }) => p));
  return untested.map(({ p, ...figure }, index) => {
    const pValue = pValues[index] ?? p;
    return { ...figure, pValue, significant: pValue < ALPHA };
  });
}

function failures(
  a: readonly MeasuredExecution[],
  b: readonly MeasuredExecution[],
): Untested | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const tally = (runs: readonly MeasuredExecution[]) => ({
    count: runs.filter(({ failed }) => failed).length,
    total: runs.length,
  });
  const [ofA, ofB] = [tally(a), tally(b)];
  const rate = ({ count, total }: { count: number; total: number }): Measured => ({
    value: count / total,
    ...wilsonInterval({ count, total }),
    of: total,
  });
  return { figure: 'failureRate', a: rate(ofA), b: rate(ofB), p: compareShares(ofA, ofB) };
}

/**
 * A quantile with the interval between two order statistics (David and Nagaraja, Order Statistics, 3rd edition, 7.1).
 * The test compares how many of each group are above the quantile of both together.
 */
function quantiles(
  figure: CohortFigure['figure'],
  share: number,
  [a, b]: [number[], number[]],
): Untested | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const both = quantile([...a, ...b], share).value;
  const above = (values: number[]) => ({
    count: values.filter((value) => value > both).length,
    total: values.length,
  });
  return {
    figure,
    a: quantile(a, share),
    b: quantile(b, share),
    p: compareShares(above(a), above(b)),
  };
}

function quantile(values: number[], share: number): Measured {
  const sorted = values.toSorted((x, y) => x - y);
  const at = (place: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(place)))] ?? 0;
  const middle = share * (sorted.length - 1);
  const half = Z_95 * Math.sqrt(sorted.length * share * (1 - share));
  return { value: at(middle), low: at(middle - half), high: at(middle + half), of: sorted.length };
}

/** A mean with its normal interval, and Welch's test (1947, Biometrika 34:28-35) with the normal distribution. */
function means(figure: CohortFigure['figure'], [a, b]: [number[], number[]]): Untested | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const [ofA, ofB] = [mean(a), mean(b)];
  const error = Math.hypot(ofA.error, ofB.error);
  const difference = ofB.value - ofA.value;
  const p = error > 0 ? twoSided(difference / error) : difference === 0 ? 1 : 0;
  const isEnough = Math.min(a.length, b.length) >= 10;
  return { figure, a: ofA.measured, b: ofB.measured, p: isEnough ? p : 1 };
}

function mean(values: number[]): { value: number; error: number; measured: Measured } {
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const variance = values.length > 1 ? squares / (values.length - 1) : 0;
  const error = Math.sqrt(variance / values.length);
  const half = Z_95 * error;
  const measured = { value, low: value - half, high: value + half, of: values.length };
  return { value, error, measured };
}
