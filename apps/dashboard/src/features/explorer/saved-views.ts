import type { ViewParams } from '@xray/core';
import { queryOptions } from '@tanstack/react-query';
import { listViews } from '@/lib/views-api';

/** What makes a view; who looks at what in it, and whether it is live, does not. */
const VIEW_PARAMS = [
  'q',
  'from',
  'to',
  'sort',
  'cols',
  'by',
] as const satisfies readonly (keyof ViewParams)[];

/** The app's views that the person may see. */
export const viewsQuery = (app: string) =>
  queryOptions({
    queryKey: ['views', app],
    queryFn: ({ signal }) => listViews(app, signal),
    staleTime: 60_000,
  });

/** The view that an address shows. */
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

/** Where a view is looked at. What was kept names no page and no app, so it can lead nowhere else. */
export function viewHref(app: string, params: ViewParams): string {
  const query = new URLSearchParams({ app });
  for (const name of VIEW_PARAMS) {
    const value = params[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return `/executions?${query}`;
}
