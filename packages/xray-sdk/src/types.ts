/**
 * The decision snapshot, version 1, as the SDK writes it (docs/wire-format.md). A compile-time test
 * proves these types equal to the schemas of `@xray/core`.
 */

/**
 * Any JSON value.
 *
 * @example
 * ```ts
 * const value: Json = { score: 750, bands: ['A', null] };
 * ```
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The technical result of an execution: a declined loan did not fail.
 *
 * @example
 * ```ts
 * const status: Status = 'timed_out';
 * ```
 */
export type Status = 'running' | 'completed' | 'failed' | 'canceled' | 'timed_out';

/**
 * The technical result of a step.
 *
 * @example
 * ```ts
 * const status: StepStatus = 'skipped';
 * ```
 */
export type StepStatus = Status | 'skipped';

/**
 * What a step does, so that timelines and exports can tell a rule from a model.
 *
 * @example
 * ```ts
 * const kind: Kind = 'retrieve';
 * ```
 */
export type Kind =
  | 'retrieve'
  | 'transform'
  | 'model'
  | 'llm'
  | 'rules'
  | 'filter'
  | 'rank'
  | 'guard'
  | 'evaluate'
  | 'human'
  | 'action'
  | 'decide'
  | 'group'
  | 'other';

/**
 * What became of one candidate.
 *
 * @example
 * ```ts
 * const outcome: Outcome = 'rejected';
 * ```
 */
export type Outcome = 'selected' | 'kept' | 'rejected' | 'deferred' | 'error';

/**
 * One execution of a decision pipeline: one JSON object.
 *
 * @example
 * ```ts
 * const smallest: Snapshot = { executionId: 'e-1', appId: 'my-loan-app', pipeline: 'loan-approval', steps: [] };
 * ```
 */
export interface Snapshot {
  schemaVersion?: 1 | undefined;
  executionId: string;
  revision?: number | undefined;
  instanceId?: string | undefined;
  instanceSeq?: number | undefined;
  appId: string;
  pipeline: string;
  environment?: string | undefined;
  versions?: Record<string, string> | undefined;
  status?: Status | undefined;
  decision?: Decision | undefined;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  sentAt?: string | undefined;
  durationMs?: number | undefined;
  subjects?: Subject[] | undefined;
  input?: Json | undefined;
  output?: Json | undefined;
  tags?: string[] | undefined;
  metadata?: Record<string, string | number | boolean> | undefined;
  trace?: Trace | undefined;
  links?: Link[] | undefined;
  steps: Step[];
  dropped?: Dropped | undefined;
  marks?: Mark[] | undefined;
  sdk?: { name: string; version: string } | undefined;
}

/**
 * W3C trace context: 32 hex digits, 16 hex digits, flags.
 *
 * @example
 * ```ts
 * const trace: Trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
 * ```
 */
export interface Trace {
  traceId: string;
  spanId: string;
  flags?: number | undefined;
}

/**
 * How one execution stands to another.
 *
 * @example
 * ```ts
 * const relation: Relation = 'review_of';
 * ```
 */
export type Relation = 'parent' | 'retry_of' | 'review_of' | 'overrides' | 'replay_of';

/**
 * A link to another execution, or to one step of it.
 *
 * @example
 * ```ts
 * const link: Link = { executionId: 'e-1', relation: 'overrides' };
 * ```
 */
export interface Link {
  executionId: string;
  stepSequence?: number | undefined;
  relation: Relation;
}

/**
 * What the SDK left out of a snapshot, counted.
 *
 * @example
 * ```ts
 * const dropped: Dropped = { snapshotsSinceLast: 3 };
 * ```
 */
export interface Dropped {
  steps?: number | undefined;
  candidates?: number | undefined;
  bytes?: number | undefined;
  snapshotsSinceLast?: number | undefined;
}

/**
 * Who or what was decided on.
 *
 * @example
 * ```ts
 * const subject: Subject = { type: 'applicant', id: 'a-17', person: true };
 * ```
 */
export interface Subject {
  type: string;
  id: string;
  idForm?: 'plain' | 'hmac' | undefined;
  person?: boolean | undefined;
}

/**
 * The business result of an execution.
 *
 * @example
 * ```ts
 * const decision: Decision = { outcome: 'declined', adverse: true, reasons: [{ code: 'SCORE_LOW' }] };
 * ```
 */
export interface Decision {
  outcome: string;
  adverse?: boolean | undefined;
  score?: number | undefined;
  confidence?: number | undefined;
  reasons?: Reason[] | undefined;
  decidedBy?: Actor | undefined;
  humanInvolvement?: 'none' | 'review' | 'final' | undefined;
}

/**
 * Why: a stable code, and what is known beside it.
 *
 * @example
 * ```ts
 * const reason: Reason = { code: 'SCORE_LOW', ruleId: 'min_score' };
 * ```
 */
export interface Reason {
  code: string;
  text?: string | undefined;
  ruleId?: string | undefined;
  factor?: string | undefined;
  contribution?: number | undefined;
}

/**
 * Who or what acted.
 *
 * @example
 * ```ts
 * const actor: Actor = { type: 'human', id: 'reviewer-7' };
 * ```
 */
export interface Actor {
  type: 'rule' | 'model' | 'llm' | 'human' | 'service';
  id: string;
  version?: string | undefined;
}

/**
 * One step of an execution.
 *
 * @example
 * ```ts
 * const step: SnapshotStep = { name: 'credit_score', kind: 'retrieve', output: { score: 750 } };
 * ```
 */
export interface Step {
  sequence?: number | undefined;
  parent?: number | undefined;
  name: string;
  kind?: Kind | undefined;
  status?: StepStatus | undefined;
  input?: Json | undefined;
  output?: Json | undefined;
  reasoning?: string | undefined;
  error?: StepError | undefined;
  startedAt?: string | undefined;
  durationMs?: number | undefined;
  timing?: 'measured' | 'inferred' | undefined;
  attempt?: number | undefined;
  actor?: Actor | undefined;
  model?: Model | undefined;
  rules?: Rule[] | undefined;
  candidates?: CandidateSet | undefined;
  artifacts?: Artifact[] | undefined;
  metrics?: Record<string, number> | undefined;
}

/**
 * What a step threw.
 *
 * @example
 * ```ts
 * const error: StepError = { type: 'TimeoutError', message: 'the bureau did not answer' };
 * ```
 */
export interface StepError {
  type: string;
  message: string;
  stack?: string | undefined;
}

/**
 * The model a step asked.
 *
 * @example
 * ```ts
 * const model: Model = { provider: 'openai', name: 'gpt-5', inputTokens: 812 };
 * ```
 */
export interface Model {
  provider?: string | undefined;
  name: string;
  promptVersion?: string | undefined;
  params?: Json | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  costUsd?: number | undefined;
}

/**
 * How often a rule was asked, and how often it alone decided.
 *
 * @example
 * ```ts
 * const counts: RuleCounts = { evaluated: 5000, passed: 4100, failed: 900, skipped: 0, error: 0, decisive: 700 };
 * ```
 */
export interface RuleCounts {
  evaluated: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  decisive: number;
}

/**
 * A rule and its result.
 *
 * @example
 * ```ts
 * const rule: Rule = { id: 'min_score', result: 'fail', actual: 640, threshold: 660 };
 * ```
 */
export interface Rule {
  id: string;
  version?: string | undefined;
  result?: 'pass' | 'fail' | 'skip' | 'error' | undefined;
  effect?: 'reject' | 'flag' | 'score' | 'none' | undefined;
  field?: string | undefined;
  op?: string | undefined;
  actual?: Json | undefined;
  threshold?: Json | undefined;
  unit?: string | undefined;
  points?: number | undefined;
  counts?: RuleCounts | undefined;
}

/**
 * What became of all candidates of a step: exact counts, sampled detail, a ledger of every one.
 *
 * @example
 * ```ts
 * const set: CandidateSet = { in: 1, out: 1, byOutcome: { kept: 1 }, items: [{ id: 'B01', outcome: 'kept' }] };
 * ```
 */
export interface CandidateSet {
  type?: string | undefined;
  person?: boolean | undefined;
  in: number;
  out: number;
  byOutcome: Partial<Record<Outcome, number>>;
  byReason?: Record<string, number> | undefined;
  cutoff?: number | undefined;
  items: Candidate[];
  strata?: Stratum[] | undefined;
  ledger?: Ledger | undefined;
}

/**
 * A stratum of the sample: `population / kept` is the weight of each item in it.
 *
 * @example
 * ```ts
 * const stratum: Stratum = { name: 'rejected:PRICE_HIGH', population: 900, kept: 5 };
 * ```
 */
export interface Stratum {
  name: string;
  population: number;
  kept: number;
}

/**
 * Every candidate, compact: one letter an id (s k r d e) and an index into the reasons (-1: none).
 *
 * @example
 * ```ts
 * const ledger: Ledger = { ids: ['B01', 'B02'], outcomes: 'kr', reasons: ['PRICE_HIGH'], reasonIx: [-1, 0] };
 * ```
 */
export interface Ledger {
  ids: string[];
  outcomes: string;
  reasons: string[];
  reasonIx: number[];
  scores?: (number | null)[] | undefined;
}

/**
 * One candidate in detail.
 *
 * @example
 * ```ts
 * const candidate: Candidate = { id: 'B02', outcome: 'rejected', reasons: [{ code: 'PRICE_HIGH' }] };
 * ```
 */
export interface Candidate {
  id: string;
  outcome: Outcome;
  score?: number | undefined;
  scores?: Record<string, number> | undefined;
  rank?: number | undefined;
  previousRank?: number | undefined;
  reasons?: Reason[] | undefined;
  rules?: Pick<Rule, 'id' | 'result' | 'actual'>[] | undefined;
  data?: Json | undefined;
  stratum?: string | undefined;
}

/**
 * Something a step produced or read that is no JSON: its name, type, size, and where it is.
 *
 * @example
 * ```ts
 * const artifact: Artifact = { name: 'payslip', mediaType: 'application/pdf', bytes: 81_920, uri: 's3://bucket/1' };
 * ```
 */
export interface Artifact {
  name: string;
  mediaType: string;
  bytes: number;
  sha256?: string | undefined;
  uri?: string | undefined;
  inline?: string | undefined;
}

/**
 * The trace left by whatever was cut, dropped, sampled, redacted or coerced.
 *
 * @example
 * ```ts
 * const mark: Mark = { path: '/steps/0/output/name', kind: 'truncated', original: 90_000, kept: 16_384, unit: 'bytes' };
 * ```
 */
export interface Mark {
  path: string;
  kind:
    | 'truncated'
    | 'sampled'
    | 'dropped'
    | 'redacted'
    | 'hashed'
    | 'coerced'
    | 'circular'
    | 'redactor_error'
    | 'clock_skew'
    | 'erased';
  rule?: string | undefined;
  original?: number | undefined;
  kept?: number | undefined;
  unit?: 'bytes' | 'items' | 'depth' | undefined;
}
