import { queryOptions } from '@tanstack/react-query';
import { getMe } from './access-api';
import {
  ApiError,
  getComparison,
  getConfig,
  getExecution,
  getExplanation,
  getStep,
  getWholeExecution,
  listApps,
  listExecutions,
  listPipelines,
} from './api-client';

const DAY_MS = 86_400_000;
export const WAITING_POLL_MS = 2_000;

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: ({ signal }) => getConfig(signal),
  staleTime: Infinity,
});

/**
 * The signed-in user. If nobody is signed in, this is a 401 error, as for all queries within the
 * frame.
 */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await getMe(signal);
    if (me === null)
      throw new ApiError(401, { code: 'unauthorized', message: 'Sign in to do this.' });
    return me;
  },
  staleTime: 60_000,
});

/** The signed-in user or null, for the sign-in pages. */
export const visitorQuery = queryOptions({
  queryKey: ['visitor'],
  queryFn: ({ signal }) => getMe(signal),
});

export const appsQuery = queryOptions({
  queryKey: ['apps'],
  queryFn: ({ signal }) => listApps(signal),
  refetchInterval: (query) => (query.state.data?.items.length === 0 ? WAITING_POLL_MS : false),
});

/** The default range of an app's pipelines. Counting all time takes seconds. */
export const PIPELINES_DAYS = 30;

export const pipelinesQuery = (app: string) =>
  queryOptions({
    queryKey: ['pipelines', app],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - PIPELINES_DAYS * DAY_MS).toISOString();
      return listPipelines(app, { from, to: null }, signal);
    },
    staleTime: 60_000,
  });

/** The latest executions of all time. Polls until there is one. */
export const recentExecutionsQuery = (app: string, limit: number) =>
  queryOptions({
    queryKey: ['recent', app, limit],
    queryFn: ({ signal }) => listExecutions(app, { limit }, signal),
    refetchInterval: (query) => (query.state.data?.items.length === 0 ? WAITING_POLL_MS : false),
  });

/** One execution without payloads. Polls while it runs. */
export const executionQuery = (app: string, executionId: string) =>
  queryOptions({
    queryKey: ['execution', app, executionId],
    queryFn: ({ signal }) => getExecution(app, executionId, signal),
    gcTime: 60_000,
    refetchInterval: (query) => {
      const data = query.state.data;
      return data?.snapshot.status === 'running' && !data.server.stale ? WAITING_POLL_MS : false;
    },
  });

/** `revision` is in the key: a running execution's newer flush has new payloads. */
export const stepQuery = (app: string, executionId: string, index: number, revision: number) =>
  queryOptions({
    queryKey: ['step', app, executionId, index, revision],
    queryFn: ({ signal }) => getStep(app, executionId, index, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });

export const wholeExecutionQuery = (app: string, executionId: string, revision: number) =>
  queryOptions({
    queryKey: ['whole-execution', app, executionId, revision],
    queryFn: ({ signal }) => getWholeExecution(app, executionId, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });

export const explanationQuery = (app: string, executionId: string, revision: number) =>
  queryOptions({
    queryKey: ['explanation', app, executionId, revision],
    queryFn: ({ signal }) => getExplanation(app, executionId, signal),
    staleTime: Infinity,
  });

const NEIGHBOURS = 50;

/** Executions of one pipeline around a time: `before` newest first, `after` oldest first. */
export const neighboursQuery = (app: string, pipeline: string, at: string) =>
  queryOptions({
    queryKey: ['neighbours', app, pipeline, at],
    queryFn: async ({ signal }) => {
      const [before, after] = await Promise.all([
        listExecutions(app, { pipeline, to: at, limit: NEIGHBOURS }, signal),
        listExecutions(app, { pipeline, from: at, sort: 'at', limit: NEIGHBOURS }, signal),
      ]);
      return { before: before.items, after: after.items };
    },
  });

export const comparisonQuery = (app: string, a: string, b: string) =>
  queryOptions({
    queryKey: ['comparison', app, a, b],
    queryFn: ({ signal }) => getComparison(app, a, b, signal),
  });
