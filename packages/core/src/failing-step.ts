import { hasFailed } from './query-match.js';
import type { Step } from './snapshot.js';
import { stepSequence } from './step-order.js';

/**
 * Where a failure began, as a place in `steps`: the first failed step or, when that only let the error of
 * a step within it through, that one. -1 when none failed.
 */
export function failingStepIndex(steps: readonly Step[]): number {
  const failed = steps
    .map((step, index) => ({ step, index, sequence: stepSequence(step, index) }))
    .filter(({ step }) => hasFailed(step))
    .sort((a, b) => a.sequence - b.sequence);
  let [origin] = failed;
  // Steps begin after those they lie in, so that one pass goes all the way down.
  for (const inner of failed) {
    if (origin === undefined || inner.step.parent !== origin.sequence) continue;
    if (inner.sequence > origin.sequence && isSameError(inner.step, origin.step)) origin = inner;
  }
  return origin?.index ?? -1;
}

function isSameError({ error: one }: Step, { error: other }: Step): boolean {
  return one?.type === other?.type && one?.message === other?.message;
}
