import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Histogram } from '@xray/core';
import { boundsOf, type TimeRange } from '@/components/time-range/time-range';
import { getFacets, getHistogram } from '@/lib/api-client';

/**
 * Counts of what a filter finds, with at most so many values of a field; those of the filter before stay
 * until they are there. Without a beginning they are of the last seven days.
 */
export const facetsQuery = (app: string, q: string, range: TimeRange, values: number) =>
  queryOptions({
    queryKey: ['facets', app, q, range, values],
    queryFn: ({ signal }) => getFacets(app, { q, ...boundsOf(range, Date.now()), values }, signal),
    placeholderData: keepPreviousData,
  });

export const histogramQuery = (
  app: string,
  q: string,
  range: TimeRange,
  by: Histogram['by'],
  buckets: number,
) =>
  queryOptions({
    queryKey: ['histogram', app, q, range, by, buckets],
    queryFn: ({ signal }) =>
      getHistogram(app, { q, ...boundsOf(range, Date.now()), by, buckets }, signal),
    placeholderData: keepPreviousData,
  });
