import { z } from 'zod';
import { executionSummarySchema } from './api.js';
import { tableQuerySchema } from './csv.js';
import { notSearchedSchema, stepPlaceSchema } from './finding.js';
import { CANDIDATE_OUTCOMES, type Json } from './snapshot.js';
import { wholeNumber } from './whole-number.js';

const instant = z.iso.datetime({ offset: true });
const json = z.unknown() as z.ZodType<Json>;
const text = z.string().nullable();
const number = z.number().nullable();

export const historyQuerySchema = z.object({
  /** The range on `at`. Default: the last seven days. */
  from: instant.optional(),
  to: instant.optional(),
  cursor: z.string().max(512).optional(),
  /** Executions per page. A page has fewer if their records are large. */
  limit: wholeNumber(1, 100).default(20),
  ...tableQuerySchema.shape,
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

export const lookupQuerySchema = historyQuerySchema.pick({ from: true, to: true });

/** The deciding rule, with the values of that execution if the record holds them. */
const decidingRuleSchema = z.object({
  rule: z.string(),
  field: text,
  op: text,
  actual: json.optional(),
  threshold: json.optional(),
  unit: text,
});
export type DecidingRule = z.infer<typeof decidingRuleSchema>;

const countedSchema = z.object({ value: z.string(), count: z.int() });

/** Outcomes over time: bucket `i` starts at `from` + i × `bucketMs`. */
const stripSchema = z.object({
  from: z.string(),
  bucketMs: z.int(),
  series: z.array(z.object({ value: z.string(), counts: z.array(z.int()) })),
});
export type OutcomeStrip = z.infer<typeof stripSchema>;

const historySchema = z.object({
  from: z.string(),
  to: z.string(),
  strip: stripSchema,
  nextCursor: z.string().nullable(),
  notSearched: notSearchedSchema.nullable(),
});

/** One appearance of a candidate at one step of one execution. */
export const candidateAppearanceSchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: z.string(),
  at: z.string(),
  /** The outcome of the execution. */
  decision: text,
  step: stepPlaceSchema,
  type: text,
  outcome: z.enum(CANDIDATE_OUTCOMES),
  /** Code of the deciding reason. */
  reason: text,
  /** Null if no rule decided, or the record does not name it. */
  rule: decidingRuleSchema.nullable(),
  score: number,
  rank: z.int().nullable(),
  cutoff: number,
  /** The distance of the score from the cutoff, negative below it. */
  margin: number,
  /** The kept candidate with the nearest score. `margin` is its score minus this candidate's score. */
  rival: z.object({ id: z.string(), score: z.number(), margin: z.number() }).nullable(),
  /** Whether only the ledger holds the candidate, without rules and data. */
  ledgerOnly: z.boolean(),
});
export type CandidateAppearance = z.infer<typeof candidateAppearanceSchema>;

/**
 * All appearances of a candidate in a range. The counts cover the range, the items one page, newest first.
 */
export const candidateHistorySchema = historySchema.extend({
  id: z.string(),
  executions: z.int(),
  appearances: z.int(),
  byOutcome: z.record(z.string(), z.int()),
  /** Deciding reasons of candidates that were not kept, the most frequent first. */
  byReason: z.array(countedSchema),
  byStep: z.array(z.object({ pipeline: z.string(), step: z.string(), count: z.int() })),
  items: z.array(candidateAppearanceSchema),
});
export type CandidateHistory = z.infer<typeof candidateHistorySchema>;

/** All executions in a range that decided on a subject. */
export const subjectHistorySchema = historySchema.extend({
  type: z.string(),
  id: z.string(),
  executions: z.int(),
  byOutcome: z.array(countedSchema),
  byReason: z.array(countedSchema),
  items: z.array(
    executionSummarySchema.extend({
      /** Deciding rules. Rules named by the main reason come first. */
      rules: z.array(decidingRuleSchema),
    }),
  ),
});
export type SubjectHistory = z.infer<typeof subjectHistorySchema>;

/** The roles of an id in an app within the range. */
export const lookupSchema = z.object({
  id: z.string(),
  execution: z.boolean(),
  /** The number of executions with this id as a candidate. */
  candidate: z.int(),
  subjects: z.array(z.object({ type: z.string(), executions: z.int() })),
});
export type Lookup = z.infer<typeof lookupSchema>;
