import { changesOf } from '@xray/core/history-changes';
import { allOf, parseQuery, printQuery } from '@xray/core/query';
import { queryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import { relativeMs, type TimeBounds, type TimeRange } from '@/components/time-range/time-range';
import { getCohorts, getFacets, getReleases, getRuleHistory } from '@/lib/api-client';

/** One of the two groups in the address. */
export interface CohortChoice {
  q: string;
  range: TimeRange;
}

/** A range with a fixed end instead of a relative one. */
export function anchored({ from, to }: TimeRange, nowMs: number): TimeRange {
  const toBackMs = to === null ? null : relativeMs(to);
  if (toBackMs === null) return { from, to };
  const fromBackMs = from === null ? null : relativeMs(from);
  return {
    from: fromBackMs === null ? from : new Date(nowMs - fromBackMs).toISOString(),
    to: new Date(nowMs - toBackMs).toISOString(),
  };
}

export function cohortBounds({ range }: CohortChoice, nowMs: number): TimeBounds {
  return questionBounds(anchored(range, nowMs), nowMs);
}

/** Combines two filters. Invalid texts are joined as they are, so that the server reports them. */
export function bothFilters(q: string, term: string): string {
  const [query, added] = [parseQuery(q), parseQuery(term)];
  return query.ok && added.ok
    ? printQuery(allOf([query.query, added.query]))
    : [q, term].filter(Boolean).join(' ');
}

export const cohortsQuery = (
  app: string,
  a: CohortChoice,
  b: CohortChoice,
  outcome: string | null,
) =>
  queryOptions({
    queryKey: ['cohorts', app, a, b, outcome],
    queryFn: ({ signal }) => {
      const nowMs = Date.now();
      const [of, against] = [cohortBounds(a, nowMs), cohortBounds(b, nowMs)];
      return getCohorts(
        app,
        {
          a: a.q,
          b: b.q,
          aFrom: of.from,
          aTo: of.to,
          bFrom: against.from,
          bTo: against.to,
          outcome,
        },
        signal,
      );
    },
  });

/** The range of suggested values. */
export const RECENTLY: TimeRange = { from: '-30d', to: null };

/** The recent values and releases of a filter's executions, to compare with each other. */
export const recentValuesQuery = (app: string, q: string) =>
  queryOptions({
    queryKey: ['cohort-values', app, q],
    queryFn: async ({ signal }) => {
      const params = { q, ...questionBounds(RECENTLY, Date.now()) };
      const [facets, releases] = await Promise.all([
        getFacets(app, params, signal),
        getReleases(app, params, signal),
      ]);
      return { facets, releases };
    },
  });

/** The newest rule change of each pipeline. Pipelines without a change are left out. */
export const newestChangesQuery = (app: string, q: string, pipelines: readonly string[]) =>
  queryOptions({
    queryKey: ['newest-rule-changes', app, q, pipelines],
    queryFn: async ({ signal }) => {
      const params = { q, ...questionBounds(RECENTLY, Date.now()) };
      const found = await Promise.all(
        pipelines.map(async (pipeline) => {
          const history = await getRuleHistory(app, pipeline, params, signal);
          const change = changesOf(history).find(({ rule }) => rule !== null);
          return change === undefined ? [] : [{ pipeline, change }];
        }),
      );
      return found.flat();
    },
  });
