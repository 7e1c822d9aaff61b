import { z } from 'zod';
import { languageSchema } from './language.js';
import { CANDIDATE_OUTCOMES, LIMITS, STATUSES, STEP_STATUSES, type Json } from './snapshot.js';

// Values of a record are passed on unchanged. Validating an answer must not walk them.
const json = z.unknown() as z.ZodType<Json>;
const text = z.string().nullable();
const number = z.number().nullable();

/** A step of a record: `index` is its place in `steps`, `sequence` its order. */
export const stepRefSchema = z.object({
  index: z.int(),
  sequence: z.int(),
  name: z.string(),
  kind: text,
  status: z.enum(STEP_STATUSES),
});
export type StepRef = z.infer<typeof stepRefSchema>;

const ruleCountsSchema = z.object({
  evaluated: z.int(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  error: z.int(),
  decisive: z.int(),
});

/** One evaluation of a rule, with the recorded values. `path` is a JSON Pointer into the snapshot. */
export const ruleEvidenceSchema = z.object({
  kind: z.literal('rule'),
  step: stepRefSchema,
  path: z.string(),
  rule: z.string(),
  version: text,
  /**
   * `candidates` if the step evaluated the rule for its candidates, `decision` if for the decision's
   * subject.
   */
  of: z.enum(['decision', 'candidates']),
  /**
   * A rule with counts only gets `fail` if it ever failed, else `error`, `pass` or `skip` in this order.
   */
  result: z.enum(['pass', 'fail', 'skip', 'error']).nullable(),
  counts: ruleCountsSchema.nullable(),
  effect: text,
  field: text,
  op: text,
  actual: json.optional(),
  threshold: json.optional(),
  unit: text,
  decisive: z.boolean(),
  /** Whether `actual op threshold` gives the recorded result. Null if it cannot be computed. */
  agrees: z.boolean().nullable(),
});
export type RuleEvidence = z.infer<typeof ruleEvidenceSchema>;

const evidenceSchema = z.discriminatedUnion('kind', [
  ruleEvidenceSchema,
  z.object({
    kind: z.literal('factor'),
    step: stepRefSchema.nullable(),
    path: z.string(),
    factor: z.string(),
    value: json,
  }),
  /** The number of candidates that a step rejected with the reason's code. */
  z.object({
    kind: z.literal('candidates'),
    step: stepRefSchema,
    path: z.string(),
    count: z.int(),
  }),
]);
export type Evidence = z.infer<typeof evidenceSchema>;

/**
 * `stated`: no rule, value or candidate in the record supports the reason. `contradicted`: the record
 * contradicts it.
 */
const explainedReasonSchema = z.object({
  code: z.string(),
  text,
  contribution: number,
  support: z.enum(['evidenced', 'stated', 'contradicted']),
  evidence: z.array(evidenceSchema),
  moreEvidence: z.int(),
});
export type ExplainedReason = z.infer<typeof explainedReasonSchema>;

/** The value that a rule needed. `needs` is absent if the record does not say how values are compared. */
const ruleChangeSchema = z.object({
  step: stepRefSchema,
  path: z.string(),
  rule: z.string(),
  field: text,
  actual: json.optional(),
  unit: text,
  needs: z.object({ op: z.string(), value: json }).nullable(),
  /** Distance from `actual` to `needs.value`. Null unless both are numbers. */
  margin: number,
  flipsTo: z.enum(['pass', 'fail']),
});
export type RuleChange = z.infer<typeof ruleChangeSchema>;

export const UNKNOWN_FLIPS = [
  'no_decision',
  'not_finished',
  'human',
  'no_rules',
  'candidates_only',
  'not_linked',
  'other_reasons',
  'contradictory',
  'incomplete',
] as const;

/**
 * The changes that would have led to another decision if the rest of the record stayed the same.
 */
const nearMissSchema = z.object({
  /** The reason why no change can be named. `changes` is empty then. */
  unknown: z.enum(UNKNOWN_FLIPS).nullable(),
  /** `any`: each change is sufficient alone. `all`: only all changes together are sufficient. */
  need: z.enum(['any', 'all']),
  changes: z.array(ruleChangeSchema),
  moreChanges: z.int(),
  /**
   * Rejecting rules that were skipped or ended in an error. If evaluated, they might have rejected as well.
   */
  unevaluated: z.array(z.object({ step: stepRefSchema, rule: z.string() })),
  moreUnevaluated: z.int(),
});

/** The reasons why an explanation does not use a rule. */
export const SET_ASIDE = [
  'step_skipped',
  'attempt_replaced',
  'rule_skipped',
  'rule_broke',
  'no_result',
] as const;

/** Rules of one step that the explanation does not use, by id, with the reason. */
const ruleSetAsideSchema = z.object({
  step: stepRefSchema,
  why: z.enum(SET_ASIDE),
  rules: z.array(z.string()),
  moreRules: z.int(),
});
export type RuleSetAside = z.infer<typeof ruleSetAsideSchema>;

const candidateMissSchema = z.object({
  id: z.string(),
  outcome: z.enum(CANDIDATE_OUTCOMES),
  score: number,
  reason: text,
  /**
   * The distance from the cutoff, negative below it. Null if the score, the cutoff or its direction is
   * unknown.
   */
  cutoffMargin: number,
  /** The kept candidate with the nearest score, and the difference. */
  rival: z.object({ id: z.string(), score: z.number(), margin: z.number() }).nullable(),
  /** The only rule that the candidate failed. Null if it failed several. */
  change: ruleChangeSchema.nullable(),
  /** The number of rules of the step with no recorded evaluation for the candidate. */
  unevaluated: z.int(),
});
export type CandidateMiss = z.infer<typeof candidateMissSchema>;

const candidateAccountSchema = z.object({
  step: stepRefSchema,
  path: z.string(),
  type: text,
  in: z.int(),
  out: z.int(),
  byOutcome: z.record(z.string(), z.int()),
  /** The most frequent reasons first. */
  byReason: z.array(z.object({ reason: z.string(), count: z.int() })),
  moreReasons: z.int(),
  /** The rules evaluated for candidates, those that decided most candidates first. */
  rules: z.array(ruleEvidenceSchema),
  moreRules: z.int(),
  cutoff: number,
  selected: z.array(z.object({ id: z.string(), score: number })),
  moreSelected: z.int(),
  nearMisses: z.array(candidateMissSchema),
  /** The record holds only some of the candidates individually. */
  sampled: z.boolean(),
});
export type CandidateAccount = z.infer<typeof candidateAccountSchema>;

const actorAnswerSchema = z.object({ type: z.string(), id: z.string(), version: text });

/**
 * The explanation of one decision, made from its record alone. Lists are bounded; `more…` counts the rest.
 */
export const explanationSchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: text,
  status: z.enum(STATUSES),
  outcome: text,
  adverse: z.boolean().nullable(),
  score: number,
  confidence: number,
  subjects: z.array(z.object({ type: z.string(), id: z.string() })),
  decidedBy: actorAnswerSchema.nullable(),
  reasons: z.array(explainedReasonSchema),
  moreReasons: z.int(),
  /** Failed rules that no reason of the decision mentions. */
  unnamedFailures: z.array(ruleEvidenceSchema),
  moreUnnamedFailures: z.int(),
  /** Rules that this explanation does not use, with the reason. */
  setAside: z.array(ruleSetAsideSchema),
  moreSetAside: z.int(),
  nearMiss: nearMissSchema,
  candidates: z.array(candidateAccountSchema),
  moreCandidates: z.int(),
  /** The first step with a technical failure. */
  failure: z.object({ step: stepRefSchema, type: text, message: text }).nullable(),
  versions: z.array(z.object({ name: z.string(), version: z.string() })),
  models: z.array(z.object({ name: z.string(), version: text, provider: text })),
  moreModels: z.int(),
  humans: z.object({
    involvement: text,
    people: z.array(z.object({ id: z.string(), step: stepRefSchema.nullable() })),
    morePeople: z.int(),
  }),
  /** Parts of the record that were cut, lost or changed. They limit the explanation. */
  limits: z.array(z.object({ kind: z.string(), path: text, original: number, kept: number })),
  moreLimits: z.int(),
});
export type Explanation = z.infer<typeof explanationSchema>;

export const explainQuerySchema = z.object({
  format: z.enum(['json', 'text']).default('json'),
  /** The language of names in the text; without it the dictionary's. */
  lang: languageSchema.optional(),
});

/**
 * A value that differs. `path` is a JSON Pointer relative to the compared part. `cut`: a value was too long
 * to repeat. `incidental`: the difference follows from the subject, an id or the clock, as between any two
 * executions.
 */
export const valueChangeSchema = z.object({
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  a: json.optional(),
  b: json.optional(),
  cut: z.boolean().optional(),
  incidental: z.boolean().optional(),
});
export type ValueChange = z.infer<typeof valueChangeSchema>;

const comparedRuleSchema = z.object({
  result: text,
  actual: json.optional(),
  threshold: json.optional(),
  op: text,
  unit: text,
});

const ruleDifferenceSchema = z.object({
  rule: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  /** Names of the fields that differ. */
  fields: z.array(z.string()),
  moreFields: z.int(),
  /** Whether only values differ, because of the subject, an id or the clock. */
  incidental: z.boolean(),
  a: comparedRuleSchema.nullable(),
  b: comparedRuleSchema.nullable(),
});
export type RuleDifference = z.infer<typeof ruleDifferenceSchema>;

const candidatePlaceSchema = z.object({
  outcome: text,
  reason: text,
  score: number,
  rank: number,
});

const candidateDifferenceSchema = z.object({
  in: z.object({ a: z.int().nullable(), b: z.int().nullable() }),
  out: z.object({ a: z.int().nullable(), b: z.int().nullable() }),
  cutoff: z.object({ a: number, b: number }),
  /** Differing counts by outcome and by reason, and differing strata. */
  counts: z.array(valueChangeSchema),
  moreCounts: z.int(),
  /** Candidates known on both sides with a different outcome or deciding reason. */
  moved: z.array(z.object({ id: z.string(), a: candidatePlaceSchema, b: candidatePlaceSchema })),
  moreMoved: z.int(),
  /** Candidates with the same outcome and reason, but another score, rank or other detail. */
  otherwiseChanged: z.int(),
  onlyInA: z.array(z.string()),
  moreOnlyInA: z.int(),
  onlyInB: z.array(z.string()),
  moreOnlyInB: z.int(),
  /** Whether at least one side holds only some of its candidates individually. */
  sampled: z.boolean(),
});
export type CandidateDifference = z.infer<typeof candidateDifferenceSchema>;

/**
 * A run of `count` equal steps, or one step that differs. `moved` means that the same step is at another
 * place.
 */
export const comparedStepSchema = z.object({
  kind: z.enum(['same', 'changed', 'added', 'removed', 'moved']),
  a: stepRefSchema.nullable(),
  b: stepRefSchema.nullable(),
  count: z.int(),
  /** Whether the executions diverge here: in a status, a rule's result or a candidate's outcome. */
  parts: z.boolean(),
  /** The step differs only in ids of subjects and requests, and in times. */
  onlyIncidental: z.boolean(),
  changes: z.array(valueChangeSchema),
  moreChanges: z.int(),
  rules: z.array(ruleDifferenceSchema),
  moreRules: z.int(),
  rulesReordered: z.boolean(),
  candidates: candidateDifferenceSchema.nullable(),
});
export type ComparedStep = z.infer<typeof comparedStepSchema>;

const sideSchema = z.object({
  executionId: z.string(),
  pipeline: z.string(),
  environment: text,
  status: z.enum(STATUSES),
  outcome: text,
  reasons: z.array(z.string()),
  moreReasons: z.int(),
  stepCount: z.int(),
});

/** The comparison of two executions. It ignores times, durations, execution ids and step numbers. */
export const comparisonSchema = z.object({
  a: sideSchema,
  b: sideSchema,
  same: z.boolean(),
  /**
   * The first step that differs in more than subjects, ids and times. If there is no such step, the first
   * step that differs in these.
   */
  firstDivergence: comparedStepSchema.nullable(),
  /**
   * The first step where the executions diverge: another step, status, rule result or candidate outcome.
   */
  partsAt: comparedStepSchema.nullable(),
  versions: z.array(z.object({ name: z.string(), a: text, b: text })),
  /** Differences outside of steps and versions, by JSON Pointer into the snapshots. */
  changes: z.array(valueChangeSchema),
  moreChanges: z.int(),
  steps: z.array(comparedStepSchema),
  /** The number of differing steps that are not listed. */
  moreSteps: z.int(),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** The id of an execution, or `replay:RUN:ID` for the execution of a replay. */
const comparedIdSchema = z
  .string()
  .min(1)
  .max(256)
  .refine((id) => id.length <= LIMITS.name || id.startsWith('replay:'), {
    error: `must have at most ${LIMITS.name} characters`,
  });

export const compareQuerySchema = z.object({ a: comparedIdSchema, b: comparedIdSchema });
