import { isPlainObject } from './platform-values.js';
import { asRecord } from './source.js';

/** The values that are redacted under a key: none, those that hold text (a number of `tokens` is a count), or all. */
export type Secrecy = 'none' | 'text' | 'all';

/** Compared with a key in lower case and without `-`, `_`, `.` and blanks. */
const ANYWHERE =
  /passw(?:or)?d|passphrase|passcode|secret(?!ar)|authori[sz]ation|apikey|privatekey|accesskey|credential|cookie|sess(?:ion)?(?:id|key)|securitycode|securityanswer|socialsecurity|connectionstring|(?:verification|recovery|backup|mfa)code/;
const AT_END =
  /(?:token|(?:pwd|ssn|cvv2?|cvc2?|jwt)s?|card(?:number|num|no)s?|(?:credit|debit)cards?|cc(?:number|num|no)s?|connectsid|(?:app|auth|client|crypto|encryption|decryption|hmac|jwt|master|pgp|rsa|service|shared|signing|ssh|storage|subscription)keys?)$/;
/** Compared with the words of a key. `ssn_number` is a secret; `cvvMatch` says something about one. */
const WORDS =
  /(?:^| )(?:pwds?|pw|ssns?|cvv2?s?|cvc2?s?|csc|otps?|totp|jwts?|bearer|creds|csrf|xsrf|passkeys?|pin|pan|tokens?)(?: (?:number|num|no|code|value|hash|text|raw|plain|string|full|header|last|\d+))+$|(?:^| )(?:pwds?|pw|ssns?|cvv2?s?|cvc2?s?|csc|otps?|totp|jwts?|bearer|creds|csrf|xsrf|passkeys?|pin|pan)$/;
const TEXT_WORDS =
  /(?:^| )(?:tokens|o?auth|pins|pans)(?: (?:header|headers|code|value|values|info|data|string))*$|^pass$|(?:^| )(?:user|login|db|database|smtp|mail|ftp|admin|root|proxy|my) ?pass$/;

/** The secrecy of a key by the default rules. */
export function defaultSecrecy(key: string): Secrecy {
  const plain = squash(key);
  if (ANYWHERE.test(plain) || AT_END.test(plain)) return 'all';
  const words = wordsOf(key);
  if (WORDS.test(words)) return 'all';
  return TEXT_WORDS.test(words) ? 'text' : 'none';
}

/** A key without case and separators. */
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

/** Whether a value holds text. A value that cannot be read may hold some. */
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

/** `{ name: 'authorization', value: '…' }`: members that may name what another member holds. */
const NAMING = ['name', 'key', 'header', 'field', 'param', 'label', 'variable', 'id', 'k'];
const NAMED =
  /^(?:raw|old|new|previous|current|default|initial|final)?(?:values?|val)$|^(?:v|content|actual|threshold|expected|answer|before|after)$/;
const MAX_NAME_LENGTH = 128;

/** Whether a member with this key may hold what another member of its object names. */
export function isNamedMember(key: string): boolean {
  return NAMED.test(squash(key));
}

/** The names by which an object says what its value is. */
export function namesIn(properties: Readonly<Record<string, unknown>>): string[] {
  return NAMING.map((key) => properties[key]).filter(
    (name): name is string => typeof name === 'string' && name.length <= MAX_NAME_LENGTH,
  );
}

/** Lists of names, in which the next item is a name as well. */
const NAME_LIST =
  /(?:names?|fields|keys|columns|properties|attributes|missing|required|scopes|types)$/;

/** Whether a list under this key may hold names and values by turns, as Node's `rawHeaders` do. */
export function mayAlternate(key: string): boolean {
  return !NAME_LIST.test(squash(key));
}

/** `--password=…`, `Cookie: …`: the name that begins an item of a list. */
export function nameBefore(text: string): string | undefined {
  return /^-{0,2}([\w.-]{2,64})\s*[:=]\s*\S/.exec(text)?.[1];
}

/** `--password`: the name of the item that follows in a list of arguments. */
export function flagName(text: unknown): string | undefined {
  return typeof text === 'string' ? /^--?([\w-]{2,64})$/.exec(text)?.[1] : undefined;
}

/** Lists of headers and arguments hold such items. */
export function isLineList(key: string): boolean {
  return /headers?$|trailers?$|cookies?$|args?$|argv$|arguments$|params?$|^env$/.test(squash(key));
}
