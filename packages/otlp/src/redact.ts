import { stringifyJson, type Json } from '@xray/core';
import type { Attributes, Change, Telemetry } from './telemetry.js';
import { isObject, jsonOf } from './values.js';

/** Found anywhere in a key, in lower case and without separators. The SDK redacts the same keys. */
const ANYWHERE =
  /passw(?:or)?d|passphrase|passcode|secret(?!ar)|authori[sz]ation|apikey|privatekey|accesskey|credential|cookie|sess(?:ion)?key|securitycode|securityanswer|socialsecurity|connectionstring|(?:verification|recovery|backup|mfa)code/;
const AT_END =
  /(?:(?:access|auth|refresh|bearer|csrf|xsrf|id|api)token|(?:pwd|ssn|cvv2?|cvc2?|jwt)s?|card(?:number|num|no)s?|(?:app|auth|client|crypto|encryption|decryption|hmac|jwt|master|pgp|rsa|service|shared|signing|ssh|storage|subscription)keys?)$/;
/** Whether a text is worth a look for such keys in it. */
const MAY_HOLD =
  /pass|secret|authori|key|credential|cookie|token|pwd|ssn|cvv|cvc|jwt|card|code|security|connection/i;
const HEADERS = 'http.request.header.';
const REDACTED = '[redacted]';

/** Replaces values under keys that look like secrets, and under the app's own names, before anything is stored. */
export function redact(telemetry: Telemetry, names: string[]): void {
  const isSecret = secretTest(names);
  const resources = new Map<Attributes, Attributes>();
  for (const item of [...telemetry.spans, ...telemetry.logs]) {
    const clean = (attributes: Attributes): Attributes =>
      redacted(attributes, isSecret, names.length > 0, item.changes);
    item.attributes = clean(item.attributes);
    if ('events' in item) {
      for (const event of item.events) event.attributes = clean(event.attributes);
    } else if (isObject(item.body)) {
      item.body = clean(item.body as Attributes);
    }
    // Spans of one request share their resource.
    const known = resources.get(item.resource) ?? clean(item.resource);
    resources.set(item.resource, known);
    item.resource = known;
  }
}

/** A JSON value without what is under such keys. */
export function redactValue(value: Json, names: string[]): Json {
  return within(value, secretTest(names));
}

function secretTest(names: string[]): IsSecret {
  const own = names.map(patternOf);
  return (key) => {
    if (key.startsWith(HEADERS) || own.some((pattern) => pattern.test(key))) return true;
    // The last part names the value: `gen_ai.usage.input_tokens` holds a count.
    const last = key.slice(key.lastIndexOf('.') + 1);
    const plain = last.toLowerCase().replace(/[-_\s]/g, '');
    return ANYWHERE.test(plain) || AT_END.test(plain);
  };
}

function patternOf(name: string): RegExp {
  const escaped = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`, 'i');
}

type IsSecret = (key: string) => boolean;

function redacted(
  attributes: Attributes,
  isSecret: IsSecret,
  looksEverywhere: boolean,
  changes: Change[],
): Attributes {
  let changed: [string, Json][] | undefined;
  const entries = Object.entries(attributes);
  for (const [index, [key, value]] of entries.entries()) {
    const clean = isSecret(key) ? REDACTED : valueOf(value, isSecret, looksEverywhere);
    if (clean === value) continue;
    changed ??= [...entries];
    changed[index] = [key, clean];
    if (changes.length < 64) changes.push({ kind: 'redacted', key });
  }
  return changed === undefined ? attributes : Object.fromEntries(changed);
}

/** The same value when nothing in it is secret. */
function valueOf(value: Json, isSecret: IsSecret, looksEverywhere: boolean): Json {
  if (typeof value === 'string') {
    if (!looksEverywhere && !MAY_HOLD.test(value)) return value;
    const json = jsonOf(value);
    if (typeof json !== 'object' || json === null) return value;
    const clean = within(json, isSecret);
    return clean === json ? value : stringifyJson(clean);
  }
  return within(value, isSecret);
}

function within(value: Json, isSecret: IsSecret, depth = 0): Json {
  if (depth > 100) return REDACTED;
  if (Array.isArray(value)) {
    const items = value.map((item) => within(item, isSecret, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value as Attributes);
  const clean = entries.map(([key, member]): [string, Json] => [
    key,
    isSecret(key) && isText(member) ? REDACTED : within(member, isSecret, depth + 1),
  ]);
  const isSame = clean.every(([, member], index) => member === entries[index]?.[1]);
  return isSame ? value : Object.fromEntries(clean);
}

function isText(value: Json): boolean {
  return value !== null && typeof value !== 'boolean';
}
