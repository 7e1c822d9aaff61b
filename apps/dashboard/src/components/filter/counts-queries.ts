import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Histogram } from '@xray/core';
import { boundsOf, type TimeRange } from '@/components/time-range/time-range';
import { getFacets, getHistogram } from '@/lib/api-client';

/**
 * Counts of the values of each field in the results of a filter. The old counts stay while new ones load.
 * Without a start they cover the last seven days.
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
