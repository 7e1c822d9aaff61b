/** JSON that Postgres can read into text: no NUL, which it cannot store, and no half of a surrogate pair. */
export function jsonForPostgres(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\0', '\uFFFD').toWellFormed() : item,
  );
}
