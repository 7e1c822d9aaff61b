import type { Snapshot } from './snapshot.js';

/** The rank of a flush. Between two flushes of one execution, the fields decide in this order. */
export interface Rank {
  terminal: boolean;
  revision: number;
  /** SHA-256 (hex) of the parsed snapshot's `JSON.stringify` without `sentAt`. */
  bodyHash: string;
}

/**
 * The state that must be kept about the flushes of one execution. With it, the merged result does not
 * depend on their order.
 */
export interface MergeState {
  winner: Rank;
  /** A flush with the winner's (terminal, revision) but another body was seen. */
  contested: boolean;
  /** The highest revision of a running snapshot, or 0 without one. */
  runningRevision: number;
  /** The least `instanceId` seen, or null without one. */
  instanceId: string | null;
  /** Two processes wrote under this execution id. */
  manyInstances: boolean;
}

/** The state after a single flush. The caller gives `bodyHash`, because core does no hashing. */
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

/**
 * Returns a positive number if `a` wins over `b`. A terminal snapshot wins over a running one, then the
 * higher revision wins, then the higher hash.
 */
export function compareRanks(a: Rank, b: Rank): number {
  if (a.terminal !== b.terminal) return a.terminal ? 1 : -1;
  if (a.revision !== b.revision) return a.revision - b.revision;
  if (a.bodyHash === b.bodyHash) return 0;
  return a.bodyHash > b.bodyHash ? 1 : -1;
}

/**
 * Merges the states of two sets of flushes. Commutative, associative and idempotent, so order, duplicates
 * and grouping do not change the result.
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
 * Whether the flushes contradict each other: two bodies with the winner's revision, a running snapshot not
 * older than the terminal one, or two processes under one id.
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
