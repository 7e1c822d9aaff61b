import type { ReplayResultPage, ReplayRun, ReplayRunList, ReplayVerdict } from '@xray/core';
import { pathSegment } from '@xray/core/path-segment';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { appPath, getJson } from './api-client';

const PAGE = 50;

/** Which executions of a run are shown. An empty outcome is no outcome, and null does not filter. */
export interface ResultFilter {
  verdict: ReplayVerdict | null;
  was: string | null;
  is: string | null;
  cause: string | null;
  why: string | null;
}

export const replaysQuery = (app: string) =>
  infiniteQueryOptions({
    queryKey: ['replays', app],
    queryFn: ({ pageParam, signal }) =>
      getJson<ReplayRunList>(`${appPath(app)}/replays`, { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** A run polls until it is finished. */
export const replayQuery = (app: string, run: string) =>
  queryOptions({
    queryKey: ['replay', app, run],
    queryFn: ({ signal }) =>
      getJson<ReplayRun>(`${appPath(app)}/replays/${pathSegment(run)}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? 3_000 : false),
  });

export const replayResultsQuery = (app: string, run: string, filter: ResultFilter) =>
  infiniteQueryOptions({
    queryKey: ['replay-results', app, run, filter],
    queryFn: ({ pageParam, signal }) => {
      const given = Object.entries({ ...filter, cursor: pageParam, limit: String(PAGE) });
      const present = given.filter((entry): entry is [string, string] => entry[1] !== null);
      const query = new URLSearchParams(present);
      return getJson<ReplayResultPage>(
        `${appPath(app)}/replays/${pathSegment(run)}/results?${query}`,
        {},
        signal,
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
