import { z } from 'zod';
import { wholeNumber } from './whole-number.js';
import { tableQuerySchema } from './csv.js';

const instant = z.iso.datetime({ offset: true });

/** A filter (see query.ts) and a time range on `at`. `from` is inclusive, `to` exclusive. */
export const rangeQuerySchema = z.object({
  q: z.string().max(2_000).optional(),
  from: instant.optional(),
  to: instant.optional(),
});
export type RangeQuery = z.infer<typeof rangeQuerySchema>;

/**
 * The range that was searched. If neither the request nor the filter (`started:`) names an end, it ends
 * now. The default start is seven days before the end.
 */
const rangeSchema = z.object({ from: z.string(), to: z.string() });

/** A step of a record: `index` is its place in `steps`, `sequence` its order. */
export const stepPlaceSchema = z.object({ index: z.int(), sequence: z.int(), name: z.string() });

/** The place of a searched word or value in a record. */
export const searchMatchSchema = z.object({
  /** The step, or null for the execution's own fields. */
  step: stepPlaceSchema.nullable(),
  /** `input`, `output`, `reasoning`, `error`, `metadata`, `candidates`, … */
  field: z.string(),
  /** JSON Pointer into the snapshot. */
  path: z.string(),
  /** The text around the match, at most 160 UTF-16 code units. */
  snippet: z.string(),
  /** [start, end) of each match, in UTF-16 code units of `snippet`. */
  ranges: z.array(z.tuple([z.int(), z.int()])),
});
export type SearchMatch = z.infer<typeof searchMatchSchema>;

/**
 * Records that a search left out, as a range of their receipt. The index is behind, and there are too many
 * to read one by one.
 */
export const notSearchedSchema = z.object({
  from: z.string(),
  to: z.string(),
  executions: z.int(),
});
export type NotSearched = z.infer<typeof notSearchedSchema>;

/**
 * Set if a search found too many executions to count, or took too long. The counts then cover the newest
 * `executions`, which are all results since `since`.
 */
export const countedSchema = z.object({ executions: z.int(), since: z.string() });
export type Counted = z.infer<typeof countedSchema>;

const countsSchema = rangeSchema.extend({
  /** Records that the search could not look into yet. Only with a search. */
  notSearched: notSearchedSchema.nullable().optional(),
  /** Null if everything was counted. Without a search that is always so. */
  counted: countedSchema.nullable().optional(),
});

export const facetsQuerySchema = rangeQuerySchema.extend({
  /** The maximum number of values per field. */
  values: wholeNumber(1, 100).default(10),
  ...tableQuerySchema.shape,
});

/**
 * Counts each value in the executions found, the most frequent first. Fields without values are left out.
 */
export const facetsSchema = countsSchema.extend({
  total: z.int(),
  items: z.array(
    z.object({
      /** The field's name in the filter language: `outcome`, `version.ruleset`, … */
      field: z.string(),
      values: z.array(z.object({ value: z.string(), count: z.int() })),
      /** The number of further distinct values. */
      more: z.int(),
    }),
  ),
});
export type Facets = z.infer<typeof facetsSchema>;

/**
 * Versions that first ran within the range, the newest first. Versions that already ran before the range
 * are not listed.
 */
export const releasesSchema = countsSchema.extend({
  items: z.array(
    z.object({
      pipeline: z.string(),
      /** A key of `versions`: `code`, `ruleset`, … */
      name: z.string(),
      version: z.string(),
      firstAt: z.string(),
      executions: z.int(),
      /** The version of the same name that the pipeline ran before this one. */
      previous: z.string(),
    }),
  ),
});
export type Releases = z.infer<typeof releasesSchema>;

export const HISTOGRAM_BY = ['outcome', 'status'] as const;
export const histogramQuerySchema = rangeQuerySchema.extend({
  by: z.enum(HISTOGRAM_BY).default('outcome'),
  /** The approximate number of buckets. The server rounds the width of a bucket. */
  buckets: wholeNumber(1, 400).default(60),
});

/**
 * Executions over time. Bucket `i` starts at `from` + i × `bucketMs`, and `from` is a multiple of
 * `bucketMs`. The first bucket may begin before the range, but only executions in the range are counted.
 * Each series has one count per bucket. There are at most 30 series, the most frequent first. `others` counts the
 * remaining values together, and is null if there are none.
 */
export const histogramSchema = countsSchema.extend({
  by: z.enum(HISTOGRAM_BY),
  bucketMs: z.int(),
  total: z.int(),
  series: z.array(z.object({ value: z.string().nullable(), counts: z.array(z.int()) })),
  others: z.object({ values: z.int(), counts: z.array(z.int()) }).nullable(),
});
export type Histogram = z.infer<typeof histogramSchema>;
