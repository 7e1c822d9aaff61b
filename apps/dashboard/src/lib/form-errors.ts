import { ApiError } from './api-client';

/** The server's errors by field name, and the error of the whole form. */
export interface FormErrors {
  fields: Record<string, string>;
  whole: string | null;
}

/**
 * The server writes `path: message; path: message` and lists the paths. A field's name is the last part of its
 * path. Other errors belong to the whole form.
 */
export function formErrors(error: unknown, names: readonly string[]): FormErrors {
  if (error === null || error === undefined) return { fields: {}, whole: null };
  const message = error instanceof Error ? error.message : 'An unexpected error occurred.';
  if (!(error instanceof ApiError)) return { fields: {}, whole: message };
  const fields: Record<string, string> = {};
  let rest = message;
  for (const { path } of error.details) {
    const name = path.split('.').find((part) => names.includes(part));
    const start = rest.indexOf(`${path}: `);
    if (name === undefined || start < 0) continue;
    const end = rest.indexOf('; ', start);
    const fieldMessage = rest.slice(start + path.length + 2, end < 0 ? undefined : end);
    fields[name] ??= fieldMessage;
    rest = rest.slice(0, start) + (end < 0 ? '' : rest.slice(end + 2));
  }
  rest = rest.replace(/; $/, '').trim();
  return { fields, whole: rest === '' ? null : rest };
}
