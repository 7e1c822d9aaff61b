import type { CandidateSet } from './candidates.js';
import type { Actor } from './decision.js';
import type { Json, Status } from './snapshot.js';

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
 * The kind of a step. Timelines and exports distinguish, for example, rules from models.
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
  returned?: Returned | undefined;
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
  spanId?: string | undefined;
  spanName?: string | undefined;
  attributes?: Json | undefined;
}

/**
 * The error that a step threw, with its code, cause and own fields.
 *
 * @example
 * ```ts
 * const error: StepError = { type: 'TimeoutError', message: 'the bureau did not answer', code: 'ETIMEDOUT' };
 * ```
 */
export interface StepError {
  type: string;
  message: string;
  stack?: string | undefined;
  /** The thrown error's code, unchanged. */
  code?: Json | undefined;
  /** The error's own members that have no other field here. */
  props?: Json | undefined;
  /** An error in the same form; at most 4 levels deep. */
  cause?: Json | undefined;
  /** The errors inside an `AggregateError`, each in the same form; at most 10. */
  errors?: Json | undefined;
}

/**
 * The return value of a step's function, if `output` does not show it.
 *
 * @example
 * ```ts
 * const returned: Returned = { async: true, of: 'output' };
 * ```
 */
export interface Returned {
  async?: true | undefined;
  of: 'output' | 'value' | 'error' | 'lost';
  value?: Json | undefined;
  types?: Record<string, ReturnedType> | undefined;
}

/**
 * A type that JSON cannot express.
 *
 * @example
 * ```ts
 * const types: Record<string, ReturnedType> = { '/dueAt': 'date' };
 * ```
 */
export type ReturnedType =
  | 'date'
  | 'bigint'
  | 'undefined'
  | 'nan'
  | 'map'
  | 'set'
  | 'bytes'
  | 'class';

/**
 * The model that a step called.
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
 * How often a rule was evaluated, and how often it was the first to decide.
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
 * A file or other content that is not JSON and that a step made or read: its name, type, size and
 * address.
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
