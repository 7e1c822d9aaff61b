import { stringifyJson } from '@xray/core';

/** JSON that Postgres can read into text: no NUL, which it cannot store, and no half of a surrogate pair. */
export function jsonForPostgres(value: unknown): string {
  const json = stringifyJson(value);
  // JSON writes both as escapes. A backslash before such letters is rare in texts.
  if (!/\\u(?:0000|d[89a-f])/.test(json)) return json;
  return stringifyJson(value, (_key, item) =>
    typeof item === 'string' ? item.replaceAll('\0', '\uFFFD').toWellFormed() : item,
  );
}
