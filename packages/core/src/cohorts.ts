import { z } from 'zod';
import { rateSchema } from './rate.js';
import { historyChangeSchema } from './rule-history.js';

const instant = z.iso.datetime({ offset: true });

/**
 * Two filters, each with its own range. Default: the last seven days. Running executions are in neither
 * cohort.
 */
export const cohortQuerySchema = z.object({
  a: z.string().max(2_000),
  b: z.string().max(2_000),
  aFrom: instant.optional(),
  aTo: instant.optional(),
  bFrom: instant.optional(),
  bTo: instant.optional(),
  /**
   * The outcome to explain; empty for executions without a decision. Default: the outcome with the most
   * significant change.
   */
  outcome: z.string().max(64).optional(),
});
export type CohortQuery = z.infer<typeof cohortQuerySchema>;

const cohortSchema = z.object({
  q: z.string(),
  from: z.string(),
  to: z.string(),
  executions: z.int(),
  /** The size of the random sample from which the explanations are computed. */
  sampled: z.int(),
});

const changeSchema = z.object({
  a: rateSchema,
  b: rateSchema,
  /** The rate in b minus the rate in a, with its 95 % confidence interval. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** The p-value, corrected for the number of tests. */
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
 * How a trait goes with the change. `frequency`: executions with it became more or less common, and their
 * outcome rate differs from the rest. `effect`: the rate changed differently among executions with it.
 * `coincidence`: nearly all of one cohort have it and nearly none of the other, so it cannot be separated
 * from other differences.
 */
export const EXPLANATION_HOWS = ['frequency', 'effect', 'coincidence'] as const;

const traitSchema = z.object({
  kind: z.enum(EXPLANATION_KINDS),
  /** The usual name: a rule's id, `region:eu`, `ruleset:r42`. */
  name: z.string(),
  /** A term of the filter language that finds the executions with the trait in either cohort. */
  term: z.string().nullable(),
});
export type TraitName = z.infer<typeof traitSchema>;

const bothSchema = z.object({ a: rateSchema, b: rateSchema });

/**
 * A trait of executions that goes with the change of the outcome's rate. `a`, `b` and `difference` are
 * about executions with the trait.
 */
export const cohortExplanationSchema = changeSchema.extend({
  ...traitSchema.shape,
  how: z.enum(EXPLANATION_HOWS),
  /**
   * The part of the outcome's change that goes with the trait. 1 means all; more than 1 means that
   * something else works against it. Null for a coincidence.
   */
  share: z.number().nullable(),
  /** The outcome's rate among executions with the trait, and among those without it. */
  within: bothSchema,
  without: bothSchema,
  /** Traits with the same counts, or of the same rule. */
  also: z.array(traitSchema),
});
export type CohortExplanation = z.infer<typeof cohortExplanationSchema>;

/**
 * Steps and edges with a significant change of frequency, the most significant first. Null is the start or
 * the end.
 */
const flowSchema = z.object({
  steps: z.array(changeSchema.extend({ name: z.string() })),
  edges: z.array(changeSchema.extend({ from: z.string().nullable(), to: z.string().nullable() })),
});
export type FlowChange = z.infer<typeof flowSchema>;

/** A figure of a sample with its 95 % confidence interval; `of` executions have it. */
const measuredSchema = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  of: z.int(),
});

/**
 * `failureRate` and `candidatesKept` are shares, `p50` and `p95` durations in ms, `steps` and `costUsd` means. Only what
 * both groups recorded.
 */
const figureSchema = z.object({
  figure: z.enum(['failureRate', 'p50', 'p95', 'candidatesKept', 'steps', 'costUsd']),
  a: measuredSchema,
  b: measuredSchema,
  pValue: z.number(),
  significant: z.boolean(),
});
export type CohortFigure = z.infer<typeof figureSchema>;

export const cohortComparisonSchema = z.object({
  a: cohortSchema,
  b: cohortSchema,
  /** What changed in the rules and steps from one group to the other, the latest first. */
  ruleChanges: z.array(
    historyChangeSchema.extend({
      pipeline: z.string(),
      rule: z.string().nullable(),
      step: z.string().nullable(),
    }),
  ),
  figures: z.array(figureSchema),
  /** The most significant change first. */
  outcomes: z.array(outcomeChangeSchema),
  /** The outcome that is explained. Null if no outcome changed beyond chance. */
  explained: z.object({ outcome: z.string().nullable() }).nullable(),
  /** The strongest first. Explanations that could be chance are not listed. */
  explanations: z.array(cohortExplanationSchema),
  /** The number of tested explanations. */
  tested: z.int(),
  /** Steps that only one version of a pipeline runs, or that one version runs less often. */
  flow: flowSchema,
  /** Limits of this result that readers must know. */
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type CohortComparison = z.infer<typeof cohortComparisonSchema>;
