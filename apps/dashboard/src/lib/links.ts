/** Addresses of the pages. An export has no dynamic segments: what is shown is in the query. */
export function executionsHref(app: string, filter: Record<string, string | null> = {}): string {
  return `/executions?${query({ app, ...filter })}`;
}

export function executionHref(app: string, id: string, step?: number | null): string {
  return `/execution?${query({ app, id, step: typeof step === 'number' ? String(step) : null })}`;
}

export function settingsHref(tab: string, app: string | null = null): string {
  return `/settings?${query({ app, tab })}`;
}

function query(params: Record<string, string | null>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== null) search.set(key, value);
  return search.toString();
}
