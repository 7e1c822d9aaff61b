import { createHash } from 'node:crypto';

import type { AskedStep, ReplayedExecution } from '../replay-hook.js';
import type { Mark, Snapshot } from '../wire/snapshot.js';
import type { Kind, Step } from '../wire/step.js';
import { ReplayMiss } from './errors.js';
import type { PipelineReplay } from './plan.js';
import {
  comparable,
  isMarked,
  type Match,
  pathBelow,
  type RecordedStep,
  RecordedSteps,
} from './recorded-steps.js';
import type { Replay } from './replay.js';
import { NotRevivable, revived, revivedError } from './revive.js';
import { takeOver } from './take-over.js';
import { live } from './world.js';

type Fn = (step: never) => unknown;
type StandIn = (step: unknown) => unknown;
const AsyncFunction = (async () => {}).constructor;

/** One execution of the new code, answered from one record. */
export class ReplayedRun implements ReplayedExecution {
  readonly executionId: string;
  readonly clock = {
    wallMs: (): number => this.#replay.nowMs,
    monotonicMs: (): number => this.#replay.nowMs,
  };
  readonly ran = new Map<string, string>();
  readonly answeredCode = new Map<string, string>();
  readonly notDone: string[] = [];
  answered = 0;
  unverified = 0;
  hasEnded = false;
  readonly #replay: Replay;
  readonly #plan: PipelineReplay;
  readonly #steps: RecordedSteps;
  readonly #paths = new Map<number, string>();
  readonly #taken = new Map<number, { recorded: RecordedStep; inside: readonly RecordedStep[] }>();
  #hasDecided = false;
  #last: Uint8Array | undefined;

  constructor(replay: Replay, record: Snapshot, plan: PipelineReplay) {
    this.#replay = replay;
    this.#plan = plan;
    this.executionId = record.executionId;
    this.#steps = new RecordedSteps(record, plan);
  }

  /**
   * The record of the new code, with answered steps as in the old record. Undefined if nothing was
   * recorded.
   */
  snapshot(): Snapshot | undefined {
    if (this.#last === undefined) return undefined;
    const text = new TextDecoder().decode(this.#last);
    return takeOver(JSON.parse(text) as Snapshot, this.#taken);
  }

  /** Names of recorded effects that were not used. */
  unasked(): string[] {
    const unused = this.#steps.all.filter(
      (recorded) => !recorded.isUsed && this.#isEffect(recorded.step.name, recorded.step.kind),
    );
    return [...new Set(unused.map(({ step }) => step.name))];
  }

  decided(): void {
    this.#hasDecided = true;
  }

  take(snapshot: Uint8Array, isTerminal: boolean): void {
    this.#last = snapshot;
    this.hasEnded ||= isTerminal;
  }

  standIn({ json, isInputWhole, fn }: AskedStep): StandIn | undefined {
    const asked = JSON.parse(json) as Step & { sequence: number };
    const { name, sequence } = asked;
    const path = asked.parent === undefined ? '' : (this.#paths.get(asked.parent) ?? '');
    this.#paths.set(sequence, pathBelow(path, name));
    const kind = asked.kind ?? this.#steps.next(name)?.step.kind;
    if (!this.#isAnswered(name, kind, fn)) return this.#runs(name, fn);
    const input = comparable(name, asked.input, isInputWhole, this.#plan);
    const match = otherModel(this.#steps.match({ name, path, input }), asked);
    const stub = entryOf(this.#plan.stubs, name);
    if (stub !== undefined) {
      const recorded = match.kind === 'found' ? match.recorded : undefined;
      if (recorded !== undefined) recorded.isUsed = true;
      this.ran.set(name, hashOf(fn));
      return () => stub(asked.input, recorded?.step.output);
    }
    if (match.kind === 'found') return this.#answer(match.recorded, match.isVerified, sequence, fn);
    if (match.kind === 'other_input') {
      const { onOtherInput = 'fail' } = this.#plan;
      if (onOtherInput === 'nth') return this.#answer(match.next, false, sequence, fn);
      return onOtherInput === 'live'
        ? this.#runsLive(name, fn)
        : this.#miss(name, 'it was called with another input');
    }
    if (kind === 'action') {
      this.notDone.push(name);
      return () => (fn instanceof AsyncFunction ? Promise.resolve() : undefined);
    }
    const { onMiss = 'fail' } = this.#plan;
    if (onMiss === 'live') return this.#runsLive(name, fn);
    return onMiss === 'stub' ? () => undefined : this.#miss(name, 'the record has no answer left');
  }

  #isAnswered(name: string, kind: Kind | undefined, fn: Fn): boolean {
    const { live: liveSteps = [], answer = [] } = this.#plan;
    if (answer.includes(name)) return true;
    if (liveSteps.includes(name)) return false;
    if (entryOf(this.#plan.stubs, name) !== undefined) return true;
    if (kind !== 'model' && kind !== 'llm') return this.#isEffect(name, kind);
    const returned = this.#steps.next(name)?.step.returned;
    // Older clients do not record whether the function returned a promise.
    return (
      returned?.async ?? (returned === undefined && (kind === 'llm' || fn instanceof AsyncFunction))
    );
  }

  #isEffect(name: string, kind: Kind | undefined): boolean {
    const { live: liveSteps = [] } = this.#plan;
    return (
      (kind === 'retrieve' || kind === 'human' || kind === 'action') && !liveSteps.includes(name)
    );
  }

  #runs(name: string, fn: Fn): StandIn | undefined {
    if (this.#plan.live?.includes(name) === true) return this.#runsLive(name, fn);
    this.ran.set(name, hashOf(fn));
    return undefined;
  }

  #runsLive(name: string, fn: Fn): StandIn {
    const next = this.#steps.next(name);
    if (next !== undefined) next.isUsed = true;
    this.ran.set(name, hashOf(fn));
    const replay = this.#replay;
    return (step) => {
      const result = live(() => fn(step as never));
      if (result instanceof Promise) {
        replay.liveCalls += 1;
        const ended = (): void => {
          replay.liveCalls -= 1;
        };
        result.then(ended, ended);
      }
      return result;
    };
  }

  #answer(recorded: RecordedStep, isVerified: boolean, sequence: number, fn: Fn): StandIn {
    const { step, endedMs } = recorded;
    this.#taken.set(sequence, { recorded, inside: this.#steps.use(recorded) });
    this.answered += 1;
    if (!isVerified) this.unverified += 1;
    this.answeredCode.set(step.name, hashOf(fn));
    const isAsync =
      step.returned === undefined || step.returned === null ? true : step.returned.async === true;
    // The step had not ended when its execution ended.
    if (step.status === 'running') return () => new Promise(() => {});
    const fault = faultOf(recorded);
    if (fault !== undefined) return this.#miss(step.name, fault);
    const give = (): unknown => {
      this.#replay.reach(endedMs);
      return this.#given(recorded);
    };
    return () => (isAsync ? this.#replay.answers.promise(endedMs, give) : give());
  }

  /** Returns the recorded value, or throws the recorded error. */
  #given({ step }: RecordedStep): unknown {
    const { returned, error } = step;
    if (error !== undefined && (returned?.of === 'error' || isAssumedError(step))) {
      const make = entryOf(this.#plan.errors, error.type);
      if (make !== undefined) throw make(error);
      const { error: made, isOfItsClass } = revivedError(error);
      if (!isOfItsClass) this.#replay.plainErrors.push(made);
      throw made;
    }
    const revive = entryOf(this.#plan.revive, step.name);
    try {
      const json = returned?.of === 'value' ? returned.value : step.output;
      const isUndefined = json === undefined || returned?.types?.[''] === 'undefined';
      const value = isUndefined ? undefined : revived(json, returned?.types, revive !== undefined);
      return revive === undefined ? value : revive(value);
    } catch (fault) {
      if (!(fault instanceof NotRevivable)) throw fault;
      throw this.#missed(step.name, `its answer holds ${fault.message}; add it to revive`);
    }
  }

  #miss(name: string, why: string): StandIn {
    const miss = this.#missed(name, why);
    return () => {
      throw miss;
    };
  }

  #missed(name: string, why: string): ReplayMiss {
    const text = `${name}: ${why}`;
    if (!this.#hasDecided) this.#replay.missed ??= text;
    return new ReplayMiss(text);
  }
}

/** If a step declares another model or prompt, the call counts as a different one. */
function otherModel(match: Match, asked: Step): Match {
  if (match.kind !== 'found' || asked.model === undefined) return match;
  const { model } = match.recorded.step;
  const isOther =
    asked.model.name !== model?.name || asked.model.promptVersion !== model.promptVersion;
  return isOther ? { kind: 'other_input', next: match.recorded } : match;
}

/** The reason why the recorded answer cannot be used, if there is one. */
function faultOf({ step, marks }: RecordedStep): string | undefined {
  const { returned } = step;
  if (returned?.of === 'lost') return 'its answer was not recorded';
  if (returned?.of === 'error') return undefined;
  const place = returned?.of === 'value' ? '/returned/value' : '/output';
  const types = returned?.types ?? {};
  const isExact = (mark: Mark): boolean =>
    mark.kind === 'coerced' && types[mark.path.slice(place.length)] !== undefined;
  const lossy = marks.find((mark) => isMarked([mark], place) && !isExact(mark));
  if (lossy === undefined) return undefined;
  return `its answer is ${lossy.kind} at ${lossy.path}`;
}

/** Older clients recorded an error, but not how the function returned. */
function isAssumedError({ returned, status }: Step): boolean {
  return (returned === undefined || returned === null) && status === 'failed';
}

function entryOf<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

const hashes = new WeakMap<Fn, string>();

/** A short hash of a function's source text. */
function hashOf(fn: Fn): string {
  const known = hashes.get(fn);
  if (known !== undefined) return known;
  const text = Function.prototype.toString.call(fn);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  hashes.set(fn, hash);
  return hash;
}
