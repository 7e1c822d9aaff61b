import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

/** Two filters, each with a range of its own; without one, both look at the last seven days. */
export const cohortQuerySchema = z.object({
  a: z.string().max(2_000),
  b: z.string().max(2_000),
  aFrom: instant.optional(),
  aTo: instant.optional(),
  bFrom: instant.optional(),
  bTo: instant.optional(),
  /** Whose change is to be explained; without it the outcome whose rate changed most surely. */
  outcome: z.string().max(64).optional(),
});
export type CohortQuery = z.infer<typeof cohortQuerySchema>;

/** A share of a cohort with its 95 % confidence interval; all between 0 and 1. */
const rateSchema = z.object({
  count: z.int(),
  rate: z.number(),
  low: z.number(),
  high: z.number(),
});
export type Rate = z.infer<typeof rateSchema>;

const cohortSchema = z.object({
  q: z.string(),
  from: z.string(),
  to: z.string(),
  executions: z.int(),
});

const changeSchema = z.object({
  a: rateSchema,
  b: rateSchema,
  /** Rate in b less rate in a, with its 95 % confidence interval. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Of the difference, corrected for how many were tested. */
  pValue: z.number(),
  significant: z.boolean(),
});

export const EXPLANATION_KINDS = [
  'rule',
  'decisive',
  'reason',
  'version',
  'step',
  'step_failure',
  'error',
  'tag',
  'metadata',
  'input',
  'environment',
  'candidates',
] as const;

/**
 * What goes with the change of the outcome's rate, the strongest first. Only what chance does not explain
 * is listed.
 */
export const cohortExplanationSchema = changeSchema.extend({
  kind: z.enum(EXPLANATION_KINDS),
  /** What changed, as people name it: a rule's id, `region:eu`, `ruleset:r42`. */
  name: z.string(),
  /** Share of the outcome's change that goes with it: 1 is all of it; null where that cannot be said. */
  share: z.number().nullable(),
  /** A term of the filter language that finds the executions behind it in either cohort. */
  term: z.string().nullable(),
});
export type CohortExplanation = z.infer<typeof cohortExplanationSchema>;

export const cohortComparisonSchema = z.object({
  a: cohortSchema,
  b: cohortSchema,
  outcomes: z.array(changeSchema.extend({ outcome: z.string().nullable() })),
  /** The outcome that is explained; null when none changed beyond chance. */
  explained: z.string().nullable(),
  explanations: z.array(cohortExplanationSchema),
  /** How many possible explanations were tested. */
  tested: z.int(),
  /** When the cohorts are too small or share executions, so that little or nothing can be said. */
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type CohortComparison = z.infer<typeof cohortComparisonSchema>;
