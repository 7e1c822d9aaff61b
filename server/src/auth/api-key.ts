import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/**
 * A new key, `xr_` + 12 base62 + `_` + 43 base62 + 6 base62. The secret carries 256 bits; the last six
 * are the CRC-32 of all before them, so that a scanner or a person can tell a key from a typing error.
 */
export function generateApiKey(): { id: string; key: string } {
  const id = randomBase62(ID_LENGTH);
  const body = `xr_${id}_${randomBase62(SECRET_LENGTH)}`;
  return { id, key: body + checksum(body) };
}

/** An id for a key that was not made here and so names none. */
export function generateKeyId(): string {
  return randomBase62(ID_LENGTH);
}

/** What a key is looked up by. A fast hash will do: there is nothing to guess in 256 random bits. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** What an operator may choose as the first key: long enough that it cannot be guessed, if it is random. */
export function isUsableKey(key: string): boolean {
  return /^xr_[\x21-\x7e]{29,253}$/.test(key);
}

function randomBase62(length: number): string {
  return Array.from({ length }, () => BASE62.charAt(randomInt(BASE62.length))).join('');
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62.charAt(rest % BASE62.length) + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}
