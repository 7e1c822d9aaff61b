import { fillRandom } from '#platform';

const POOL_IDS = 128;
const RANDOM_BYTES = 10;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const pool = new Uint8Array(POOL_IDS * RANDOM_BYTES);
let next = pool.length;

function randomHex(): string {
  const byte = pool[next] ?? 0;
  next += 1;
  return HEX[byte] ?? '00';
}

function refill(): void {
  if (next + RANDOM_BYTES <= pool.length) return;
  fillRandom(pool);
  next = 0;
}

/** A UUID of version 7 (RFC 9562, 5.7): ids made later sort later. */
export function uuidV7(epochMs: number): string {
  refill();
  const time = Math.floor(epochMs).toString(16).padStart(12, '0');
  const version = `7${randomHex().slice(1)}${randomHex()}`;
  const variant = '89ab'.charAt((pool[next] ?? 0) & 3);
  const fourth = `${variant}${randomHex().slice(1)}${randomHex()}`;
  const node = randomHex() + randomHex() + randomHex() + randomHex() + randomHex() + randomHex();
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${fourth}-${node}`;
}

/** 16 hex digits that are not all zero, as W3C trace context asks of a span id. */
export function spanId(): string {
  refill();
  let id = '';
  for (let index = 0; index < 8; index += 1) id += randomHex();
  return id === '0000000000000000' ? '0000000000000001' : id;
}
