import { queryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import type { TimeRange } from '@/components/time-range/time-range';
import {
  getFacets,
  getFunnel,
  getPipelineOverview,
  getRuleHistory,
  listPipelines,
  simulate,
} from '@/lib/api-client';
import { filterOf, wholeFilter, type PipelineQuestion } from './question';

export const pipelinesWithinQuery = (app: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['pipelines-within', app, range],
    queryFn: ({ signal }) => listPipelines(app, questionBounds(range, Date.now()), signal),
  });

const paramsOf = (question: PipelineQuestion) => {
  const q = filterOf(question);
  return { ...questionBounds(question.range, Date.now()), ...(q !== '' && { q }) };
};

export const overviewQuery = (app: string, pipeline: string, question: PipelineQuestion) =>
  queryOptions({
    queryKey: ['pipeline-overview', app, pipeline, question],
    queryFn: ({ signal }) => getPipelineOverview(app, pipeline, paramsOf(question), signal),
  });

export const funnelQuery = (app: string, pipeline: string, question: PipelineQuestion) =>
  queryOptions({
    queryKey: ['funnel', app, pipeline, question],
    queryFn: ({ signal }) => getFunnel(app, pipeline, paramsOf(question), signal),
  });

export const rulesQuery = (app: string, pipeline: string, question: PipelineQuestion) =>
  queryOptions({
    queryKey: ['pipeline-rules', app, pipeline, question],
    queryFn: ({ signal }) => getRuleHistory(app, pipeline, paramsOf(question), signal),
  });

/** What another threshold would have decided, from the records alone. */
export const simulationQuery = (
  app: string,
  { q, set, range }: { q: string; set: string; range: TimeRange },
) =>
  queryOptions({
    queryKey: ['simulation', app, q, set, range],
    queryFn: ({ signal }) =>
      simulate(app, { q, set, ...questionBounds(range, Date.now()) }, signal),
    staleTime: 60_000,
  });

/** The environments in which a pipeline ran, the most frequent first. */
export const environmentsQuery = (app: string, pipeline: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['pipeline-environments', app, pipeline, range],
    queryFn: async ({ signal }) => {
      const q = wholeFilter(pipeline, { range, q: '', environment: null });
      const params = { q, ...questionBounds(range, Date.now()), values: 20 };
      const { items } = await getFacets(app, params, signal);
      const values = items.find(({ field }) => field === 'env')?.values ?? [];
      return values.map(({ value }) => value);
    },
  });
