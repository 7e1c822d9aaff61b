/**
 * The decision snapshot, version 1, as the SDK writes it (docs/wire-format.md). A compile-time test
 * proves these types equal to the schemas of `@xray/core`.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The technical result of an execution: a declined loan did not fail. */
export type Status = 'running' | 'completed' | 'failed' | 'canceled' | 'timed_out';

/** The technical result of a step. */
export type StepStatus = Status | 'skipped';

/** What a step does, so that timelines and exports can tell a rule from a model. */
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

/** What became of one candidate. */
export type Outcome = 'selected' | 'kept' | 'rejected' | 'deferred' | 'error';

/** One execution of a decision pipeline: one JSON object. */
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

/** W3C trace context: 32 hex digits, 16 hex digits, flags. */
export interface Trace {
  traceId: string;
  spanId: string;
  flags?: number | undefined;
}

/** How one execution stands to another. */
export type Relation = 'parent' | 'retry_of' | 'review_of' | 'overrides' | 'replay_of';

/** A link to another execution, or to one step of it. */
export interface Link {
  executionId: string;
  stepSequence?: number | undefined;
  relation: Relation;
}

/** What the SDK left out of a snapshot, counted. */
export interface Dropped {
  steps?: number | undefined;
  candidates?: number | undefined;
  bytes?: number | undefined;
  snapshotsSinceLast?: number | undefined;
}

/** Who or what was decided on. */
export interface Subject {
  type: string;
  id: string;
  idForm?: 'plain' | 'hmac' | undefined;
  person?: boolean | undefined;
}

/** The business result of an execution. */
export interface Decision {
  outcome: string;
  adverse?: boolean | undefined;
  score?: number | undefined;
  confidence?: number | undefined;
  reasons?: Reason[] | undefined;
  decidedBy?: Actor | undefined;
  humanInvolvement?: 'none' | 'review' | 'final' | undefined;
}

/** Why: a stable code, and what is known beside it. */
export interface Reason {
  code: string;
  text?: string | undefined;
  ruleId?: string | undefined;
  factor?: string | undefined;
  contribution?: number | undefined;
}

/** Who or what acted. */
export interface Actor {
  type: 'rule' | 'model' | 'llm' | 'human' | 'service';
  id: string;
  version?: string | undefined;
}

/** One step of an execution. */
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

/** What a step threw. */
export interface StepError {
  type: string;
  message: string;
  stack?: string | undefined;
}

/** The model a step asked. */
export interface Model {
  provider?: string | undefined;
  name: string;
  promptVersion?: string | undefined;
  params?: Json | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  costUsd?: number | undefined;
}

/** How often a rule was asked, and how often it alone decided. */
export interface RuleCounts {
  evaluated: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  decisive: number;
}

/** A rule and its result. */
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

/** What became of all candidates of a step: exact counts, sampled detail, a ledger of every one. */
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

/** A stratum of the sample: `population / kept` is the weight of each item in it. */
export interface Stratum {
  name: string;
  population: number;
  kept: number;
}

/** Every candidate, compact: one letter an id (s k r d e) and an index into the reasons (-1: none). */
export interface Ledger {
  ids: string[];
  outcomes: string;
  reasons: string[];
  reasonIx: number[];
  scores?: (number | null)[] | undefined;
}

/** One candidate in detail. */
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

/** Something a step produced or read that is no JSON: its name, type, size, and where it is. */
export interface Artifact {
  name: string;
  mediaType: string;
  bytes: number;
  sha256?: string | undefined;
  uri?: string | undefined;
  inline?: string | undefined;
}

/** The trace left by whatever was cut, dropped, sampled, redacted or coerced. */
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
