import { printQueryField, type Facets, type Histogram, type RangeQuery } from '@xray/core';
import type { Store } from '../store/store.js';
import { bucketWidthOf } from './bucket-width.js';
import { conditionOf, readFilter } from './filter.js';
import { FIRST_INSTANT_MS, rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

/** In the order in which facets are shown. */
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
/** Names of versions with facets of their own. */
const MAX_VERSIONS = 10;
const MAX_SERIES = 30;

export async function readFacets(
  store: Store,
  app: string,
  query: RangeQuery & { values: number },
  now: number,
): Promise<Facets> {
  const filter = readFilter(query);
  const { from, to } = rangeOf(query, filter, now);
  const rows = await narrowed(filter, query, () =>
    store.countFacets({ app, where: conditionOf(filter, now), from, to, values: query.values }),
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
    from: from.toISOString(),
    to: to.toISOString(),
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

export async function readHistogram(
  store: Store,
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
  const rows = await narrowed(filter, query, () =>
    store.countByTime({
      app,
      where: conditionOf(filter, now),
      from: new Date(start),
      to: range.to,
      by,
      bucketMs,
    }),
  );
  const buckets = Math.ceil((range.to.getTime() - start) / bucketMs);
  const series = new Map<
    string | null,
    { value: string | null; counts: number[]; total: number }
  >();
  let total = 0;
  for (const { bucket, value, count } of rows) {
    const own = series.get(value) ?? {
      value,
      counts: Array.from({ length: buckets }, () => 0),
      total: 0,
    };
    own.counts[(bucket.getTime() - start) / bucketMs] = count;
    own.total += count;
    total += count;
    series.set(value, own);
  }
  return {
    from: new Date(start).toISOString(),
    to: range.to.toISOString(),
    by,
    bucketMs,
    total,
    series: [...series.values()]
      .toSorted((a, b) => b.total - a.total)
      .slice(0, MAX_SERIES)
      .map(({ value, counts }) => ({ value, counts })),
  };
}
