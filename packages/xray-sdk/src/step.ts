import { type CandidateDetail, countRules, writeCandidates } from './candidate-text.js';
import {
  type FilterOptions,
  type RankOptions,
  runFilter,
  runRank,
  type Verdicts,
} from './candidates.js';
import { splitArguments } from './settle.js';
import { asRecord, isObject, quietly } from './source.js';
import type { LiveStep } from './step-list.js';
import type { StepDraft } from './step-draft.js';
import type { StepNote, StepText } from './step-text.js';
import type { Reason } from './wire/decision.js';
import type { Artifact, Kind, StepStatus } from './wire/step.js';

/**
 * The details of a check.
 *
 * @example
 * ```ts
 * const details: CheckDetails = { actual: 640, threshold: 660, reason: 'SCORE_LOW' };
 * ```
 */
export interface CheckDetails {
  /** The checked value. */
  actual?: unknown;
  threshold?: unknown;
  /** The reason code of a failure. Default: the check's id. */
  reason?: string | undefined;
  /** The reason as a sentence for people. */
  text?: string | undefined;
  effect?: 'reject' | 'flag' | 'score' | 'none' | undefined;
  field?: string | undefined;
  op?: string | undefined;
  unit?: string | undefined;
  points?: number | undefined;
  version?: string | undefined;
}

/**
 * The options of a step.
 *
 * @example
 * ```ts
 * const options: StepOptions = { kind: 'retrieve', input: { applicant: 'a-17' } };
 * ```
 */
export type StepOptions = StepNote;

/** The part of the execution that a step uses. */
export interface StepHost {
  readonly executionId: string;
  /** Runs one recording action. Never throws. Does nothing after the end. */
  attempt(action: () => void): void;
  /** Whether to keep the return values of steps that note another output. */
  readonly keepsValues: boolean;
  /** A rejecting check failed. */
  checkFailed(): void;
  failedCheck(reason: Reason): void;
  /** Reserves room for candidate detail in the execution. Returns the number granted. */
  takeItems(wanted: number): number;
  runStep<R>(
    name: string,
    options: StepOptions | undefined,
    fn: (step: Step) => R,
    parent: Step | undefined,
  ): R;
}

/** The clock of one step, in milliseconds. */
interface StepClock {
  readonly startedAtMs: number;
  elapsedMs(): number;
}

const MAX_ITEMS_PER_STEP = 200;

/**
 * One step while it runs, as `execution.step` passes it to its function. Recording never throws and
 * returns at once. `filter` and `rank` do real work, so errors of your tests and scores are thrown
 * to you, whether recorded or not.
 *
 * @example
 * ```ts
 * execution.step('rules', { kind: 'rules' }, (step: Step) => step.check('min_score', score >= 660));
 * ```
 */
export class Step implements LiveStep {
  readonly #host: StepHost;
  readonly #draft: StepDraft;
  readonly #clock: StepClock;
  #done: StepText | undefined;
  #isUnread = false;
  /**
   * Whether the execution waits for the end of this step.
   *
   * @internal
   */
  isCounted = false;

  /** Call `execution.step` instead. */
  constructor(host: StepHost, draft: StepDraft, clock: StepClock) {
    this.#host = host;
    this.#draft = draft;
    this.#clock = clock;
  }

  /** The step's number in its execution, from 0. */
  get sequence(): number {
    return this.#draft.sequence;
  }

  /**
   * Adds facts about the step. A later fact replaces an earlier one of the same name.
   *
   * @example
   * ```ts
   * step.note({ reasoning: 'Two late payments', model: { name: 'gpt-5' } });
   * ```
   */
  note(note: StepNote): void {
    this.#record(() => this.#draft.note(note));
  }

  /**
   * Records a rule and its result, and returns the result. A failed check becomes a reason of the
   * decision, unless its effect is `flag`, `score` or `none`, or the decision states its own
   * reasons.
   *
   * @example
   * ```ts
   * const isEnough = step.check('min_score', score >= 660, { actual: score, threshold: 660, reason: 'SCORE_LOW' });
   * ```
   */
  check(id: string, isPassed: boolean, details?: CheckDetails): boolean {
    if (!isPassed && isRejecting(details)) this.#host.checkFailed();
    this.#record(() => {
      const reason = this.#draft.check(id, isPassed, details);
      if (reason !== undefined) this.#host.failedCheck(reason);
    });
    return isPassed;
  }

  /**
   * Returns the candidates that pass every rule, in order, and records every result: exact counts
   * by outcome, reason and rule, some candidates in detail, all in a ledger. An error of a test is
   * recorded and rethrown.
   *
   * @example
   * ```ts
   * const fit = step.filter(products, {
   *   id: (product) => product.asin,
   *   rules: [{ id: 'price', test: (product) => product.price <= 60, reason: 'PRICE_HIGH' }],
   * });
   * ```
   */
  filter<T>(candidates: Iterable<T>, options: FilterOptions<T>): T[] {
    const { kept, verdicts, thrown } = runFilter(candidates, options);
    this.#recordCandidates('filter', verdicts, options);
    if (thrown !== undefined) throw thrown.error;
    return kept;
  }

  /**
   * Returns the candidates by score, only the best `top` if given, and records every result.
   *
   * @example
   * ```ts
   * const [best] = step.rank(products, { id: (product) => product.asin, score: (product) => product.similarity, top: 1 });
   * ```
   */
  rank<T>(candidates: Iterable<T>, options: RankOptions<T>): T[] {
    const { ranked, verdicts } = runRank(candidates, options);
    this.#recordCandidates('rank', verdicts, options);
    return ranked;
  }

  /**
   * Records a file or other content that is not JSON and that the step made or read; at most 20.
   *
   * @example
   * ```ts
   * step.artifact({ name: 'payslip', mediaType: 'application/pdf', bytes: 81_920, uri: 's3://bucket/1' });
   * ```
   */
  artifact(artifact: Artifact): void {
    this.#record(() => this.#draft.artifact(artifact));
  }

  /**
   * Runs a step inside this one. Runtimes without AsyncLocalStorage need this; it works everywhere.
   *
   * @example
   * ```ts
   * const rate = step.step('exchange_rate', () => 1.08);
   * ```
   */
  step<R>(name: string, fn: (step: Step) => R): R;
  step<R>(name: string, options: StepOptions, fn: (step: Step) => R): R;
  step<R>(name: string, ...rest: [(step: Step) => R] | [StepOptions, (step: Step) => R]): R {
    const [options, fn] = splitArguments(rest);
    return this.#host.runStep(name, options, fn, this);
  }

  /**
   * Ends a step that returned. Its result is its output, unless the step noted another one.
   *
   * @internal
   */
  finish(result: unknown): void {
    this.#record(() => {
      this.#draft.result(result, this.#host.keepsValues);
      this.#close('completed');
    });
  }

  /**
   * Ends a step that threw.
   *
   * @internal
   */
  fail(error: unknown): void {
    this.#record(() => {
      this.#draft.thrown(error);
      this.#close('failed');
    });
  }

  /**
   * The step returned a stream or a query. The step ends when that ends.
   *
   * @internal
   */
  hold(): void {
    this.#isUnread = true;
    this.#draft.handsBack();
  }

  /**
   * Notes that the step returned a promise.
   *
   * @internal
   */
  promised(): void {
    this.#draft.isAsync = true;
  }

  /**
   * Notes that the host began to read the stream or to await the query.
   *
   * @internal
   */
  start(): void {
    this.#isUnread = false;
  }

  /**
   * Records one value of the iterator that the step returned.
   *
   * @internal
   */
  streamed(value: unknown): void {
    this.#record(() => this.#draft.streamed(value));
  }

  /**
   * The current state of the step: `running` until it ends, or `completed` if it returned a stream
   * that nobody reads.
   *
   * @internal
   */
  text(): StepText {
    return this.#done ?? this.#freeze(this.#isUnread ? 'completed' : 'running');
  }

  #recordCandidates<T>(kind: Kind, verdicts: Verdicts<T>, detail: CandidateDetail<T>): void {
    if (this.#draft.hasCandidates) {
      // A step holds one set of candidates. Another set becomes a nested step.
      this.#host.runStep(
        kind,
        {},
        (inner) => inner.#recordCandidates(kind, verdicts, detail),
        this,
      );
      return;
    }
    this.#record((host) => {
      const maxItems = host.takeItems(Math.min(verdicts.candidates.length, MAX_ITEMS_PER_STEP));
      this.#draft.suggestKind(kind);
      this.#draft.recordCandidates((capture) =>
        writeCandidates(capture, verdicts, detail, host.executionId, maxItems),
      );
      this.#draft.rules(countRules(verdicts));
    });
  }

  #close(status: StepStatus): void {
    this.#done = this.#freeze(status);
  }

  #freeze(status: StepStatus): StepText {
    return this.#draft.freeze(status, {
      startedAtMs: this.#clock.startedAtMs,
      durationMs: this.#clock.elapsedMs(),
      timing: 'measured',
    });
  }

  /** A step records nothing after its end. */
  #record(action: (host: StepHost) => void): void {
    this.#host.attempt(() => {
      if (this.#done === undefined) action(this.#host);
    });
  }
}

/** Whether a failure rejects. This agrees with `StepDraft.check`. */
function isRejecting(details: unknown): boolean {
  const effect = isObject(details) ? quietly(() => asRecord(details)['effect']) : undefined;
  return effect !== 'flag' && effect !== 'score' && effect !== 'none';
}
