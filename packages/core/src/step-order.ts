import type { StepRef } from './answers.js';
import type { Snapshot, Step } from './snapshot.js';

/** A step with its index in the snapshot's array. */
export interface PlacedStep {
  step: Step;
  index: number;
  ref: StepRef;
  /** JSON Pointer into the snapshot. */
  path: string;
}

/** The steps ordered by sequence. Steps with the same sequence keep the order of the array. */
export function stepsInOrder({ steps }: Snapshot): PlacedStep[] {
  return steps
    .map((step, index) => ({ step, index, ref: stepRef(step, index), path: `/steps/${index}` }))
    .sort((a, b) => a.ref.sequence - b.ref.sequence);
}

function stepRef(step: Step, index: number): StepRef {
  return {
    index,
    sequence: stepSequence(step, index),
    name: step.name,
    kind: step.kind ?? null,
    status: step.status ?? 'completed',
  };
}

/** The position of a step within its execution: its `sequence`, or its index by default. */
export function stepSequence(step: Step, index: number): number {
  return step.sequence ?? index;
}
