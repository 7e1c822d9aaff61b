import type { MergeState } from '@xray/core';

/**
 * The merge rule of core as numbers whose maximum is the merged value, so that the database merges rows in any
 * order. A rank is an epoch (6 bits), terminal (1), revision (53) and the beginning of the body's hash (67 bits).
 * An execution begins a new epoch if its first sender had no right to its id: then nothing of the old one counts.
 */
export interface EncodedState {
  rank: bigint;
  /** The rank with the hash's bits turned round: shows a second body with the winner's revision. */
  lowest: bigint;
  running: bigint;
  leastInstance: string | null;
  greatestInstance: string | null;
}

const HASH_BITS = 67n;
const REVISION_BITS = 53n;
const HASH_MASK = (1n << HASH_BITS) - 1n;
const REVISION_MASK = (1n << REVISION_BITS) - 1n;
const LAST_EPOCH = 63;
/** Hexadecimal digits that hold the kept bits of a hash. */
const HASH_DIGITS = 17;
/** Follows every instance id, so the greatest differs from the least. */
const ANOTHER = '\u{10FFFF}';

export function encodeState(state: MergeState, epoch: number): EncodedState {
  const { terminal, revision } = state.winner;
  const hash = hashBits(state.winner.bodyHash);
  const head = headOf(epoch, terminal, revision);
  const epochDigits = digitsOf(epoch);
  const instance = state.instanceId === null ? null : epochDigits + state.instanceId;
  return {
    rank: (head << HASH_BITS) | hash,
    // An unknown other body has the least hash.
    lowest: (head << HASH_BITS) | (state.contested ? HASH_MASK : hash ^ HASH_MASK),
    running: (BigInt(epoch) << REVISION_BITS) | BigInt(state.runningRevision),
    leastInstance: instance,
    greatestInstance: state.manyInstances ? epochDigits + ANOTHER : instance,
  };
}

export function decodeState(encoded: EncodedState): { state: MergeState; epoch: number } {
  const { rank, lowest, running, leastInstance, greatestInstance } = encoded;
  const epoch = Number(rank >> (HASH_BITS + REVISION_BITS + 1n));
  const sameRevision = rank >> HASH_BITS === lowest >> HASH_BITS;
  const least = instanceOf(leastInstance, epoch);
  const greatest = instanceOf(greatestInstance, epoch);
  return {
    epoch,
    state: {
      winner: {
        terminal: ((rank >> (HASH_BITS + REVISION_BITS)) & 1n) === 1n,
        revision: Number((rank >> HASH_BITS) & REVISION_MASK),
        bodyHash: (rank & HASH_MASK).toString(16).padStart(HASH_DIGITS, '0'),
      },
      contested: sameRevision && (rank & HASH_MASK) !== ((lowest & HASH_MASK) ^ HASH_MASK),
      runningRevision:
        Number(running >> REVISION_BITS) === epoch ? Number(running & REVISION_MASK) : 0,
      instanceId: least,
      manyInstances: greatest !== null && greatest !== least,
    },
  };
}

/** The state with as much of the hash as the database keeps, so it can be compared with a stored one. */
export function asStored(state: MergeState): MergeState {
  const bodyHash = hashBits(state.winner.bodyHash).toString(16).padStart(HASH_DIGITS, '0');
  return { ...state, winner: { ...state.winner, bodyHash } };
}

export function nextEpoch(epoch: number): number {
  return Math.min(epoch + 1, LAST_EPOCH);
}

export function revisionOf(rank: bigint): number {
  return Number((rank >> HASH_BITS) & REVISION_MASK);
}

function headOf(epoch: number, terminal: boolean, revision: number): bigint {
  return (
    (BigInt(epoch) << (REVISION_BITS + 1n)) | (BigInt(terminal) << REVISION_BITS) | BigInt(revision)
  );
}

/** Accepts a whole hash, and one that was already shortened. */
function hashBits(hash: string): bigint {
  if (hash.length === HASH_DIGITS) return BigInt(`0x${hash}`);
  return BigInt(`0x${hash.slice(0, HASH_DIGITS)}`) >> 1n;
}

function digitsOf(epoch: number): string {
  return String(epoch).padStart(2, '0');
}

function instanceOf(instance: string | null, epoch: number): string | null {
  return instance?.startsWith(digitsOf(epoch)) ? instance.slice(2) : null;
}
