import { createScratch } from '#platform';
import { encoder } from './utf8.js';

const BLOCK_BYTES = 128 * 1024;
const MAX_SHARED_UNITS = 8 * 1024;
const UNIT_BYTES = 3;

let block: Uint8Array = new Uint8Array(0);
let used = 0;

/**
 * A text in UTF-8. Short texts share a block of memory, which is freed when none of them is needed any more. So
 * waiting snapshots cost the garbage collector almost nothing.
 */
export function encodeText(text: string): Uint8Array {
  if (text.length > MAX_SHARED_UNITS) return encoder.encode(text);
  if (block.length - used < text.length * UNIT_BYTES) {
    block = createScratch(BLOCK_BYTES).bytes;
    used = 0;
  }
  const start = used;
  used += encoder.encodeInto(text, block.subarray(start)).written;
  return block.subarray(start, used);
}
