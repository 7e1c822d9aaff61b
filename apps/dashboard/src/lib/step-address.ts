import type { Step } from '@xray/core';

/**
 * A step in a page's address: its sequence, then `.` and its index in `steps` if the two differ. Several steps
 * may share a sequence, but never an address.
 */
export type StepAddress = `${number}` | `${number}.${number}`;

/** A step's `index` in `steps` and its `sequence`. */
export interface StepPlace {
  index: number;
  sequence: number;
}

export function stepAddress({ index, sequence }: StepPlace): StepAddress {
  return index === sequence ? `${sequence}` : `${sequence}.${index}`;
}

/** Parses a step's address. Null if the text is not one. */
export function parseStepAddress(text: string): StepAddress | null {
  return /^\d{1,10}(\.\d{1,10})?$/.test(text) ? (text as StepAddress) : null;
}

/**
 * The index of the step at an address, or -1. A sequence alone means the step at that index if it
 * has the sequence, else the first step that has it.
 */
export function findStep(steps: readonly Pick<Step, 'sequence'>[], address: StepAddress): number {
  const [sequence = -1, place] = address.split('.').map(Number);
  const index = place ?? sequence;
  const step = steps[index];
  if (step !== undefined && (step.sequence ?? index) === sequence) return index;
  return steps.findIndex((each, other) => (each.sequence ?? other) === sequence);
}
