import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });

/**
 * Two filters, each with its own range; default: the last seven days. Running executions belong
 * to neither.
 */
export const cohortQuerySchema = z.object({
  a: z.string().max(2_000),
  b: z.string().max(2_000),
  aFrom: instant.optional(),
  aTo: instant.optional(),
  bFrom: instant.optional(),
  bTo: instant.optional(),
  /**
   * The outcome to explain; empty for no decision. Default: the outcome with the most significant
   * change.
   */
  outcome: z.string().max(64).optional(),
});
export type CohortQuery = z.infer<typeof cohortQuerySchema>;

/** A share of executions with its 95 % confidence interval; all between 0 and 1. */
const rateSchema = z.object({
  count: z.int(),
  of: z.int(),
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
  /** The size of the random sample that the explanations come from. */
  sampled: z.int(),
});

const changeSchema = z.object({
  a: rateSchema,
  b: rateSchema,
  /** Rate in b less rate in a, with its 95 % confidence interval. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Corrected for how many were tested. */
  pValue: z.number(),
});

const outcomeChangeSchema = changeSchema.extend({
  outcome: z.string().nullable(),
  /** True if `pValue` is below 0.01. */
  significant: z.boolean(),
});
export type OutcomeChange = z.infer<typeof outcomeChangeSchema>;

export const EXPLANATION_KINDS = [
  'decisive',
  'rule',
  'reason',
  'step',
  'step_failure',
  'error',
  'version',
  'input',
  'metadata',
  'tag',
  'environment',
  'pipeline',
  'candidates',
] as const;
export type ExplanationKind = (typeof EXPLANATION_KINDS)[number];

/**
 * How a trait goes with the change. `frequency`: executions with it became more or fewer, and they have the
 * outcome more or less often than the others. `effect`: among those with it the rate changed otherwise than
 * among the others. `coincidence`: nearly all of one cohort have it and nearly none of the other, so that
 * it cannot be told apart from what else differs between the two.
 */
export const EXPLANATION_HOWS = ['frequency', 'effect', 'coincidence'] as const;

const traitSchema = z.object({
  kind: z.enum(EXPLANATION_KINDS),
  /** As people name it: a rule's id, `region:eu`, `ruleset:r42`. */
  name: z.string(),
  /** A term of the filter language that finds the executions with it in either cohort. */
  term: z.string().nullable(),
});
export type TraitName = z.infer<typeof traitSchema>;

const bothSchema = z.object({ a: rateSchema, b: rateSchema });

/**
 * A trait of executions that goes with the change of the outcome's rate; `a`, `b` and `difference` are of
 * the executions that have it.
 */
export const cohortExplanationSchema = changeSchema.extend({
  ...traitSchema.shape,
  how: z.enum(EXPLANATION_HOWS),
  /**
   * Part of the outcome's change that goes with it: 1 is all of it, more than 1 where something else works
   * against it; null of a coincidence.
   */
  share: z.number().nullable(),
  /** The outcome's rate among the executions that have it, and among those that have not. */
  within: bothSchema,
  without: bothSchema,
  /** Traits with the same counts, or of the same rule. */
  also: z.array(traitSchema),
});
export type CohortExplanation = z.infer<typeof cohortExplanationSchema>;

/**
 * Steps and edges whose frequency differs significantly, the most significant first. Null is the
 * start or the end.
 */
const flowSchema = z.object({
  steps: z.array(changeSchema.extend({ name: z.string() })),
  edges: z.array(changeSchema.extend({ from: z.string().nullable(), to: z.string().nullable() })),
});
export type FlowChange = z.infer<typeof flowSchema>;

export const cohortComparisonSchema = z.object({
  a: cohortSchema,
  b: cohortSchema,
  /** The surest change first. */
  outcomes: z.array(outcomeChangeSchema),
  /** The outcome that is explained; null when none changed beyond chance. */
  explained: z.object({ outcome: z.string().nullable() }).nullable(),
  /** The strongest first; what chance explains is not listed. */
  explanations: z.array(cohortExplanationSchema),
  /** How many possible explanations were tested. */
  tested: z.int(),
  /** Steps that only one version of a pipeline has, or that one runs less often. */
  flow: flowSchema,
  /** Limits of the answer that a reader must know. */
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type CohortComparison = z.infer<typeof cohortComparisonSchema>;
