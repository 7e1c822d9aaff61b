import type { PipelineOverview } from '@xray/core';
import type { TimedLabel } from '@/components/charts/markers';
import { parseTime } from '@/lib/format';

export interface Totals {
  executions: number;
  failed: number;
  /** Failed executions of all; null where there were none. */
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

/** Failed executions of all in each bucket; null where nothing ran. */
export function failureRates({
  executions,
  failed,
}: Pick<PipelineOverview, 'executions' | 'failed'>): (number | null)[] {
  return executions.map((count, bucket) => (count > 0 ? (failed[bucket] ?? 0) / count : null));
}

/** Fewer executions than this say little about a rate. */
export const FEW_EXECUTIONS = 10;

/** The failure rates, those of few executions apart: one failure of one would be the peak of the chart. */
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

/** Each reason's share of all listed reasons of its bucket, so that a change of volume is no drift. */
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

/** The greatest number there is; 0 of none. */
export function greatest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
