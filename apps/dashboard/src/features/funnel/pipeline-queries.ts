import { queryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import type { TimeRange } from '@/components/time-range/time-range';
import { getFunnel, getPipelineOverview, listPipelines } from '@/lib/api-client';

export const pipelinesWithinQuery = (app: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['pipelines-within', app, range],
    queryFn: ({ signal }) => listPipelines(app, questionBounds(range, Date.now()), signal),
  });

export const overviewQuery = (app: string, pipeline: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['pipeline-overview', app, pipeline, range],
    queryFn: ({ signal }) =>
      getPipelineOverview(app, pipeline, questionBounds(range, Date.now()), signal),
  });

export const funnelQuery = (app: string, pipeline: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['funnel', app, pipeline, range],
    queryFn: ({ signal }) => getFunnel(app, pipeline, questionBounds(range, Date.now()), signal),
  });
