import { DomainError } from './errors.js';

/** Postgres can store neither U+0000 nor unpaired surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** The text without the characters that cannot be stored. */
export function toStorable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/**
 * Refuses a parsed JSON body with a value or a name that cannot be stored.
 *
 * @throws DomainError invalid, which names the field.
 */
export function checkTexts(body: unknown): void {
  // This is not recursive, because a body may be nested very deeply.
  const rest: { path: string; value: unknown }[] = [{ path: '', value: body }];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    const { path, value } = item;
    if (typeof value === 'string' && !isStorable(value)) throw refusal(path);
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      if (!isStorable(name)) throw refusal(path);
      rest.push({ path: path === '' ? name : `${path}.${name}`, value: member });
    }
  }
}

function refusal(path: string): DomainError {
  const where = path === '' ? 'The request body' : path;
  return new DomainError(
    'invalid',
    `${where}: a text must not contain U+0000 or half of a surrogate pair.`,
    [{ path, code: 'invalid_text' }],
  );
}
