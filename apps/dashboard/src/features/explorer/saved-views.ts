import type { ViewParams } from '@xray/core';
import { queryOptions } from '@tanstack/react-query';
import { listViews } from '@/lib/views-api';

/** The address parameters that a view stores. The peek and the live state are not among them. */
const VIEW_PARAMS = [
  'q',
  'from',
  'to',
  'sort',
  'cols',
  'by',
] as const satisfies readonly (keyof ViewParams)[];

/** The app's views that are visible to the person. */
export const viewsQuery = (app: string) =>
  queryOptions({
    queryKey: ['views', app],
    queryFn: ({ signal }) => listViews(app, signal),
    staleTime: 60_000,
  });

/** The view parameters in an address. */
export function viewParams(search: string): ViewParams {
  const given = new URLSearchParams(search);
  const kept: ViewParams = {};
  for (const name of VIEW_PARAMS) {
    const value = given.get(name);
    if (value !== null && value !== '') kept[name] = value;
  }
  return kept;
}

export function isSameView(one: ViewParams, other: ViewParams): boolean {
  return VIEW_PARAMS.every((name) => (one[name] ?? '') === (other[name] ?? ''));
}

/** The address of a view. Stored parameters name no page and no app, so they cannot lead elsewhere. */
export function viewHref(app: string, params: ViewParams): string {
  const query = new URLSearchParams({ app });
  for (const name of VIEW_PARAMS) {
    const value = params[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return `/executions?${query}`;
}
