import { stringifyJson } from '@xray/core';

/** JSON whose texts Postgres can store: without U+0000 and halves of surrogate pairs. */
export function jsonForPostgres(value: unknown): string {
  const json = stringifyJson(value);
  // JSON writes both as escapes. A backslash before such letters is rare in texts.
  if (!/\\u(?:0000|d[89a-f])/.test(json)) return json;
  return stringifyJson(value, (_key, item) =>
    typeof item === 'string' ? item.replaceAll('\0', '\uFFFD').toWellFormed() : item,
  );
}
