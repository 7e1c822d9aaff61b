import type { StepText } from './step-text.js';
import type { StepStatus } from './wire/step.js';

/** A step that may still run. `text` gives its current state. */
export interface LiveStep {
  text(): StepText;
}

type StepSlot = StepText | LiveStep;

/** The number of steps left out, by name and status. */
type LeftOut = ReadonlyMap<string, Readonly<Partial<Record<StepStatus, number>>>>;

const MAX_NAMES = 100;

/**
 * The steps of one execution in the order they started, within `maxSteps`: the first 400 of 1,000, the last
 * 100, and as many failed and `decide` steps between them as fit (docs/wire-format.md).
 */
export class StepList {
  readonly #maxSteps: number;
  readonly #firstLimit: number;
  readonly #lastLimit: number;
  readonly #kept: StepSlot[] = [];
  /** The most recent steps, once there are too many to keep all. */
  #recent: StepSlot[] | undefined;
  /**
   * Steps between the first and the last that still run. They are kept or left out when they end.
   */
  #undecided: Set<LiveStep> | undefined;
  readonly #leftOut = new Counts();
  #nextSequence = 0;

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps;
    this.#lastLimit = Math.floor(maxSteps * 0.1);
    this.#firstLimit = Math.floor(maxSteps * 0.4);
  }

  get leftOut(): LeftOut {
    if (this.#undecided === undefined) return this.#leftOut.byName;
    const counts = new Counts(this.#leftOut);
    for (const step of this.#undecided) counts.add(step.text());
    return counts.byName;
  }

  get leftOutCount(): number {
    return this.#leftOut.total + (this.#undecided?.size ?? 0);
  }

  /** Returns the next step's number. */
  takeSequence(): number {
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    return sequence;
  }

  add(slot: StepSlot): void {
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

  texts(): StepText[] {
    const kept = this.#kept.map(textOf);
    return this.#recent === undefined ? kept : kept.concat(this.#recent.map(textOf));
  }

  /**
   * Runs when the list is full for the first time. Keeps the first, last, failed and deciding
   * steps.
   */
  #makeRoom(): StepSlot[] {
    const rest = this.#kept.splice(this.#firstLimit);
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
    this.#leftOut.add(text);
  }
}

class Counts {
  readonly byName: Map<string, Partial<Record<StepStatus, number>>>;
  total: number;

  constructor(from?: Counts) {
    this.byName = new Map([...(from?.byName ?? [])].map(([name, counts]) => [name, { ...counts }]));
    this.total = from?.total ?? 0;
  }

  add({ name, status }: Pick<StepText, 'name' | 'status'>): void {
    const isKnown = this.byName.has(name) || this.byName.size < MAX_NAMES;
    const counts = this.byName.get(isKnown ? name : 'others') ?? {};
    counts[status] = (counts[status] ?? 0) + 1;
    this.byName.set(isKnown ? name : 'others', counts);
    this.total += 1;
  }
}

function textOf(slot: StepSlot): StepText {
  return 'text' in slot ? slot.text() : slot;
}
