import type { Step } from '@xray/core';

/**
 * A step in the address of a page: its sequence, then `.` and its place in the snapshot's `steps` where the two
 * differ. Several steps may have one sequence; no two have one address.
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

/** Parses a step's address. Null if the text is none. */
export function parseStepAddress(text: string): StepAddress | null {
  return /^\d{1,10}(\.\d{1,10})?$/.test(text) ? (text as StepAddress) : null;
}

/**
 * The index of the step at an address; -1 where there is none. A sequence alone finds the step at that place
 * if it has the sequence, else the first that has it.
 */
export function findStep(steps: readonly Pick<Step, 'sequence'>[], address: StepAddress): number {
  const [sequence = -1, place] = address.split('.').map(Number);
  const index = place ?? sequence;
  const step = steps[index];
  if (step !== undefined && (step.sequence ?? index) === sequence) return index;
  return steps.findIndex((each, other) => (each.sequence ?? other) === sequence);
}
