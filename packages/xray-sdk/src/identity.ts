import { createScratch, fillRandom } from '#platform';
import { encoder } from './utf8.js';

const POOL_BYTES = 4_096;
const UUID_BYTES = 16;
const DASH = 0x2d;
/** The bytes that have a dash before them in a UUID. */
const GROUPS = new Set([4, 6, 8, 10]);
const DIGITS = encoder.encode('0123456789abcdef');

const pool = new Uint8Array(POOL_BYTES);
let next = pool.length;

const uuid = new Uint8Array(UUID_BYTES);
const scratch = createScratch(UUID_BYTES * 2 + GROUPS.size);

function randomByte(): number {
  if (next === pool.length) {
    fillRandom(pool);
    next = 0;
  }
  const byte = pool[next] ?? 0;
  next += 1;
  return byte;
}

/** A UUID of version 7 (RFC 9562, 5.7). Ids sort by the time of their creation. */
export function uuidV7(epochMs: number): string {
  // The 48 bits cannot hold a time before 1970.
  let time = Math.max(0, Math.floor(epochMs));
  for (let index = 5; index >= 0; index -= 1) {
    uuid[index] = time % 256;
    time = Math.floor(time / 256);
  }
  for (let index = 6; index < UUID_BYTES; index += 1) uuid[index] = randomByte();
  uuid[6] = 0x70 | ((uuid[6] ?? 0) & 0x0f);
  uuid[8] = 0x80 | ((uuid[8] ?? 0) & 0x3f);
  return hexText(uuid, GROUPS);
}

/** 16 hex digits that are not all zero, as W3C trace context requires for span ids. */
export function spanId(): string {
  const bytes = Uint8Array.from({ length: 8 }, randomByte);
  bytes[7] ||= 1;
  return hexText(bytes);
}

/** Makes the text from bytes. V8 would keep a concatenated text as many small parts. */
function hexText(bytes: Uint8Array, dashesBefore?: ReadonlySet<number>): string {
  let end = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (dashesBefore?.has(index) === true) scratch.bytes[end++] = DASH;
    scratch.bytes[end++] = DIGITS[byte >> 4] ?? 0;
    scratch.bytes[end++] = DIGITS[byte & 15] ?? 0;
  }
  return scratch.text(0, end, true);
}
