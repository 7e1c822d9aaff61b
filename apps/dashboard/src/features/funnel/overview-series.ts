import type { NamedChange, PipelineOverview } from '@xray/core';
import { wilsonInterval } from '@xray/core/proportions';
import { changeLine } from '@/components/rules/rule-change-text';
import type { TimedLabel } from '@/components/charts/markers';
import { asRecorded, type Names } from '@/lib/dictionary';
import { parseTime } from '@/lib/format';

export interface Totals {
  executions: number;
  failed: number;
  /** The share of failed executions. Null without executions. */
  failureRate: number | null;
  outcomes: { outcome: string | null; count: number }[];
}

export function totalsOf(overview: PipelineOverview): Totals {
  const executions = sum(overview.executions);
  const failed = sum(overview.failed);
  return {
    executions,
    failed,
    failureRate: executions > 0 ? failed / executions : null,
    outcomes: overview.outcomes
      .map(({ outcome, counts }) => ({ outcome, count: sum(counts) }))
      .toSorted((a, b) => b.count - a.count),
  };
}

/** The share of failed executions in each bucket. Null for an empty bucket. */
export function failureRates({
  executions,
  failed,
}: Pick<PipelineOverview, 'executions' | 'failed'>): (number | null)[] {
  return executions.map((count, bucket) => (count > 0 ? (failed[bucket] ?? 0) / count : null));
}

/** With fewer executions a rate is not reliable. */
export const FEW_EXECUTIONS = 10;

/**
 * Splits the failure rates by the number of executions. Otherwise a single failed execution would
 * be the chart's peak.
 */
export function ratesByTrust(overview: Pick<PipelineOverview, 'executions' | 'failed'>): {
  sure: (number | null)[];
  unsure: (number | null)[];
} {
  const isSure = overview.executions.map((count) => count >= FEW_EXECUTIONS);
  const rates = failureRates(overview);
  return {
    sure: rates.map((rate, bucket) => (isSure[bucket] ? rate : null)),
    unsure: rates.map((rate, bucket) => (isSure[bucket] ? null : rate)),
  };
}

/**
 * Each reason's share of the listed reasons in its bucket. So more executions do not look like a
 * change of reasons.
 */
export function reasonShares(reasons: readonly { counts: readonly number[] }[]): number[][] {
  const buckets = reasons.reduce((length, { counts }) => Math.max(length, counts.length), 0);
  const totals = Array.from({ length: buckets }, (_, bucket) =>
    sum(reasons.map(({ counts }) => counts[bucket] ?? 0)),
  );
  return reasons.map(({ counts }) =>
    totals.map((total, bucket) => (total > 0 ? (counts[bucket] ?? 0) / total : 0)),
  );
}

/** An outcome's share in each bucket with its 95 % interval. Null for an empty bucket. */
export interface OutcomeRates {
  outcome: string | null;
  /** Over the whole range. */
  total: { count: number; rate: number | null; low: number; high: number };
  rates: (number | null)[];
  /** Rates of buckets with few executions are null here, and these alone are in `unsure`. */
  sure: (number | null)[];
  unsure: (number | null)[];
  lows: number[];
  highs: number[];
}

export function outcomeRates({
  executions,
  outcomes,
}: Pick<PipelineOverview, 'executions' | 'outcomes'>): OutcomeRates[] {
  const all = sum(executions);
  return outcomes
    .map(({ outcome, counts }) => {
      const count = sum(counts);
      const rates = executions.map((of, bucket) => (of > 0 ? (counts[bucket] ?? 0) / of : null));
      const isSure = executions.map((of) => of >= FEW_EXECUTIONS);
      const intervals = executions.map((of, bucket) =>
        wilsonInterval({ count: counts[bucket] ?? 0, total: of }),
      );
      return {
        outcome,
        total: {
          count,
          rate: all > 0 ? count / all : null,
          ...wilsonInterval({ count, total: all }),
        },
        rates,
        sure: rates.map((rate, bucket) => (isSure[bucket] ? rate : null)),
        unsure: rates.map((rate, bucket) => (isSure[bucket] ? null : rate)),
        lows: intervals.map(({ low }) => low),
        highs: intervals.map(({ high }) => high),
      };
    })
    .toSorted((a, b) => b.total.count - a.total.count);
}

/** Each change of a rule or step where it happened. */
export function ruleMarkers(
  changes: readonly NamedChange[],
  names: Names = asRecorded,
): TimedLabel[] {
  return changes.flatMap((change) => {
    const atMs = parseTime(change.at);
    return atMs === null ? [] : [{ atMs, label: changeLine(change, names) }];
  });
}

export function versionMarkers(versions: PipelineOverview['versions']): TimedLabel[] {
  return versions.flatMap(({ name, version, firstAt }) => {
    const atMs = parseTime(firstAt);
    return atMs === null ? [] : [{ atMs, label: `${name} ${version}` }];
  });
}

/** The greatest number; 0 without numbers. */
export function greatest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
