import { z } from 'zod';
import { rangeQuerySchema } from './finding.js';
import { rateSchema } from './rate.js';

/** Limits of one question. */
export const FAIRNESS_LIMITS = {
  groups: 50,
  factors: 3,
  strata: 200,
  joinedRows: 200_000,
} as const;

/** A field whose values form groups or strata: `env`, `pipeline`, `version.NAME` or `metadata.NAME`. */
const factorSchema = z
  .string()
  .regex(
    /^(env|pipeline|(version|metadata)\..{1,128})$/s,
    'write env, pipeline, version.NAME or metadata.NAME',
  );
const factorListSchema = z
  .string()
  .max(500)
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .pipe(z.array(factorSchema).max(FAIRNESS_LIMITS.factors));

const questionShape = {
  ...rangeQuerySchema.shape,
  /** The outcome that counts as favourable. Default: every decision that is not marked as adverse. */
  outcome: z.string().min(1).max(64).optional(),
  /** Legitimate factors, separated by commas. Groups are also compared within their values. */
  within: factorListSchema.optional(),
};

export const fairnessQuerySchema = z.object({
  ...questionShape,
  /** The attribute that forms the groups. */
  by: factorSchema,
});
export type FairnessQuery = z.output<typeof fairnessQuerySchema>;

/** The parameters for a file that gives a group for each id. The file is the body. */
export const joinedFairnessQuerySchema = z.object({
  ...questionShape,
  /** The kind of the ids in the file. */
  key: z.enum(['execution', 'subject']).default('subject'),
  /** The type of the subjects. Default: a subject of any type. */
  subjectType: z.string().min(1).max(128).optional(),
});
export type JoinedFairnessQuery = z.output<typeof joinedFairnessQuerySchema>;

const ratioSchema = z.object({
  /** The rate divided by the reference group's rate. Null if the reference rate is 0. */
  ratio: z.number().nullable(),
  /** The 95 % interval of the ratio. Null means no upper limit. */
  low: z.number().nullable(),
  high: z.number().nullable(),
});
export type ImpactRatio = z.infer<typeof ratioSchema>;

const groupSchema = z.object({
  /** Null for executions without a value. */
  group: z.string().nullable(),
  favourable: rateSchema,
  outcomes: z.array(rateSchema.extend({ outcome: z.string().nullable() })),
  isReference: z.boolean(),
  impact: ratioSchema,
  /** Whether the ratio is below four fifths. */
  belowFourFifths: z.boolean(),
  /**
   * The p-value of "this group and the reference have the same rate", corrected for the number of groups.
   */
  pValue: z.number(),
  beyondChance: z.boolean(),
  /** The same comparison within the strata of `within`, pooled. Null if no stratum has both groups. */
  withinFactors: z
    .object({
      /** Mantel and Haenszel's pooled ratio. */
      ratio: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      belowFourFifths: z.boolean(),
      pValue: z.number(),
      beyondChance: z.boolean(),
      /** The number of strata with both groups, and of executions in them. */
      strata: z.int(),
      executions: z.int(),
    })
    .nullable(),
});

export const fairnessSchema = z.object({
  from: z.string(),
  to: z.string(),
  /** The favourable outcome. Null means every decision that is not marked as adverse. */
  outcome: z.string().nullable(),
  within: z.array(z.string()),
  /** The minimum size of a group that is shown. */
  least: z.int(),
  /** The number of executions in the groups that are shown. */
  executions: z.int(),
  /** The group with the highest rate. Null if fewer than two groups are shown. */
  reference: z.string().nullable(),
  groups: z.array(groupSchema),
  /** Names of the groups that are too small to show. */
  withheld: z.array(z.string().nullable()),
  /** The strata in which at least two groups are large enough to show. */
  strata: z.array(
    z.object({
      values: z.record(z.string(), z.string().nullable()),
      groups: z.array(
        z.object({ group: z.string().nullable(), favourable: rateSchema, impact: ratioSchema }),
      ),
      withheld: z.int(),
    }),
  ),
  /** The number of strata in which fewer than two groups are large enough. */
  withheldStrata: z.int(),
  /** Limits of this result that readers must know. */
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type Fairness = z.infer<typeof fairnessSchema>;
