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

/** Pipelines of an app with what ran of each in the range asked for (null: no bound), by name. */
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
      /** Over all executions with a duration; at most 2 % off if there are many. */
      p50Ms: ms,
      p95Ms: ms,
    }),
  ),
});
export type PipelineList = z.infer<typeof pipelineListSchema>;

/** A pipeline over time: bucket `i` starts at `from` + i × `bucketMs`; every array has one value a bucket. */
export const pipelineOverviewSchema = z.object({
  pipeline: z.string(),
  from: z.string(),
  to: z.string(),
  bucketMs: count,
  executions: z.array(count),
  failed: z.array(count),
  /** At most 2 % off where there are many. */
  p50Ms: z.array(ms),
  p95Ms: z.array(ms),
  /** Over all executions of the range, as exact as those of a bucket. */
  durations: z.object({ p50Ms: ms, p95Ms: ms }),
  outcomes: z.array(z.object({ outcome: text, counts: z.array(count) })),
  /** Principal reasons over time, the most frequent first: how the mix of them drifts. */
  reasons: z.array(z.object({ reason: z.string(), total: count, counts: z.array(count) })),
  moreReasons: count,
  /** When each version was first seen; what ran in the first bucket already is not listed. */
  versions: z.array(z.object({ name: z.string(), version: z.string(), firstAt: z.string() })),
});
export type PipelineOverview = z.infer<typeof pipelineOverviewSchema>;

const funnelStepSchema = z.object({
  name: z.string(),
  kind: z.string(),
  /** Mean place among the steps of the executions that ran it, from 0. */
  position: z.number(),
  /** Executions that ran it at least once (skipped does not count), and how often it ran in all. */
  executions: count,
  runs: count,
  /** From here on estimated where fewer than all executions were sampled: scaled up from those. */
  failed: count,
  skipped: count,
  p50Ms: ms,
  p95Ms: ms,
  /** Sums over all runs with candidates; null where no run had any. */
  candidatesIn: count.nullable(),
  candidatesOut: count.nullable(),
  /** Candidates not kept, by deciding reason, the most frequent first. */
  drops: z.array(z.object({ reason: z.string(), count })),
});
export type FunnelStep = z.infer<typeof funnelStepSchema>;

/** The steps of a pipeline as they really ran. */
export const funnelSchema = z.object({
  pipeline: z.string(),
  from: z.string(),
  to: z.string(),
  executions: count,
  /** How many of them, drawn at random, were read step by step; up to 10,000 it is all of them. */
  sampled: count,
  /** In the order in which they ran, by mean place. */
  steps: z.array(funnelStepSchema),
  /** Executions that went from one step to the next, the most frequent first; null is the start, or the end. */
  edges: z.array(z.object({ from: text, to: text, executions: count })),
  /** Courses (step names in order) by frequency. */
  variants: z.array(z.object({ steps: z.array(z.string()), executions: count })),
  /** Executions of courses not listed. Steps and edges count the first 200 steps of the 500 most frequent. */
  moreVariants: count,
});
export type Funnel = z.infer<typeof funnelSchema>;
