import { createScratch } from '#platform';
import { encoder } from './utf8.js';

const BLOCK_BYTES = 128 * 1024;
const MAX_SHARED_UNITS = 8 * 1024;
const UNIT_BYTES = 3;

let block: Uint8Array = new Uint8Array(0);
let used = 0;

/**
 * Encodes a text in UTF-8. Short texts share a block of memory, so waiting snapshots cost the
 * garbage collector almost nothing. A block is freed when none of its texts is needed any more.
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
