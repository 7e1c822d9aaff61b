import { isPlainObject } from './platform-values.js';
import { asRecord } from './source.js';

/**
 * How much to redact under a key: nothing, values that contain text, or everything. For example, `tokens: 512` is
 * a count and stays.
 */
export type Secrecy = 'none' | 'text' | 'all';

/**
 * These words are secrets anywhere in a key. The key is in lower case and without `-`, `_`, `.` and blanks.
 */
const ANYWHERE =
  /passw(?:or)?d|passphrase|passcode|secret(?!ar)|authori[sz]ation|apikey|privatekey|accesskey|credential|cookie|sess(?:ion)?(?:id|key)|securitycode|securityanswer|socialsecurity|connectionstring|(?:verification|recovery|backup|mfa)code/;
const AT_END =
  /(?:token|(?:pwd|ssn|cvv2?|cvc2?|jwt)s?|card(?:number|num|no)s?|(?:credit|debit)cards?|cc(?:number|num|no)s?|connectsid|(?:app|auth|client|crypto|encryption|decryption|hmac|jwt|master|pgp|rsa|service|shared|signing|ssh|storage|subscription)keys?)$/;
/** These are secrets as whole words of a key. `ssn_number` is a secret; `cvvMatch` is only about one. */
const WORDS =
  /(?:^| )(?:pwds?|pw|ssns?|cvv2?s?|cvc2?s?|csc|otps?|totp|jwts?|bearer|creds|csrf|xsrf|passkeys?|pin|pan|tokens?)(?: (?:number|num|no|code|value|hash|text|raw|plain|string|full|header|last|\d+))+$|(?:^| )(?:pwds?|pw|ssns?|cvv2?s?|cvc2?s?|csc|otps?|totp|jwts?|bearer|creds|csrf|xsrf|passkeys?|pin|pan)$/;
const TEXT_WORDS =
  /(?:^| )(?:tokens|o?auth|pins|pans)(?: (?:header|headers|code|value|values|info|data|string))*$|^pass$|(?:^| )(?:user|login|db|database|smtp|mail|ftp|admin|root|proxy|my) ?pass$/;

/** How much the default rules redact under a key. */
export function defaultSecrecy(key: string): Secrecy {
  const plain = squash(key);
  if (ANYWHERE.test(plain) || AT_END.test(plain)) return 'all';
  const words = wordsOf(key);
  if (WORDS.test(words)) return 'all';
  return TEXT_WORDS.test(words) ? 'text' : 'none';
}

/** Removes case and separators from a key. */
export function squash(key: string): string {
  return key.toLowerCase().replace(/[-_.\s]/g, '');
}

function wordsOf(key: string): string {
  return key
    .replace(/([a-z])([A-Z\d])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, ' ')
    .trim();
}

const MAX_DEPTH = 4;
const MAX_ITEMS = 100;

/** Whether a value contains text. An unreadable value counts as text. */
export function holdsText(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (depth === MAX_DEPTH) return true;
  try {
    if (!Array.isArray(value) && !isPlainObject(value)) return true;
    const items = Array.isArray(value) ? (value as unknown[]) : Object.values(asRecord(value));
    return items.slice(0, MAX_ITEMS).some((item) => holdsText(item, depth + 1));
  } catch {
    return true;
  }
}

/**
 * Keys whose value may name the secret in another member, as in `{ name: 'authorization', value:
 * '…' }`.
 */
const NAMING = ['name', 'key', 'header', 'field', 'param', 'label', 'variable', 'id', 'k'];
const NAMED =
  /^(?:raw|old|new|previous|current|default|initial|final)?(?:values?|val)$|^(?:v|content|actual|threshold|expected|answer|before|after)$/;
const MAX_NAME_LENGTH = 128;

/** Whether the name of a value with this key may be in another member of its object. */
export function isNamedMember(key: string): boolean {
  return NAMED.test(squash(key));
}

/** The names that an object gives for its value. */
export function namesIn(properties: Readonly<Record<string, unknown>>): string[] {
  return NAMING.map((key) => properties[key]).filter(
    (name): name is string => typeof name === 'string' && name.length <= MAX_NAME_LENGTH,
  );
}

/** Keys of lists that hold only names, so the next item is not a value. */
const NAME_LIST =
  /(?:names?|fields|keys|columns|properties|attributes|missing|required|scopes|types)$/;

/** Whether a list under this key may hold names and values by turns, like Node's `rawHeaders`. */
export function mayAlternate(key: string): boolean {
  return !NAME_LIST.test(squash(key));
}

/** The name at the beginning of a list item, as in `--password=…` or `Cookie: …`. */
export function nameBefore(text: string): string | undefined {
  return /^-{0,2}([\w.-]{2,64})\s*[:=]\s*\S/.exec(text)?.[1];
}

/** The name of the next item in a list of arguments, as in `--password`. */
export function flagName(text: unknown): string | undefined {
  return typeof text === 'string' ? /^--?([\w-]{2,64})$/.exec(text)?.[1] : undefined;
}

/** Whether a list under this key may hold lines of headers or arguments. */
export function isLineList(key: string): boolean {
  return /headers?$|trailers?$|cookies?$|args?$|argv$|arguments$|params?$|^env$/.test(squash(key));
}
