import {
  FIRST_INSTANT_MS,
  printQueryField,
  type Facets,
  type Histogram,
  type RangeQuery,
  type Releases,
} from '@xray/core';
import type { Search } from '../search/search.js';
import type { Store } from '../store/store.js';
import { bucketWidthOf } from './bucket-width.js';
import { readFilter } from './filter.js';
import { notSearchedOf } from './histories.js';
import { conditionOfCounted } from './narrow.js';
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

/** Where counts come from. */
interface Sources {
  store: Store;
  search: Search;
}

export async function readFacets(
  { store, search }: Sources,
  app: string,
  query: RangeQuery & { values: number },
  now: number,
): Promise<Facets> {
  const filter = readFilter(query);
  const scope = { app, ...rangeOf(query, filter, now) };
  const { rows, left, counted } = await narrowed(filter, query, async () => {
    const { where, alike, ...rest } = await conditionOfCounted(search, scope, filter, now);
    return {
      ...rest,
      rows: await store.countFacets({ ...scope, where, alike, values: query.values }),
    };
  });
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
    notSearched: notSearchedOf(left),
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
  { store, search }: Sources,
  app: string,
  query: RangeQuery,
  now: number,
): Promise<Releases> {
  const filter = readFilter(query);
  const scope = { app, ...rangeOf(query, filter, now) };
  const newFromMs = scope.from.getTime() + (scope.to.getTime() - scope.from.getTime()) * OLD_SHARE;
  const { items, left, counted } = await narrowed(filter, query, async () => {
    const { where, alike, ...rest } = await conditionOfCounted(search, scope, filter, now);
    return { ...rest, items: await store.listReleases({ ...scope, where, alike, newFromMs }) };
  });
  return {
    from: scope.from.toISOString(),
    to: scope.to.toISOString(),
    notSearched: notSearchedOf(left),
    counted,
    items,
  };
}

export async function readHistogram(
  { store, search }: Sources,
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
  const scope = { app, ...range };
  const origin = new Date(start);
  const { rows, left, counted } = await narrowed(filter, query, async () => {
    const { where, alike, ...rest } = await conditionOfCounted(search, scope, filter, now);
    return {
      ...rest,
      rows: await store.countByTime({ ...scope, where, alike, by, bucketMs, origin }),
    };
  });
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
    notSearched: notSearchedOf(left),
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
