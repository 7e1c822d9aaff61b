import {
  FIRST_INSTANT_MS,
  printQueryField,
  type Facets,
  type Histogram,
  type RangeQuery,
  type Releases,
} from '@xray/core';
import type { ExecutionStore } from '../store/execution-store.js';
import { bucketWidthOf } from './bucket-width.js';
import { readFilter } from './filter.js';
import { rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

/** The fields in the order in which facets are shown. */
const FACETS = [
  'outcome',
  'status',
  'pipeline',
  'env',
  'reason',
  'decisive',
  'rule',
  'error',
  'tag',
];
/** At most this many version names have a facet of their own. */
const MAX_VERSIONS = 10;
const MAX_SERIES = 30;

export async function readFacets(
  store: ExecutionStore,
  app: string,
  query: RangeQuery & { values: number },
  now: number,
): Promise<Facets> {
  const filter = readFilter(query);
  const scope = { app, filter, nowMs: now, ...rangeOf(query, filter, now) };
  const { rows, notSearched, counted } = await narrowed(filter, query, () =>
    store.countFacets({ ...scope, values: query.values }),
  );
  const items = new Map<string, Facets['items'][number]>();
  for (const row of rows) {
    if (row.field === '') continue;
    const field = printQueryField(row.field, row.key);
    const item = items.get(field) ?? { field, values: [], more: row.distinctValues };
    item.values.push({ value: row.value, count: row.count });
    item.more--;
    items.set(field, item);
  }
  const versions = [...items.values()].filter(({ field }) => field.startsWith('version.'));
  return {
    from: scope.from.toISOString(),
    to: scope.to.toISOString(),
    notSearched,
    counted,
    total: rows.find(({ field }) => field === '')?.count ?? 0,
    items: [
      ...FACETS.flatMap((field) => items.get(field) ?? []),
      ...versions.toSorted((a, b) => sumOf(b) - sumOf(a)).slice(0, MAX_VERSIONS),
    ],
  };
}

function sumOf({ values }: Facets['items'][number]): number {
  return values.reduce((sum, { count }) => sum + count, 0);
}

/** A version first seen in this first part of the range may be older than the range. */
const OLD_SHARE = 1 / 60;

export async function readReleases(
  store: ExecutionStore,
  app: string,
  query: RangeQuery,
  now: number,
): Promise<Releases> {
  const filter = readFilter(query);
  const scope = { app, filter, nowMs: now, ...rangeOf(query, filter, now) };
  const newFromMs = scope.from.getTime() + (scope.to.getTime() - scope.from.getTime()) * OLD_SHARE;
  const { rows, notSearched, counted } = await narrowed(filter, query, () =>
    store.listReleases({ ...scope, newFromMs }),
  );
  return {
    from: scope.from.toISOString(),
    to: scope.to.toISOString(),
    notSearched,
    counted,
    items: rows,
  };
}

export async function readHistogram(
  store: ExecutionStore,
  app: string,
  query: RangeQuery & { by: 'outcome' | 'status'; buckets: number },
  now: number,
): Promise<Histogram> {
  const filter = readFilter(query);
  const range = rangeOf(query, filter, now);
  const bucketMs = bucketWidthOf(range.to.getTime() - range.from.getTime(), query.buckets);
  const aligned = Math.floor(range.from.getTime() / bucketMs) * bucketMs;
  const start = Math.max(aligned, FIRST_INSTANT_MS);
  const { by } = query;
  const scope = { app, filter, nowMs: now, ...range };
  const origin = new Date(start);
  const { rows, notSearched, counted } = await narrowed(filter, query, () =>
    store.countByTime({ ...scope, by, bucketMs, origin }),
  );
  const buckets = Math.ceil((range.to.getTime() - start) / bucketMs);
  const series = new Map<
    string | null,
    { value: string | null; counts: number[]; total: number }
  >();
  let total = 0;
  for (const { bucket, value, count } of rows) {
    const valueSeries = series.get(value) ?? {
      value,
      counts: Array.from({ length: buckets }, () => 0),
      total: 0,
    };
    valueSeries.counts[(bucket.getTime() - start) / bucketMs] = count;
    valueSeries.total += count;
    total += count;
    series.set(value, valueSeries);
  }
  const ordered = [...series.values()].toSorted((a, b) => b.total - a.total);
  const rest = ordered.slice(MAX_SERIES);
  return {
    from: origin.toISOString(),
    to: range.to.toISOString(),
    notSearched,
    counted,
    by,
    bucketMs,
    total,
    series: ordered.slice(0, MAX_SERIES).map(({ value, counts }) => ({ value, counts })),
    others:
      rest.length === 0
        ? null
        : {
            values: rest.length,
            counts: Array.from({ length: buckets }, (_, at) =>
              rest.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0),
            ),
          },
  };
}
