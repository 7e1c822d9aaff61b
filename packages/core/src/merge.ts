import type { Snapshot } from './snapshot.js';

/** What decides between two flushes of one execution, in the order in which it decides. */
export interface Rank {
  terminal: boolean;
  revision: number;
  /** SHA-256 (hex) of the parsed snapshot's `JSON.stringify` without `sentAt`. */
  bodyHash: string;
}

/**
 * All that must be remembered of the flushes seen of one execution, so that what they merge to does
 * not depend on the order in which they came.
 */
export interface MergeState {
  winner: Rank;
  /** Another body was seen with the winner's (terminal, revision). */
  contested: boolean;
  /** The highest revision seen of a running snapshot; 0 when there was none. */
  runningRevision: number;
  /** The least `instanceId` seen; null when none named one. */
  instanceId: string | null;
  /** Two processes wrote under this id. */
  manyInstances: boolean;
}

/** The state after one flush alone. `bodyHash` is given, since core does no hashing. */
export function mergeStateOf(
  snapshot: Pick<Snapshot, 'status' | 'revision' | 'instanceId'>,
  bodyHash: string,
): MergeState {
  const terminal = snapshot.status !== 'running';
  const revision = snapshot.revision ?? 1;
  return {
    winner: { terminal, revision, bodyHash },
    contested: false,
    runningRevision: terminal ? 0 : revision,
    instanceId: snapshot.instanceId ?? null,
    manyInstances: false,
  };
}

/** Positive when `a` wins over `b`: terminal before running, then the higher revision, then the higher hash. */
export function compareRanks(a: Rank, b: Rank): number {
  if (a.terminal !== b.terminal) return a.terminal ? 1 : -1;
  if (a.revision !== b.revision) return a.revision - b.revision;
  if (a.bodyHash === b.bodyHash) return 0;
  return a.bodyHash > b.bodyHash ? 1 : -1;
}

/**
 * Joins what two sets of flushes of one execution amount to. Commutative, associative and idempotent,
 * so that any order, any duplication and any grouping end in the same state.
 */
export function mergeStates(a: MergeState, b: MergeState): MergeState {
  const order = compareRanks(a.winner, b.winner);
  const [high, low] = order >= 0 ? [a, b] : [b, a];
  const sameRevision =
    high.winner.terminal === low.winner.terminal && high.winner.revision === low.winner.revision;
  return {
    winner: high.winner,
    contested: high.contested || (sameRevision && (low.contested || order !== 0)),
    runningRevision: Math.max(a.runningRevision, b.runningRevision),
    instanceId: leastOf(a.instanceId, b.instanceId),
    manyInstances:
      a.manyInstances ||
      b.manyInstances ||
      (a.instanceId !== null && b.instanceId !== null && a.instanceId !== b.instanceId),
  };
}

/**
 * Whether the flushes seen contradict each other: two bodies under the winner's revision, a running
 * snapshot not older than the terminal one, or two processes writing under one id.
 */
export function isConflict(state: MergeState): boolean {
  return (
    state.contested ||
    state.manyInstances ||
    (state.winner.terminal && state.runningRevision >= state.winner.revision)
  );
}

function leastOf(a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  return a < b ? a : b;
}
