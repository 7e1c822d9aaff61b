import type { FunnelStep } from '@xray/core';

export const STEP_ORDERS = ['place', 'slowest', 'failing', 'dropping'] as const;
export type StepOrder = (typeof STEP_ORDERS)[number];

/** The steps, those that are most so first; what has no value comes last, equals by their place. */
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

/** Of the runs of a step; null where it never ran. */
export function failureRate({ failed, runs }: FunnelStep): number | null {
  return runs > 0 ? failed / runs : null;
}

/** The share of its candidates that a step did not keep; null where it had none. */
export function dropRate({ candidatesIn, candidatesOut }: FunnelStep): number | null {
  if (candidatesIn === null || candidatesIn <= 0) return null;
  return (candidatesIn - (candidatesOut ?? candidatesIn)) / candidatesIn;
}
