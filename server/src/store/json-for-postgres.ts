/** JSON that Postgres can read into text: no NUL, which it cannot store, and no half of a surrogate pair. */
export function jsonForPostgres(value: unknown): string {
  const json = JSON.stringify(value);
  // It writes these two, and a backslash before such letters, as escapes; few texts have any.
  if (!/\\u(?:0000|d[89a-f])/.test(json)) return json;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\0', '\uFFFD').toWellFormed() : item,
  );
}
