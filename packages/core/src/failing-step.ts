import { hasFailed } from './query-match.js';
import type { Step } from './snapshot.js';
import { stepSequence } from './step-order.js';

/**
 * Finds the index in `steps` where a failure began: the first failed step, or the inner step whose error it
 * passed on. -1 if no step failed.
 */
export function failingStepIndex(steps: readonly Step[]): number {
  const failed = steps
    .map((step, index) => ({ step, index, sequence: stepSequence(step, index) }))
    .filter(({ step }) => hasFailed(step))
    .sort((a, b) => a.sequence - b.sequence);
  let [origin] = failed;
  // Inner steps start after their outer steps, so one pass reaches the innermost.
  for (const inner of failed) {
    if (origin === undefined || inner.step.parent !== origin.sequence) continue;
    if (inner.sequence > origin.sequence && isSameError(inner.step, origin.step)) origin = inner;
  }
  return origin?.index ?? -1;
}

function isSameError({ error: one }: Step, { error: other }: Step): boolean {
  return one?.type === other?.type && one?.message === other?.message;
}
