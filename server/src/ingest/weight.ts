import type { ExecutionRecord } from '../store/execution-record.js';

/** The memory that a snapshot needs besides its text, even if it was rejected. */
export const SNAPSHOT_BYTES = 512;
/** The memory of a step. The shortest step has 13 bytes of text, but still needs a row. */
const STEP_BYTES = 256;

/** The weight of a record while it waits to be stored, in bytes. */
export function weightOf({ bytes, steps }: Pick<ExecutionRecord, 'bytes' | 'steps'>): number {
  return bytes + steps.length * STEP_BYTES;
}
