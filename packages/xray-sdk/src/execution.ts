import type { Capture } from './capture.js';
import { type DecisionDetails, type ExecutionFacts, ExecutionFields } from './execution-fields.js';
import { isIdentifier } from './fields.js';
import { hash32 } from './hash.js';
import { uuidV7 } from './identity.js';
import type { Settings } from './options.js';
import type { ContextStore } from './platform.js';
import { RealDate } from './real-time.js';
import { functionFor, openReplay, type ReplayedExecution } from './replay-hook.js';
import type { ExecutionText } from './serialize.js';
import { type Endings, settleWith, splitArguments } from './settle.js';
import { isObject, overlay, quietly } from './source.js';
import { Step, type StepHost, type StepOptions } from './step.js';
import { StepList } from './step-list.js';
import type { StepRecord } from './step-text.js';
import { StepDraft } from './step-draft.js';
import { writeStep } from './step-record.js';
import { type Continuation, ownTrace, originOf, writeHeaders } from './trace.js';
import type { Reason } from './wire/decision.js';
import type { Status, Trace } from './wire/snapshot.js';
import { warnOnce } from './warning.js';

/**
 * The options of an execution.
 *
 * @example
 * ```ts
 * const options: ExecutionOptions = { subject: { applicant: 'a-17' }, versions: { ruleset: 'r42' } };
 * ```
 */
export interface ExecutionOptions extends ExecutionFacts, Continuation {
  /** 1 to 128 characters of `[A-Za-z0-9._:-]`. Default: a new UUIDv7. */
  executionId?: string | undefined;
  /** Default: the client's pipeline. */
  pipeline?: string | undefined;
  /**
   * Keeps a serverless invocation alive until the snapshot is delivered. Default: the client's
   * `waitUntil`.
   */
  waitUntil?: ((delivered: Promise<unknown>) => void) | undefined;
}

/** The execution and the step of an asynchronous call. */
export interface Context {
  readonly execution: Execution;
  readonly step: Step | undefined;
}

/** One flush, with everything that the client needs in order to send it. */
export interface Submission {
  /** Unique per execution and process. */
  readonly key: number;
  /** Whether no later snapshot of the execution follows. */
  readonly isFinal: boolean;
  /** The sequence number that `submit` returned for an earlier terminal snapshot of this execution. */
  readonly instanceSeq: number | undefined;
  readonly rootId: string;
  readonly isAdverse: boolean;
  readonly waitUntil: ExecutionOptions['waitUntil'];
  readonly text: ExecutionText;
}

/** The part of the client that an execution uses. */
export interface ExecutionHost {
  readonly settings: Settings;
  readonly capture: Capture;
  /** The fields of every execution at its start. */
  readonly fields: ExecutionFields;
  readonly context: ContextStore<Context> | undefined;
  /** Returns the sequence number of a terminal snapshot in this process. */
  submit(submission: Submission): number | undefined;
  ignored(): void;
}

const MAX_ITEMS_PER_EXECUTION = 2_000;
const MAX_FAILED_CHECKS = 500;

const MAX_LATE_SUBMISSIONS = 100;
/** A getter may itself record something, which calls another getter, and so on. */
const MAX_NESTED_CALLS = 8;

const NO_OPTIONS: ExecutionOptions = Object.freeze({});

let nextKey = 1;
let nestedCalls = 0;

/**
 * One decision while it is made. Recording calls return at once and never throw. A call after the
 * end is ignored and counted in `stats().ignoredCalls`. A step that still runs when
 * `completeExecution` or `failExecution` is called is recorded as `running`; its own end comes too
 * late.
 *
 * @example
 * ```ts
 * const execution: Execution = xray.startExecution({ subject: { applicant: 'a-17' } });
 * execution.decide('approved');
 * execution.completeExecution();
 * ```
 */
export class Execution {
  readonly id: string;
  readonly #host: ExecutionHost;
  readonly #replayed: ReplayedExecution | undefined;
  #ownFields: ExecutionFields | undefined;
  readonly #steps: StepList;
  #stepHost: StepHost | undefined;
  readonly #key: number;
  readonly #rootId: string;
  readonly #waitUntil: ExecutionOptions['waitUntil'];
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  #failedChecks: Reason[] | undefined;
  /** This is kept even if nothing is recorded, because the host's decision may depend on it. */
  #hasFailedCheck = false;
  #lastMonotonicMs: number;
  #trace: Trace | undefined;
  #isAdverse = false;
  #itemsLeft = MAX_ITEMS_PER_EXECUTION;
  #revision = 0;
  #lastError: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #status: Status = 'running';
  /** The sequence number of its terminal snapshots in this process. */
  #instanceSeq: number | undefined;
  #isRun = false;
  #isRunOver = false;
  #openSteps = 0;
  #lateSubmissionsLeft = MAX_LATE_SUBMISSIONS;
  #draws = 0;

  /** Call `startExecution` instead. */
  constructor(given: ExecutionHost, options: ExecutionOptions = NO_OPTIONS) {
    const replay = openReplay(given, options);
    const host = replay?.host ?? given;
    const { settings } = host;
    this.#host = host;
    this.#replayed = replay?.replayed;
    this.#key = nextKey;
    nextKey += 1;
    this.#startedAtMs = settings.clock.wallMs();
    this.#startedMonotonicMs = settings.clock.monotonicMs();
    this.#lastMonotonicMs = this.#startedMonotonicMs;
    const { executionId, waitUntil } = options === NO_OPTIONS ? NO_OPTIONS : choicesOf(options);
    this.id = this.#replayed?.executionId ?? executionId ?? uuidV7(this.#startedAtMs);
    this.#waitUntil = waitUntil ?? settings.waitUntil;
    this.#steps = new StepList(settings.maxSteps);
    const origin = originOf(options);
    this.#rootId = origin.rootId ?? this.id;
    this.#trace = origin.trace;
    if (options === NO_OPTIONS) return;
    this.#attempt(() => {
      if (origin.links.length > 0) this.#fields.setLinks(origin.links);
      this.#fields.start(options);
    });
  }

  /** Made on the first change, because many executions have no fields of their own. */
  get #fields(): ExecutionFields {
    return (this.#ownFields ??= new ExecutionFields(this.#host.capture, this.#host.fields));
  }

  /**
   * Records one step in its current state. Later changes to `input` or `output` do not change the record.
   *
   * @example
   * ```ts
   * execution.recordStep({ name: 'credit_score', input: { id: '123' }, output: { score: 750 } });
   * ```
   */
  recordStep(step: StepRecord): void {
    // Without a closure, because most of the calls are this one.
    if (!this.#enter()) return;
    try {
      const { capture, settings } = this.#host;
      const now = settings.clock.monotonicMs();
      const text = writeStep(capture, this.#steps.takeSequence(), step, {
        startedAtMs: this.#wallAt(this.#lastMonotonicMs),
        sinceLastMs: now - this.#lastMonotonicMs,
      });
      // A getter of the step may have ended the execution in the meantime.
      if (!this.#isOpen()) {
        this.#host.ignored();
        return;
      }
      this.#steps.add(text);
      this.#lastMonotonicMs = now;
    } catch {
      warnUnrecorded();
    } finally {
      nestedCalls -= 1;
    }
  }

  /**
   * Runs a function as a step: timed, its result captured as the output, its error recorded and
   * rethrown untouched. Returns what the function returns: a promise stays a promise, and a query
   * still runs only when it is awaited. If the function returns a stream or a generator, the step
   * ends with it. Steps may run in parallel and may be nested.
   *
   * @example
   * ```ts
   * const score = await execution.step('credit_score', { kind: 'retrieve' }, () => bureau('a-17'));
   * ```
   */
  step<R>(name: string, fn: (step: Step) => R): R;
  step<R>(name: string, options: StepOptions, fn: (step: Step) => R): R;
  step<R>(name: string, ...rest: [(step: Step) => R] | [StepOptions, (step: Step) => R]): R {
    const [options, fn] = splitArguments(rest);
    return this.#runStep(name, options, fn, undefined);
  }

  /**
   * Records the decision. Failed checks become the reasons unless `details` has other reasons.
   *
   * @example
   * ```ts
   * execution.decide('declined', { adverse: true, reasons: ['SCORE_LOW'] });
   * ```
   */
  decide(outcome: string, details?: DecisionDetails): void {
    this.#replayed?.decided();
    this.#attempt(() => {
      const isAdverse = this.#fields.decide(outcome, details, this.#failedChecks ?? []);
      if (isAdverse !== undefined) this.#isAdverse = isAdverse;
    });
  }

  /**
   * Decides by the checks: the first outcome if no rejecting check failed, else the second, which
   * is adverse. The record then says that the outcome follows from the checks, so a what-if can be
   * computed. Returns the outcome.
   *
   * @example
   * ```ts
   * const outcome = execution.decideByChecks('approved', 'declined');
   * ```
   */
  decideByChecks<Pass extends string, Fail extends string>(
    pass: Pass,
    fail: Fail,
    details?: DecisionDetails,
  ): Pass | Fail {
    this.#replayed?.decided();
    const hasFailed = this.#hasFailedCheck;
    this.#attempt(() => {
      const basis = { kind: 'all_pass', pass, fail } as const;
      const whole = isObject(details) ? overlay({ adverse: hasFailed }, details) : undefined;
      const given = whole ?? details ?? { adverse: hasFailed };
      const isAdverse = this.#fields.decide(
        hasFailed ? fail : pass,
        given,
        this.#failedChecks ?? [],
        basis,
      );
      if (isAdverse !== undefined) this.#isAdverse = isAdverse;
    });
    return hasFailed ? fail : pass;
  }

  /**
   * Adds facts about the execution. A later fact replaces an earlier one of the same name.
   *
   * @example
   * ```ts
   * execution.set({ tags: ['priority'], metadata: { region: 'eu' } });
   * ```
   */
  set(facts: ExecutionFacts): void {
    this.#attempt(() => this.#fields.set(facts));
  }

  /**
   * Starts an execution that is a part of this one. It may belong to another pipeline, and needs
   * its own end.
   *
   * @example
   * ```ts
   * const pricing = execution.child('pricing');
   * pricing.completeExecution();
   * ```
   */
  child(pipeline: string, options?: ExecutionOptions): Execution {
    const inherited = { fromHeaders: this.headers(), waitUntil: this.#waitUntil, pipeline };
    if (!isObject(options)) return new Execution(this.#host, inherited);
    const merged = overlay(inherited, options);
    if (merged === undefined) warnOnce('the options of a child cannot be read');
    const whole = Object.defineProperty(merged ?? inherited, 'pipeline', { value: pipeline });
    return new Execution(this.#host, whole);
  }

  /**
   * Sends the record so far, as `running`. Use it in long executions, and before a person takes
   * over.
   *
   * @example
   * ```ts
   * execution.checkpoint();
   * ```
   */
  checkpoint(): void {
    this.#attempt(() => this.#submit('running'));
  }

  /**
   * Returns headers for another process that continues this decision: W3C `traceparent` and one of
   * X-Ray. Pass them there to `run` or `startExecution` as `fromHeaders`.
   *
   * @example
   * ```ts
   * await fetch('https://review.example/queue', { method: 'POST', headers: execution.headers() });
   * ```
   */
  headers(): Record<string, string> {
    this.#trace ??= ownTrace(this.id);
    return writeHeaders(this.id, this.#rootId, this.#trace);
  }

  /**
   * Ends the execution and passes its snapshot to the background delivery.
   *
   * @example
   * ```ts
   * execution.completeExecution();
   * ```
   */
  completeExecution(): void {
    this.#end('completed');
  }

  /**
   * Ends the execution as technically failed. The error becomes a last, failed step, unless a step
   * has recorded it.
   *
   * @example
   * ```ts
   * execution.failExecution(new Error('the bureau did not answer'));
   * ```
   */
  failExecution(error?: unknown): void {
    this.#end('failed', () => {
      const isKnown = this.#lastError !== undefined && this.#lastError.error === error;
      if (error === undefined || isKnown) return;
      this.recordStep({ name: 'error', status: 'failed', error: error ?? String(error) });
    });
  }

  /**
   * When the execution started, by the host's clock. A replay gives the recorded time.
   *
   * @example
   * ```ts
   * const age = execution.startedAt.getFullYear() - applicant.birthYear;
   * ```
   */
  get startedAt(): Date {
    return new RealDate(this.#startedAtMs);
  }

  /**
   * The next random number of this execution, from 0 to below 1. It follows from the execution's id, so that a replay
   * gets the same numbers and nothing has to be recorded. Not for secrets.
   *
   * @example
   * ```ts
   * const isInTrial = execution.random() < 0.1;
   * ```
   */
  random(): number {
    this.#draws += 1;
    return hash32(`${this.id} ${String(this.#draws)}`) / 4_294_967_296;
  }

  /** Whether the execution has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * The callbacks by which `run` ends the execution. A later snapshot adds the steps that outlive
   * its function.
   *
   * @internal
   */
  endings(): Endings {
    this.#isRun = true;
    return {
      onReturn: () => this.#endRun(() => this.completeExecution()),
      onThrow: (error) => this.#endRun(() => this.failExecution(error)),
      onPromise: () => {},
      onHold: () => {
        if (!this.#hasEnded) this.checkpoint();
      },
      onStart: () => {},
      onValue: () => {},
      around: (part) => this.#inContext(undefined, part),
    };
  }

  #runStep<R>(
    name: string,
    options: StepOptions | undefined,
    fn: (step: Step) => R,
    parent: Step | undefined,
  ): R {
    const step = this.#openStep(name, options, parent);
    const chosen = functionFor(this.#replayed, () => step.text(), fn);
    return settleWith(() => this.#inContext(step, () => chosen(step)), {
      onReturn: (value) => {
        step.finish(value);
        this.#closeStep(step);
      },
      onThrow: (error) => {
        step.fail(error);
        this.#lastError = { error };
        this.#closeStep(step);
      },
      onPromise: () => step.promised(),
      onHold: () => step.hold(),
      onStart: () => step.start(),
      onValue: (value) => step.streamed(value),
      around: (part) => this.#inContext(step, part),
    });
  }

  #openStep(name: string, options: StepOptions | undefined, parent: Step | undefined): Step {
    const { clock } = this.#host.settings;
    const now = clock.monotonicMs();
    const outer = parent ?? this.#host.context?.getStore();
    const outerStep =
      outer instanceof Step ? outer : outer?.execution === this ? outer.step : undefined;
    const sequence = this.#steps.takeSequence();
    const draft = new StepDraft(this.#host.capture, sequence, outerStep?.sequence, name);
    const step = new Step(this.#hostOfSteps(), draft, {
      startedAtMs: this.#wallAt(now),
      elapsedMs: () => clock.monotonicMs() - now,
    });
    step.isCounted = !this.#hasEnded || this.#takesLateSteps();
    if (step.isCounted) this.#openSteps += 1;
    this.#attempt(() => {
      this.#steps.addLive(step);
      draft.note(options);
    });
    return step;
  }

  #closeStep(step: Step): void {
    this.#steps.ended(step);
    if (!step.isCounted) return;
    step.isCounted = false;
    const isLast = this.#openSteps === 1;
    if (isLast && this.#takesLateSteps()) {
      this.#lateSubmissionsLeft -= 1;
      this.#attempt(() => this.#submit(this.#status));
    }
    this.#openSteps -= 1;
  }

  /** `run` ended the execution, not the host, so steps may still be recorded after that end. */
  #takesLateSteps(): boolean {
    return this.#isRunOver && this.#lateSubmissionsLeft > 0;
  }

  #isOpen(): boolean {
    return !this.#hasEnded || (this.#openSteps > 0 && this.#takesLateSteps());
  }

  #endRun(end: () => void): void {
    if (this.#hasEnded) return;
    end();
    this.#isRunOver = true;
  }

  #hostOfSteps(): StepHost {
    this.#stepHost ??= {
      executionId: this.id,
      keepsValues: this.#host.settings.keepsEffects,
      attempt: (action) => this.#attempt(action),
      checkFailed: () => {
        this.#hasFailedCheck = true;
      },
      failedCheck: (reason) => {
        // A decision holds fewer reasons than this. More of them are only counted.
        this.#failedChecks ??= [];
        if (this.#failedChecks.length < MAX_FAILED_CHECKS) this.#failedChecks.push(reason);
      },
      takeItems: (wanted) => {
        const given = Math.min(wanted, this.#itemsLeft);
        this.#itemsLeft -= given;
        return given;
      },
      runStep: (name, stepOptions, fn, parent) => this.#runStep(name, stepOptions, fn, parent),
    };
    return this.#stepHost;
  }

  #inContext<R>(step: Step | undefined, fn: () => R): R {
    const { context } = this.#host;
    return context === undefined ? fn() : context.run({ execution: this, step }, fn);
  }

  #wallAt(monotonicMs: number): number {
    return this.#startedAtMs + (monotonicMs - this.#startedMonotonicMs);
  }

  #end(status: Status, before?: () => void): void {
    if (this.#hasEnded) {
      if (this.#host.settings.isEnabled) this.#host.ignored();
      return;
    }
    this.#attempt(() => {
      before?.();
      this.#hasEnded = true;
      this.#status = status;
      this.#submit(status);
    });
  }

  #submit(status: Status): void {
    this.#revision += 1;
    if (this.#trace !== undefined) this.#fields.setTrace(this.#trace);
    this.#instanceSeq = this.#host.submit({
      key: this.#key,
      isFinal: status !== 'running' && !this.#isRun,
      instanceSeq: this.#instanceSeq,
      rootId: this.#rootId,
      isAdverse: this.#isAdverse,
      waitUntil: this.#waitUntil,
      text: {
        executionId: this.id,
        revision: this.#revision,
        status,
        fields: (this.#ownFields ?? this.#host.fields).texts,
        steps: this.#steps.texts(),
        leftOut: this.#steps.leftOut,
        startedAtMs: this.#startedAtMs,
        durationMs: this.#host.settings.clock.monotonicMs() - this.#startedMonotonicMs,
      },
    });
  }

  /**
   * Runs one recording call. After the end it is ignored and counted. Errors do not reach the host.
   */
  #attempt(action: () => void): void {
    if (!this.#enter()) return;
    try {
      action();
    } catch {
      warnUnrecorded();
    } finally {
      nestedCalls -= 1;
    }
  }

  /** Whether a recording call may run. If so, the caller has to lower `nestedCalls` again. */
  #enter(): boolean {
    if (!this.#host.settings.isEnabled) return false;
    if (!this.#isOpen() || nestedCalls >= MAX_NESTED_CALLS) {
      this.#host.ignored();
      return false;
    }
    nestedCalls += 1;
    return true;
  }
}

/** The error may contain the host's data, so it must not be logged. */
function warnUnrecorded(): void {
  warnOnce('a call could not be recorded');
}

/** A getter that throws costs only that option, not the host's call. */
function choicesOf(options: ExecutionOptions): Pick<ExecutionOptions, 'executionId' | 'waitUntil'> {
  const executionId = quietly(() => options.executionId);
  const waitUntil = quietly(() => options.waitUntil);
  const choices = typeof waitUntil === 'function' ? { waitUntil } : {};
  if (executionId === undefined || executionId === null) return choices;
  if (isIdentifier(executionId)) return { ...choices, executionId };
  warnOnce('an executionId must be 1 to 128 letters, digits and . _ : -; another one is used');
  return choices;
}
