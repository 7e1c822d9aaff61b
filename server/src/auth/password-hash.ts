import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** The parameters of Better Auth (better-auth/crypto), so that older hashes still verify. */
const COST = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 64;

export interface PasswordTask {
  password: string;
  /** The hash to verify against; undefined to create a new one. */
  hash: string | undefined;
}

/** Returns the new hash, or whether the password matches. It takes about 100 ms of processor time. */
export function runPasswordTask({ password, hash }: PasswordTask): string | boolean {
  if (hash === undefined) {
    const salt = randomBytes(16).toString('hex');
    return `${salt}:${deriveKey(password, salt).toString('hex')}`;
  }
  const [salt = '', key = ''] = hash.split(':');
  const expected = Buffer.from(key, 'hex');
  const derived = deriveKey(password, salt);
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function deriveKey(password: string, salt: string): Buffer {
  return scryptSync(password.normalize('NFKC'), salt, KEY_BYTES, COST);
}
