import { printQueryValue } from '@xray/core/query';

/** Addresses of the pages. An export has no dynamic segments: what is shown is in the query. */

/** The list, kept to the values given by field of the filter language; null or absent does not filter. */
export function executionsHref(app: string, filter: Record<string, string | null> = {}): string {
  const terms = Object.entries(filter).flatMap(([field, value]) =>
    value === null ? [] : [`${field}:${printQueryValue(value)}`],
  );
  return `/executions?${query({ app, q: terms.length === 0 ? null : terms.join(' ') })}`;
}

/** `step`: its sequence, or `explain` for the account of the decision. */
export function executionHref(
  app: string,
  id: string,
  step: number | 'explain' | null = null,
): string {
  return `/execution?${query({ app, id, step: step === null ? null : String(step) })}`;
}

/** Two executions beside each other; without one of them the page asks for it. */
export function compareHref(app: string, a: string | null = null, b: string | null = null): string {
  return `/compare?${query({ app, a, b })}`;
}

export function settingsHref(tab: string, app: string | null = null): string {
  return `/settings?${query({ app, tab })}`;
}

function query(params: Record<string, string | null>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== null) search.set(key, value);
  return search.toString();
}
