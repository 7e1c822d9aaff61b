import type { ExecutionRecord } from '../store/store.js';

/** What a snapshot costs in memory beside its text, whatever became of it. */
export const SNAPSHOT_BYTES = 512;
/** And each of its steps: the shortest has 13 bytes of text, and a row all the same. */
const STEP_BYTES = 256;

/** What a record counts for while it waits to be stored, in bytes. */
export function weightOf({ bytes, steps }: Pick<ExecutionRecord, 'bytes' | 'steps'>): number {
  return bytes + steps.length * STEP_BYTES;
}
