import type { ViewParams } from '@xray/core';
import { queryOptions } from '@tanstack/react-query';
import { listViews } from '@/lib/views-api';

/** The address parameters that a view stores. The peek and the live state are not among them. */
const LIST_PARAMS = [
  'q',
  'from',
  'to',
  'sort',
  'cols',
  'by',
] as const satisfies readonly (keyof ViewParams)[];
const GROUP_PARAMS = [
  'qa',
  'aFrom',
  'aTo',
  'qb',
  'bFrom',
  'bTo',
  'outcome',
] as const satisfies readonly (keyof ViewParams)[];

/** Whether a view compares two groups. Their filters can be empty. */
export function isGroupsView({ qa, qb }: ViewParams): boolean {
  return qa !== undefined || qb !== undefined;
}

function namesOf(params: ViewParams): readonly (keyof ViewParams)[] {
  return isGroupsView(params) ? GROUP_PARAMS : LIST_PARAMS;
}

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
  const isGroups = given.has('qa') || given.has('qb');
  const kept: ViewParams = isGroups ? { qa: given.get('qa') ?? '', qb: given.get('qb') ?? '' } : {};
  for (const name of namesOf(kept)) {
    const value = given.get(name);
    if (value !== null && value !== '') kept[name] = value;
  }
  return kept;
}

export function isSameView(one: ViewParams, other: ViewParams): boolean {
  return (
    isGroupsView(one) === isGroupsView(other) &&
    namesOf(one).every((name) => (one[name] ?? '') === (other[name] ?? ''))
  );
}

/** The address of a view. Stored parameters name no page and no app, so they cannot lead elsewhere. */
export function viewHref(app: string, params: ViewParams): string {
  const isGroups = isGroupsView(params);
  // An address with empty filters still names two groups.
  const query = new URLSearchParams(isGroups ? { app, qa: '', qb: '' } : { app });
  for (const name of namesOf(params)) {
    const value = params[name];
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return `${isGroups ? '/compare' : '/executions'}?${query}`;
}
