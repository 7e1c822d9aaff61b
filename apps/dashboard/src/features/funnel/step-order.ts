import type { FunnelStep } from '@xray/core';

export const STEP_ORDERS = ['place', 'slowest', 'failing', 'dropping'] as const;
export type StepOrder = (typeof STEP_ORDERS)[number];

/** Sorts the steps, greatest first. Steps without a value come last, equal steps keep their place. */
export function orderSteps(steps: readonly FunnelStep[], order: StepOrder): FunnelStep[] {
  const key: Record<StepOrder, (step: FunnelStep) => number | null> = {
    place: ({ position }) => -position,
    slowest: ({ p95Ms }) => p95Ms,
    failing: failureRate,
    dropping: dropRate,
  };
  return steps.toSorted((a, b) => {
    const [x, y] = [key[order](a) ?? -Infinity, key[order](b) ?? -Infinity];
    return x === y ? a.position - b.position : y - x;
  });
}

/** The share of failed runs. Null if the step never ran. */
export function failureRate({ failed, runs }: FunnelStep): number | null {
  return runs > 0 ? failed / runs : null;
}

/** The share of dropped candidates. Null without candidates. */
export function dropRate({ candidatesIn, candidatesOut }: FunnelStep): number | null {
  if (candidatesIn === null || candidatesIn <= 0) return null;
  return (candidatesIn - (candidatesOut ?? candidatesIn)) / candidatesIn;
}
