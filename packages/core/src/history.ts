import { z } from 'zod';
import { executionSummarySchema } from './api.js';
import { notSearchedSchema, stepPlaceSchema } from './finding.js';
import { CANDIDATE_OUTCOMES, type Json } from './snapshot.js';

const instant = z.iso.datetime({ offset: true });
const json = z.unknown() as z.ZodType<Json>;
const text = z.string().nullable();
const number = z.number().nullable();

export const historyQuerySchema = z.object({
  /** By `at`; without them the last seven days. */
  from: instant.optional(),
  to: instant.optional(),
  cursor: z.string().max(512).optional(),
  /** Executions of a page; fewer come where their records are large. */
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

export const lookupQuerySchema = historyQuerySchema.pick({ from: true, to: true });

/** The rule that decided, with the values of that execution where the record holds them. */
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
  /** The execution's own outcome. */
  decision: text,
  step: stepPlaceSchema,
  type: text,
  outcome: z.enum(CANDIDATE_OUTCOMES),
  /** Code of the deciding reason. */
  reason: text,
  /** Null where no rule decided, or the record does not say which. */
  rule: decidingRuleSchema.nullable(),
  score: number,
  rank: z.int().nullable(),
  cutoff: number,
  /** Score beyond the cutoff, negative when short of it. */
  margin: number,
  /** The kept candidate whose score is nearest; `margin` is its score less this one's. */
  rival: z.object({ id: z.string(), score: z.number(), margin: z.number() }).nullable(),
  /** True if only the ledger holds it, without rules and data. */
  ledgerOnly: z.boolean(),
});
export type CandidateAppearance = z.infer<typeof candidateAppearanceSchema>;

/** Every appearance of a candidate in a range. The counts are of all of it, the items a page, newest first. */
export const candidateHistorySchema = historySchema.extend({
  id: z.string(),
  executions: z.int(),
  appearances: z.int(),
  byOutcome: z.record(z.string(), z.int()),
  /** Deciding reasons of those not kept, the most frequent first. */
  byReason: z.array(countedSchema),
  byStep: z.array(z.object({ pipeline: z.string(), step: z.string(), count: z.int() })),
  items: z.array(candidateAppearanceSchema),
});
export type CandidateHistory = z.infer<typeof candidateHistorySchema>;

/** Every execution in a range that decided on a subject. */
export const subjectHistorySchema = historySchema.extend({
  type: z.string(),
  id: z.string(),
  executions: z.int(),
  byOutcome: z.array(countedSchema),
  byReason: z.array(countedSchema),
  items: z.array(
    executionSummarySchema.extend({
      /** Rules that decided, those named by the principal reason first. */
      rules: z.array(decidingRuleSchema),
    }),
  ),
});
export type SubjectHistory = z.infer<typeof subjectHistorySchema>;

/** The roles of an id in an app, within the range. */
export const lookupSchema = z.object({
  id: z.string(),
  execution: z.boolean(),
  /** Executions in which it was a candidate. */
  candidate: z.int(),
  subjects: z.array(z.object({ type: z.string(), executions: z.int() })),
});
export type Lookup = z.infer<typeof lookupSchema>;
