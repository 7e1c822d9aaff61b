import type { Json, Snapshot } from '../wire/snapshot.js';
import type { StepError } from '../wire/step.js';

/**
 * A condition of the gate: the greatest number of flips, or of changes between two outcomes.
 *
 * @example
 * ```ts
 * const gate: GateRule = { what: 'approved→declined', max: 0, where: 'metadata.region:eu' };
 * ```
 */
export interface GateRule {
  /** `flips`, `moved`, or two outcomes with an arrow: `approved→declined`. */
  what: string;
  /** A number of executions, or a share such as `1%`. */
  max: number | string;
  /** A filter in X-Ray's query language. Default: all executions. */
  where?: string | undefined;
}

/**
 * How one pipeline is replayed.
 *
 * @example
 * ```ts
 * const plan: PipelineReplay = {
 *   run: (recorded) => decideLoan(xray, recorded.input, services),
 *   live: ['risk_tier'],
 * };
 * ```
 */
export interface PipelineReplay {
  /** Calls your code with the recorded input. Your code records with its own client. */
  run(recorded: Snapshot): unknown;
  /** Names of steps to run, although steps of their kind are answered from the record. */
  live?: readonly string[] | undefined;
  /** Names of steps to answer from the record, although steps of their kind run. */
  answer?: readonly string[] | undefined;
  /** Functions for steps that the record does not have, by name. */
  stubs?:
    | Readonly<Record<string, (input: Json | undefined, recorded: Json | undefined) => unknown>>
    | undefined;
  /** Makes a recorded error an instance of your class again, by its name. */
  errors?: Readonly<Record<string, (error: StepError) => unknown>> | undefined;
  /** Makes a recorded answer an instance of your class again, by the name of the step. */
  revive?: Readonly<Record<string, (value: unknown) => unknown>> | undefined;
  /** Removes parts of an input that do not count, such as request ids, by the name of the step. */
  sameInput?: Readonly<Record<string, (input: Json) => Json>> | undefined;
  /** What to do if the record has no answer. Default: `fail`. `stub` returns undefined. */
  onMiss?: 'fail' | 'live' | 'stub' | undefined;
  /**
   * What to do if a step is called with an unrecorded input. Default: `fail`. `nth` takes the next answer.
   */
  onOtherInput?: 'fail' | 'live' | 'nth' | undefined;
  /** The choice beside the outcome. Default: the first candidate of the last ranking. */
  choice?: ((snapshot: Snapshot) => string | null) | undefined;
  /** The limits that a run must keep. The runner of `@xray/replay` reads them. */
  gate?: readonly GateRule[] | undefined;
}

/**
 * The result of the decision, as a replay compares it.
 *
 * @example
 * ```ts
 * const was: Decided = { outcome: 'approved', adverse: false, status: 'completed', choice: null, reason: null };
 * ```
 */
export interface Decided {
  outcome: string | null;
  adverse: boolean;
  status: string;
  choice: string | null;
  /** The code of the main reason. */
  reason: string | null;
}

/**
 * A step by its place in the record.
 *
 * @example
 * ```ts
 * const step: StepRef = { sequence: 4, name: 'rules' };
 * ```
 */
export interface StepRef {
  sequence: number;
  name: string;
}

/**
 * `same`: nothing that counts differs. `moved`: the outcome is the same, the choice or the principal reason is not.
 * `flipped`: the outcome, `adverse` or the technical status differs. `undecided`: the record does not determine it.
 * `not_replayable`: the record lacks what a replay needs.
 *
 * @example
 * ```ts
 * const verdict: Verdict = 'flipped';
 * ```
 */
export type Verdict = 'same' | 'moved' | 'flipped' | 'undecided' | 'not_replayable';

/**
 * The replay of one recorded execution.
 *
 * @example
 * ```ts
 * const { verdict, why, was, is }: ReplayResult = result;
 * ```
 */
export interface ReplayResult {
  executionId: string;
  pipeline: string;
  verdict: Verdict;
  /** Why it is undecided or not replayable. */
  why: string | null;
  was: Decided;
  is: Decided | null;
  /** Set by the runner of `@xray/replay`. */
  cause: { origin: StepRef; decided: StepRef & { rule?: string | undefined } } | null;
  /** Steps answered from the record. */
  answered: number;
  /** Answers whose input could not be compared. */
  unverified: number;
  /** Names of the steps whose function ran. */
  ran: readonly string[];
  /** Names of actions that the record does not have. They were not done. */
  notDone: readonly string[];
  /** Names of recorded answers that were not used. */
  unasked: readonly string[];
  /** How often the code read the clock and random numbers, and how often it tried to reach the network. */
  reads: { clock: number; chance: number; network: number };
  /** Hashes of the functions of the steps, by name: those that ran and those that were answered. */
  code: {
    ran: Readonly<Record<string, string>>;
    answered: Readonly<Record<string, string>>;
  };
  /** The record of the new code. */
  snapshot: Snapshot | null;
}
