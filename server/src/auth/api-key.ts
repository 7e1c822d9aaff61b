import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(
  `xr_[0-9A-Za-z]{${ID_LENGTH}}_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}`,
);

/**
 * A new key: `xr_` + 12 base62 + `_` + 43 base62 + 6 base62. The secret has 256 bits. The last six
 * characters are the CRC-32 of the rest, so a typing error can be found without the database.
 */
export function generateApiKey(): { id: string; key: string } {
  const id = randomBase62(ID_LENGTH);
  const body = `xr_${id}_${randomBase62(SECRET_LENGTH)}`;
  return { id, key: body + checksum(body) };
}

/**
 * The 12 characters after `xr_`, which are shown as the key's id. A key chosen by an operator need
 * not be base62.
 */
export function keyIdOf(key: string): string {
  return key.slice(3, 3 + ID_LENGTH);
}

/** The hash that the store looks a key up by. A fast hash is enough: nobody can guess 256 random bits. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** The form of a key that an operator may choose. It is too long to guess if it is random. */
const CHOSEN = 'xr_[\\x21-\\x7e]{29,253}';

export function isUsableKey(key: string): boolean {
  return new RegExp(`^${CHOSEN}$`).test(key);
}

/**
 * Characters that may end a chosen key in a URL or a list. The key itself may also contain them.
 */
const ENDS = ['&', '/', '?', '#', '=', ';', ',', '"', "'", '+'];
/** Each possible key costs a look-up. */
const MAX_POSSIBLE_KEYS = 16;

/** Parts of a text that could be a key chosen by an operator. */
export function possibleKeysIn(text: string): string[] {
  const found = new Set<string>();
  for (const [, run = ''] of text.matchAll(new RegExp(`(?=(${CHOSEN}))`, 'g'))) {
    for (const end of ENDS) found.add(run.split(end, 1)[0] ?? '');
    found.add(run);
  }
  return [...found].filter(isUsableKey).slice(0, MAX_POSSIBLE_KEYS);
}

/** Whether a text contains a whole key in the form that X-Ray generates. */
export function holdsApiKey(text: string): boolean {
  return SHAPE.test(text);
}

/** Says why an unknown key may be unknown, so that a copying mistake is found at once. */
export function faultOf(key: string): string {
  if (!key.startsWith('xr_'))
    return 'This is not an X-Ray API key: an X-Ray key begins with `xr_`.';
  const [whole] = SHAPE.exec(key) ?? [];
  if (whole === key && checksum(key.slice(0, -CHECKSUM_LENGTH)) !== key.slice(-CHECKSUM_LENGTH)) {
    return 'This API key has a typing error (its checksum is wrong): copy it again.';
  }
  return 'This API key is unknown.';
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
