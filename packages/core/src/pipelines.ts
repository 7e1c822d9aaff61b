import { z } from 'zod';

const count = z.int();
const text = z.string().nullable();
const ms = z.number().nullable();

const instant = z.iso.datetime({ offset: true });

export const pipelineListQuerySchema = z.object({
  from: instant.optional(),
  to: instant.optional(),
});

export type PipelineListQuery = z.infer<typeof pipelineListQuerySchema>;

/** The pipelines of an app by name, with counts of the given range. A null end means no bound. */
export const pipelineListSchema = z.object({
  from: text,
  to: text,
  items: z.array(
    z.object({
      pipeline: z.string(),
      executions: count,
      lastAt: z.string(),
      /** Executions with the status failed or timed_out. */
      failed: count,
      outcomes: z.array(z.object({ outcome: text, count })),
      /** Over all executions with a duration. Up to 2 % off if there are many. */
      p50Ms: ms,
      p95Ms: ms,
    }),
  ),
});
export type PipelineList = z.infer<typeof pipelineListSchema>;

/**
 * A pipeline over time. Bucket `i` starts at `from` + i × `bucketMs`; every array has one value per bucket.
 */
export const pipelineOverviewSchema = z.object({
  pipeline: z.string(),
  from: z.string(),
  to: z.string(),
  bucketMs: count,
  executions: z.array(count),
  failed: z.array(count),
  /** Up to 2 % off if there are many. */
  p50Ms: z.array(ms),
  p95Ms: z.array(ms),
  /** Over all executions of the range, with the same accuracy as a bucket. */
  durations: z.object({ p50Ms: ms, p95Ms: ms }),
  outcomes: z.array(z.object({ outcome: text, counts: z.array(count) })),
  /** Main reasons over time, the most frequent first, to show how their mix changes. */
  reasons: z.array(z.object({ reason: z.string(), total: count, counts: z.array(count) })),
  moreReasons: count,
  /** When each version was first seen. Versions that already ran in the first bucket are not listed. */
  versions: z.array(z.object({ name: z.string(), version: z.string(), firstAt: z.string() })),
});
export type PipelineOverview = z.infer<typeof pipelineOverviewSchema>;

const funnelStepSchema = z.object({
  name: z.string(),
  kind: z.string(),
  /** The mean position among the steps of an execution that ran it, from 0. */
  position: z.number(),
  /** Executions that ran the step at least once (skipped runs do not count), and the number of all runs. */
  executions: count,
  runs: count,
  /** This and the following counts are estimates if only a sample of executions was read. */
  failed: count,
  skipped: count,
  p50Ms: ms,
  p95Ms: ms,
  /** Sums over all runs with candidates. Null if no run had candidates. */
  candidatesIn: count.nullable(),
  candidatesOut: count.nullable(),
  /** Candidates that were not kept, by deciding reason, the most frequent first. */
  drops: z.array(z.object({ reason: z.string(), count })),
});
export type FunnelStep = z.infer<typeof funnelStepSchema>;

/** The steps of a pipeline as recorded. */
export const funnelSchema = z.object({
  pipeline: z.string(),
  from: z.string(),
  to: z.string(),
  executions: count,
  /** The number of randomly chosen executions that were read step by step. Up to 10,000 all are read. */
  sampled: count,
  /** The steps in the order of their mean position. */
  steps: z.array(funnelStepSchema),
  /**
   * Executions that went from one step to the next, the most frequent first. Null is the start or the end.
   */
  edges: z.array(z.object({ from: text, to: text, executions: count })),
  /** Sequences of step names by frequency. */
  variants: z.array(z.object({ steps: z.array(z.string()), executions: count })),
  /**
   * The number of executions whose sequence is not listed. Steps and edges come from the first 200 steps of
   * the 500 most frequent sequences.
   */
  moreVariants: count,
});
export type Funnel = z.infer<typeof funnelSchema>;
