import { nameOf, type PlainStep, type StepText } from './step-text.js';
import type { StepStatus } from './wire/step.js';

/** A step that may still run. `text` gives its current state. */
export interface LiveStep {
  text(): StepText;
}

type FrozenStep = PlainStep | StepText;
type StepSlot = FrozenStep | LiveStep;

/** The number of steps left out, also by name and status. */
export interface LeftOut {
  readonly total: number;
  readonly byName: ReadonlyMap<string, Readonly<Partial<Record<StepStatus, number>>>>;
}

const MAX_NAMES = 100;

/**
 * The steps of one execution in the order they started, within `maxSteps`: the first 400 of 1,000, the last
 * 100, and as many failed and `decide` steps between them as fit (docs/wire-format.md).
 */
export class StepList {
  readonly #maxSteps: number;
  readonly #kept: StepSlot[] = [];
  /** The most recent steps, once there are too many to keep all. */
  #recent: StepSlot[] | undefined;
  /**
   * Steps between the first and the last that still run. They are kept or left out when they end.
   */
  #undecided: Set<LiveStep> | undefined;
  #leftOut: Counts | undefined;
  #hasLive = false;
  #nextSequence = 0;

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps;
  }

  /** `undefined` if no step was left out. */
  get leftOut(): LeftOut | undefined {
    if (this.#undecided === undefined) return this.#leftOut;
    const counts = new Counts(this.#leftOut);
    for (const step of this.#undecided) counts.add(step.text());
    return counts.total === 0 ? undefined : counts;
  }

  get #lastLimit(): number {
    return Math.floor(this.#maxSteps * 0.1);
  }

  /** Returns the next step's number. */
  takeSequence(): number {
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    return sequence;
  }

  add(slot: FrozenStep): void {
    this.#add(slot);
  }

  /** Adds a step that may still run. */
  addLive(step: LiveStep): void {
    this.#hasLive = true;
    this.#add(step);
  }

  #add(slot: StepSlot): void {
    if (this.#recent === undefined && this.#kept.length < this.#maxSteps) {
      this.#kept.push(slot);
      return;
    }
    const recent = (this.#recent ??= this.#makeRoom());
    recent.push(slot);
    if (recent.length <= this.#lastLimit) return;
    const oldest = recent.shift();
    if (oldest !== undefined) this.#keepOrCount(oldest);
  }

  /** Call this when a step that was added while running has ended. */
  ended(step: LiveStep): void {
    if (this.#undecided?.delete(step) === true) this.#keepOrCount(step);
  }

  /** The current texts. Valid until the next call of another method. */
  texts(): readonly FrozenStep[] {
    if (!this.#hasLive && this.#recent === undefined) return this.#kept as FrozenStep[];
    return [...this.#kept, ...(this.#recent ?? [])].map(textOf);
  }

  /**
   * Runs when the list is full for the first time. Keeps the first, last, failed and deciding
   * steps.
   */
  #makeRoom(): StepSlot[] {
    const rest = this.#kept.splice(Math.floor(this.#maxSteps * 0.4));
    const recent = rest.splice(Math.max(0, rest.length - this.#lastLimit));
    for (const slot of rest) this.#keepOrCount(slot);
    return recent;
  }

  #keepOrCount(slot: StepSlot): void {
    const text = textOf(slot);
    const { status, kind } = text;
    if ('text' in slot && status === 'running') {
      (this.#undecided ??= new Set()).add(slot);
      return;
    }
    const isTelling = status === 'failed' || status === 'timed_out' || kind === 'decide';
    if (isTelling && this.#kept.length + this.#lastLimit < this.#maxSteps) {
      this.#kept.push(slot);
      return;
    }
    (this.#leftOut ??= new Counts()).add(text);
  }
}

class Counts {
  readonly byName: Map<string, Partial<Record<StepStatus, number>>>;
  total: number;

  constructor(from?: Counts) {
    this.byName = new Map([...(from?.byName ?? [])].map(([name, counts]) => [name, { ...counts }]));
    this.total = from?.total ?? 0;
  }

  add(step: FrozenStep): void {
    const [name, { status }] = [nameOf(step), step];
    const isKnown = this.byName.has(name) || this.byName.size < MAX_NAMES;
    const counts = this.byName.get(isKnown ? name : 'others') ?? {};
    counts[status] = (counts[status] ?? 0) + 1;
    this.byName.set(isKnown ? name : 'others', counts);
    this.total += 1;
  }
}

function textOf(slot: StepSlot): FrozenStep {
  return 'text' in slot ? slot.text() : slot;
}
