import { stringifyJson } from '@xray/core';

/** JSON whose texts and keys Postgres can store: without U+0000 and unpaired surrogates. */
export function jsonForPostgres(value: unknown): string {
  const json = stringifyJson(value);
  // JSON writes both as escapes. In ordinary texts these escapes are rare.
  if (!/\\u(?:0000|d[89a-f])/.test(json)) return json;
  return stringifyJson(value, (_key, item) =>
    typeof item === 'string' ? storable(item) : withStorableKeys(item),
  );
}

/** The text with U+FFFD for characters that Postgres cannot store. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** Keys that become equal get different names. */
function withStorableKeys(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const keys = Object.keys(item);
  if (keys.every((key) => storable(key) === key)) return item;
  const members = new Map<string, unknown>();
  for (const [key, value] of Object.entries(item)) {
    let name = storable(key);
    while (members.has(name) || (name !== key && keys.includes(name))) name += '\uFFFD';
    members.set(name, value);
  }
  return Object.fromEntries(members);
}
