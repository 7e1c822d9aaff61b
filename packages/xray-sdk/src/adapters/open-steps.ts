import type { Execution } from '../execution.js';
import type { Step, StepOptions } from '../step.js';

/** A step between two callbacks of a framework. */
export interface OpenStep {
  /** `undefined` in a replay, which answers the step from the record. */
  readonly step: Step | undefined;
  /** Ends the step. Resolves when it is recorded. */
  finish(): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Opens a step that ends in a later callback. */
export function openStep(host: Execution | Step, name: string, options: StepOptions): OpenStep {
  let step: Step | undefined;
  let settle: { resolve(): void; reject(error: unknown): void } | undefined;
  const ended = host
    .step(name, options, (opened) => {
      step = opened;
      return new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    })
    // The framework throws the error to the host. Here it only fails the step.
    .catch(() => {});
  return {
    step,
    finish: () => {
      settle?.resolve();
      return ended;
    },
    fail: (error) => {
      settle?.reject(error);
      return ended;
    },
  };
}
