import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

/** A filter (the language of query.ts) within a time range by `at`: `from` belongs to it, `to` does not. */
export const rangeQuerySchema = z.object({
  q: z.string().max(2_000).optional(),
  from: instant.optional(),
  to: instant.optional(),
});
export type RangeQuery = z.infer<typeof rangeQuerySchema>;

/**
 * The range that was looked at. Where neither the question nor its filter (`started:`) names an end, that
 * is now, and the beginning seven days before it.
 */
const rangeSchema = z.object({ from: z.string(), to: z.string() });

/** A step of a record: `index` is its place in `steps`, `sequence` its order. */
export const stepPlaceSchema = z.object({ index: z.int(), sequence: z.int(), name: z.string() });

/** Where a searched word or value occurs in a record. */
export const searchMatchSchema = z.object({
  /** Null for the execution's own fields. */
  step: stepPlaceSchema.nullable(),
  /** `input`, `output`, `reasoning`, `error`, `metadata`, `candidates`, … */
  field: z.string(),
  /** JSON Pointer into the snapshot. */
  path: z.string(),
  /** Some of the text around it, at most 160 UTF-16 code units. */
  snippet: z.string(),
  /** [start, end) of what matched, in UTF-16 code units of `snippet`. */
  ranges: z.array(z.tuple([z.int(), z.int()])),
});
export type SearchMatch = z.infer<typeof searchMatchSchema>;

/**
 * Records that a search did not look into, by when they were received: the index is behind and there are
 * too many to read one by one.
 */
export const notSearchedSchema = z.object({
  from: z.string(),
  to: z.string(),
  executions: z.int(),
});
export type NotSearched = z.infer<typeof notSearchedSchema>;

/**
 * Set if a search found too many executions to count, or took too long. The counts are then of the newest
 * `executions`: all that the search finds from `since` on.
 */
export const countedSchema = z.object({ executions: z.int(), since: z.string() });
export type Counted = z.infer<typeof countedSchema>;

const countsSchema = rangeSchema.extend({
  /** Only with a search: what it could not look into yet. */
  notSearched: notSearchedSchema.nullable().optional(),
  /** Null where everything was counted, as it always is without a search. */
  counted: countedSchema.nullable().optional(),
});

export const facetsQuerySchema = rangeQuerySchema.extend({
  /** Values of each field, at most. */
  values: z.coerce.number().int().min(1).max(100).default(10),
});

/** How often each value occurs in the executions found, most frequent first. Fields without values are left out. */
export const facetsSchema = countsSchema.extend({
  total: z.int(),
  items: z.array(
    z.object({
      /** The field by its name in the filter language: `outcome`, `version.ruleset`, … */
      field: z.string(),
      values: z.array(z.object({ value: z.string(), count: z.int() })),
      /** Distinct values beyond those listed. */
      more: z.int(),
    }),
  ),
});
export type Facets = z.infer<typeof facetsSchema>;

/** Versions that came up in the range, the newest first. What ran already when the range began is not listed. */
export const releasesSchema = countsSchema.extend({
  items: z.array(
    z.object({
      pipeline: z.string(),
      /** A key of `versions`: `code`, `ruleset`, … */
      name: z.string(),
      version: z.string(),
      firstAt: z.string(),
      executions: z.int(),
      /** The version of that name that the pipeline began to run just before. */
      previous: z.string(),
    }),
  ),
});
export type Releases = z.infer<typeof releasesSchema>;

export const HISTOGRAM_BY = ['outcome', 'status'] as const;
export const histogramQuerySchema = rangeQuerySchema.extend({
  by: z.enum(HISTOGRAM_BY).default('outcome'),
  /** About how many buckets; their width is then a round one. */
  buckets: z.coerce.number().int().min(1).max(400).default(60),
});

/**
 * Executions by time: bucket `i` starts at `from` + i × `bucketMs`, with `from` at a multiple of it. The first
 * bucket may begin before the range; only executions of the range are counted. Each
 * series has as many counts as there are buckets. At most 30 series, the most frequent first; what has
 * another outcome is in `total` alone.
 */
export const histogramSchema = countsSchema.extend({
  by: z.enum(HISTOGRAM_BY),
  bucketMs: z.int(),
  total: z.int(),
  series: z.array(z.object({ value: z.string().nullable(), counts: z.array(z.int()) })),
});
export type Histogram = z.infer<typeof histogramSchema>;
