import type { Snapshot } from '../wire/snapshot.js';
import type { Decided, PipelineReplay } from './plan.js';

/**
 * The result of a recorded decision, as replays compare it.
 *
 * @example
 * ```ts
 * for (const record of records) console.log(decidedOf(record, plan).outcome);
 * ```
 */
export function decidedOf(snapshot: Snapshot, { choice }: Pick<PipelineReplay, 'choice'>): Decided {
  const { decision } = snapshot;
  return {
    outcome: decision?.outcome ?? null,
    adverse: decision?.adverse === true,
    status: snapshot.status ?? 'completed',
    choice: choice === undefined ? firstOfLastRanking(snapshot) : choice(snapshot),
    reason: decision?.reasons?.[0]?.code ?? null,
  };
}

/**
 * How two results of a decision differ.
 *
 * @example
 * ```ts
 * const isFlipped = result.is !== null && differenceOf(result.was, result.is) === 'flipped';
 * ```
 */
export function differenceOf(was: Decided, is: Decided): 'same' | 'moved' | 'flipped' {
  const isFlipped =
    was.outcome !== is.outcome || was.adverse !== is.adverse || was.status !== is.status;
  if (isFlipped) return 'flipped';
  return was.choice !== is.choice || was.reason !== is.reason ? 'moved' : 'same';
}

/** The best candidate of the last ranking. */
function firstOfLastRanking({ steps }: Snapshot): string | null {
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const best = steps[index]?.candidates?.items.find(
      ({ rank, outcome }) => rank === 1 && outcome !== 'rejected',
    );
    if (best !== undefined) return best.id;
  }
  return null;
}
