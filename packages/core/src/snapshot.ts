import { z } from 'zod';
import type { Json } from './exact-json.js';

export type { Json } from './exact-json.js';

/** The limits that the server enforces. The SDK keeps the other limits of the wire format by cutting. */
export const LIMITS = {
  snapshotBytes: 5 * 1024 * 1024,
  requestBytes: 20 * 1024 * 1024,
  /** The maximum number of snapshots in one request. */
  snapshots: 10_000,
  steps: 10_000,
  depth: 200,
  name: 128,
  environment: 64,
  outcome: 64,
  code: 64,
  tag: 64,
  subjectId: 256,
  candidateId: 256,
} as const;

export const STATUSES = ['running', 'completed', 'failed', 'canceled', 'timed_out'] as const;
export type Status = (typeof STATUSES)[number];

export const STEP_STATUSES = [...STATUSES, 'skipped'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

export const KINDS = [
  'retrieve',
  'transform',
  'model',
  'llm',
  'rules',
  'filter',
  'rank',
  'guard',
  'evaluate',
  'human',
  'action',
  'decide',
  'group',
  'other',
] as const;
/** The step kinds that this version knows. The server accepts any name, so that newer SDKs work. */
export type KnownKind = (typeof KINDS)[number];

export const CANDIDATE_OUTCOMES = ['selected', 'kept', 'rejected', 'deferred', 'error'] as const;
export type CandidateOutcome = (typeof CANDIDATE_OUTCOMES)[number];

/** A name from an open set. Editors complete the known names; other names are valid, too. */
type Open<Known extends string> = Known | (string & {});

// The values come from JSON.parse, so they are Json already. A recursive schema would walk every payload
// and could overflow the stack. `jsonDepthExceeds` bounds the depth.
const json = z.unknown() as z.ZodType<Json>;

const count = z.int().min(0);
const name = z.string().min(1).max(LIMITS.name);
const label = z.string().max(LIMITS.name);
const open = <Known extends string>(): z.ZodType<Open<Known>> =>
  z.string().max(LIMITS.code) as unknown as z.ZodType<Open<Known>>;
const instant = z.iso.datetime({ offset: true });
/** URL clients remove these path segments, so such names could not be requested. */
const NOT_DOTS = /^(?!\.{1,2}$)/;
const NO_DOTS = '"." and ".." are not allowed as names';
const identifier = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9._:-]+$/, 'only letters, digits and . _ : - are allowed')
    .regex(NOT_DOTS, NO_DOTS);

export const executionIdSchema = identifier(LIMITS.name);
export const appIdSchema = identifier(LIMITS.name);

const actorSchema = z.looseObject({
  type: open<'rule' | 'model' | 'llm' | 'human' | 'service'>(),
  id: z.string().max(LIMITS.subjectId),
  version: label.nullish(),
});

const reasonSchema = z.looseObject({
  code: z.string().max(LIMITS.code),
  text: z.string().nullish(),
  ruleId: label.nullish(),
  factor: z.string().nullish(),
  contribution: z.number().nullish(),
});

const decisionSchema = z.looseObject({
  outcome: z.string().min(1).max(LIMITS.outcome),
  adverse: z.boolean().nullish(),
  score: z.number().nullish(),
  confidence: z.number().min(0).max(1).nullish(),
  reasons: z.array(reasonSchema).nullish(),
  decidedBy: actorSchema.nullish(),
  humanInvolvement: open<'none' | 'review' | 'final'>().nullish(),
  /** The rule by which the outcome follows from the checks, if the program states it. */
  basis: z
    .looseObject({
      kind: open<'all_pass'>(),
      pass: z.string().max(LIMITS.outcome),
      fail: z.string().max(LIMITS.outcome),
    })
    .nullish(),
  /** Where an outcome was found that the program did not record as one: an attribute, a path into an answer. */
  readFrom: z.string().max(LIMITS.subjectId).nullish(),
});

const ruleSchema = z.looseObject({
  id: label,
  version: label.nullish(),
  result: z.enum(['pass', 'fail', 'skip', 'error']).nullish(),
  effect: open<'reject' | 'flag' | 'score' | 'none'>().nullish(),
  field: z.string().nullish(),
  op: z.string().nullish(),
  actual: json.optional(),
  threshold: json.optional(),
  unit: z.string().nullish(),
  points: z.number().nullish(),
  counts: z
    .looseObject({
      evaluated: count,
      passed: count,
      failed: count,
      skipped: count,
      error: count,
      decisive: count,
    })
    .nullish(),
});

const candidateSchema = z.looseObject({
  id: z.string().max(LIMITS.candidateId),
  outcome: z.enum(CANDIDATE_OUTCOMES),
  score: z.number().nullish(),
  scores: z.record(z.string(), z.number()).nullish(),
  rank: z.number().nullish(),
  previousRank: z.number().nullish(),
  reasons: z.array(reasonSchema).nullish(),
  rules: z
    .array(z.looseObject({ id: label, result: ruleSchema.shape.result, actual: json.optional() }))
    .nullish(),
  data: json.optional(),
  stratum: z.string().nullish(),
});

const candidateSetSchema = z.looseObject({
  type: label.nullish(),
  person: z.boolean().nullish(),
  in: count,
  out: count,
  byOutcome: z.record(z.string(), count),
  byReason: z.record(z.string(), count).nullish(),
  cutoff: z.number().nullish(),
  items: z.array(candidateSchema),
  strata: z.array(z.looseObject({ name: z.string(), population: count, kept: count })).nullish(),
  ledger: z
    .looseObject({
      ids: z.array(z.string().max(LIMITS.candidateId)),
      outcomes: z.string(),
      reasons: z.array(z.string()),
      reasonIx: z.array(z.int()),
      scores: z.array(z.number().nullable()).nullish(),
    })
    .nullish(),
});

const artifactSchema = z.looseObject({
  name: z.string().max(LIMITS.subjectId),
  mediaType: label,
  bytes: count,
  sha256: z.string().nullish(),
  uri: z.string().nullish(),
  inline: z.string().nullish(),
});

/**
 * The return value of a step's function, if `output` does not show it. Replays of the execution need it.
 */
const returnedSchema = z.looseObject({
  /** The function returned a promise. */
  async: z.boolean().nullish(),
  /** `lost`: a stream, a function, too large, or not kept. */
  of: open<'output' | 'value' | 'error' | 'lost'>(),
  value: json.optional(),
  /** Types that JSON cannot express, by JSON Pointer into the return value. */
  types: z
    .record(
      z.string(),
      open<'date' | 'bigint' | 'undefined' | 'nan' | 'map' | 'set' | 'bytes' | 'class'>(),
    )
    .nullish(),
});

const stepErrorSchema = z.looseObject({
  type: z.string(),
  message: z.string(),
  stack: z.string().nullish(),
  /**
   * The thrown error's code, such as `ECONNREFUSED` or a number. Older clients sent other values under this
   * name.
   */
  code: json.optional(),
  /** The error's other own members. */
  props: json.optional(),
  /** An error in the same form. Older clients sent other values under this name. */
  cause: json.optional(),
  /** The errors inside an aggregate error, each in the same form. */
  errors: json.optional(),
});

const stepSchema = z.looseObject({
  sequence: z.int().min(0).max(0x7fffffff).nullish(),
  parent: z.int().min(0).max(0x7fffffff).nullish(),
  name,
  kind: open<KnownKind>().nullish(),
  status: z.enum(STEP_STATUSES).nullish(),
  input: json.optional(),
  output: json.optional(),
  reasoning: z.string().nullish(),
  returned: returnedSchema.nullish(),
  error: stepErrorSchema.nullish(),
  startedAt: instant.nullish(),
  durationMs: z.number().min(0).nullish(),
  timing: open<'measured' | 'inferred'>().nullish(),
  attempt: z.int().min(0).nullish(),
  actor: actorSchema.nullish(),
  model: z
    .looseObject({
      provider: label.nullish(),
      name: label,
      promptVersion: label.nullish(),
      params: json.optional(),
      inputTokens: z.number().nullish(),
      outputTokens: z.number().nullish(),
      costUsd: z.number().nullish(),
    })
    .nullish(),
  rules: z.array(ruleSchema).nullish(),
  candidates: candidateSetSchema.nullish(),
  artifacts: z.array(artifactSchema).nullish(),
  metrics: z.record(z.string(), z.number().nullable()).nullish(),
  /** The OpenTelemetry span that the step was, and its name where `name` differs. */
  spanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits')
    .nullish(),
  spanName: z.string().nullish(),
  /** Attributes of the span that no field of the step holds. */
  attributes: json.optional(),
});

const markSchema = z.looseObject({
  path: z.string(),
  kind: open<
    | 'truncated'
    | 'sampled'
    | 'dropped'
    | 'redacted'
    | 'hashed'
    | 'coerced'
    | 'circular'
    | 'redactor_error'
    | 'clock_skew'
    | 'erased'
  >(),
  rule: z.string().nullish(),
  original: z.number().nullish(),
  kept: z.number().nullish(),
  unit: open<'bytes' | 'items' | 'depth'>().nullish(),
});

const subjectSchema = z.looseObject({
  type: name,
  id: z.string().min(1).max(LIMITS.subjectId),
  idForm: open<'plain' | 'hmac'>().nullish(),
  person: z.boolean().nullish(),
});

const linkSchema = z.looseObject({
  executionId: executionIdSchema,
  stepSequence: z.int().min(0).nullish(),
  relation: open<'parent' | 'retry_of' | 'review_of' | 'overrides' | 'replay_of'>(),
});

/**
 * One execution of a decision pipeline, version 1 of the wire format (docs/wire-format.md).
 *
 * Unknown fields are valid at every level, and an optional `null` counts as absent. The schema only
 * validates. Store the JSON that was sent, not this schema's output.
 */
export const snapshotSchema = z.looseObject({
  schemaVersion: z.literal(1).nullish(),
  executionId: executionIdSchema,
  revision: z.int().min(1).nullish(),
  instanceId: z.string().min(1).max(LIMITS.name).nullish(),
  instanceSeq: z.int().min(0).nullish(),
  appId: appIdSchema,
  pipeline: name.regex(NOT_DOTS, NO_DOTS),
  environment: z.string().min(1).max(LIMITS.environment).nullish(),
  versions: z.record(label, label.nullable()).nullish(),
  status: z.enum(STATUSES).nullish(),
  decision: decisionSchema.nullish(),
  startedAt: instant.nullish(),
  endedAt: instant.nullish(),
  sentAt: instant.nullish(),
  durationMs: z.number().min(0).nullish(),
  subjects: z.array(subjectSchema).nullish(),
  input: json.optional(),
  output: json.optional(),
  tags: z.array(z.string().max(LIMITS.tag)).nullish(),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .nullish(),
  trace: z
    .looseObject({
      traceId: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits'),
      spanId: z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits'),
      flags: z.int().nullish(),
    })
    .nullish(),
  links: z.array(linkSchema).nullish(),
  /** The attributes of the trace that named the pipeline and the environment. */
  readFrom: z
    .looseObject({ pipeline: z.string().nullish(), environment: z.string().nullish() })
    .nullish(),
  steps: z.array(stepSchema).max(LIMITS.steps),
  dropped: z
    .looseObject({
      steps: count.nullish(),
      candidates: count.nullish(),
      bytes: count.nullish(),
      snapshotsSinceLast: count.nullish(),
    })
    .nullish(),
  marks: z.array(markSchema).nullish(),
  /**
   * This execution replays a recorded one (`links`, `replay_of`) in a run that compares new code with old
   * records.
   */
  replay: z
    .looseObject({ run: z.string().max(LIMITS.name), arm: open<'candidate' | 'control'>() })
    .nullish(),
  sdk: z.looseObject({ name: z.string(), version: z.string() }).nullish(),
});

export type Snapshot = z.infer<typeof snapshotSchema>;
export type Step = z.infer<typeof stepSchema>;
export type StepError = z.infer<typeof stepErrorSchema>;
export type Returned = z.infer<typeof returnedSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type Reason = z.infer<typeof reasonSchema>;
export type Actor = z.infer<typeof actorSchema>;
export type Rule = z.infer<typeof ruleSchema>;
export type Candidate = z.infer<typeof candidateSchema>;
export type CandidateSet = z.infer<typeof candidateSetSchema>;
export type Artifact = z.infer<typeof artifactSchema>;
export type Mark = z.infer<typeof markSchema>;
export type Subject = z.infer<typeof subjectSchema>;
export type Link = z.infer<typeof linkSchema>;

/**
 * Whether a JSON value nests deeper than `limit` containers. Its recursion stops at the limit, so deep
 * values cannot overflow the stack.
 */
export function jsonDepthExceeds(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null && jsonDepthExceeds(child, limit - 1)) {
      return true;
    }
  }
  return false;
}
