import type { CandidateText } from './candidate-text.js';
import type { Actor } from './wire/decision.js';
import type { Mark } from './wire/snapshot.js';
import type { Artifact, Kind, Model, Rule, StepStatus } from './wire/step.js';

/**
 * A rule and its result; `actual` and `threshold` may be anything.
 *
 * @example
 * ```ts
 * const rule: RuleRecord = { id: 'min_score', result: 'fail', actual: 640, threshold: 660 };
 * ```
 */
export type RuleRecord = Omit<Rule, 'actual' | 'threshold'> & {
  actual?: unknown;
  threshold?: unknown;
};

/**
 * Facts about a step, which can be added while it runs. `input` and `output` may be anything.
 *
 * @example
 * ```ts
 * const note: StepNote = { reasoning: 'Two late payments', model: { name: 'gpt-5' } };
 * ```
 */
export interface StepNote {
  kind?: Kind | undefined;
  input?: unknown;
  output?: unknown;
  reasoning?: string | undefined;
  attempt?: number | undefined;
  actor?: Actor | undefined;
  model?: (Omit<Model, 'params'> & { params?: unknown }) | undefined;
  metrics?: Record<string, number> | undefined;
}

/**
 * One whole step for a single call of `recordStep`.
 *
 * @example
 * ```ts
 * const record: StepRecord = { name: 'credit_score', output: { score: 750 }, status: 'completed' };
 * ```
 */
export interface StepRecord extends StepNote {
  name: string;
  /** Default: `completed`, or `failed` if there is an `error`. */
  status?: StepStatus | undefined;
  /** The error that was thrown, or a message. */
  error?: unknown;
  /**
   * The duration in milliseconds. Default: the time since the previously recorded step, marked as inferred.
   */
  durationMs?: number | undefined;
  rules?: readonly RuleRecord[] | undefined;
  artifacts?: readonly Artifact[] | undefined;
}

/** When a step began and how long it took, both in milliseconds. */
export interface StepTiming {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timing: 'measured' | 'inferred';
}

/** One step as JSON text. It is in parts, so that an oversized snapshot can shed some of them. */
export interface StepText {
  readonly name: string;
  readonly status: StepStatus;
  readonly kind: Kind | undefined;
  /** The members that are never shed, without braces. */
  readonly head: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly reasoning: string | undefined;
  /** The members of `returned`, without braces. `undefined` if no function was called. */
  readonly returned: string | undefined;
  /** The text of `returned.value`. */
  readonly value: string | undefined;
  readonly candidates: CandidateText | undefined;
  /** The paths of these marks begin at the step. */
  readonly marks: readonly Mark[];
}
