import type { PipelineOverview } from '@xray/core';
import type { TimedLabel } from '@/components/charts/markers';
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
