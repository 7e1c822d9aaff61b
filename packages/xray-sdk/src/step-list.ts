import type { StepText } from './step-text.js';
import type { StepStatus } from './wire/step.js';

/** A step that may still run: it tells how it stands when asked. */
export interface LiveStep {
  text(): StepText;
}

type StepSlot = StepText | LiveStep;

/** Steps left out, counted by name and status. */
type LeftOut = Map<string, Partial<Record<StepStatus, number>>>;

const MAX_NAMES = 100;

/**
 * The steps of one execution in the order they started, within `maxSteps`: the first 400 of 1,000, the
 * last 100, and every failed and `decide` step in between as far as there is room (docs/wire-format.md).
 */
export class StepList {
  readonly #maxSteps: number;
  readonly #firstLimit: number;
  readonly #lastLimit: number;
  readonly #kept: StepSlot[] = [];
  /** The most recent ones, beyond the first, once there are too many. */
  #recent: StepSlot[] | undefined;
  #leftOut: LeftOut | undefined;
  #leftOutCount = 0;
  #nextSequence = 0;

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps;
    this.#lastLimit = Math.floor(maxSteps * 0.1);
    this.#firstLimit = Math.floor(maxSteps * 0.4);
  }

  get leftOut(): Readonly<LeftOut> | undefined {
    return this.#leftOut;
  }

  get leftOutCount(): number {
    return this.#leftOutCount;
  }

  /** The next step's number. */
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

  texts(): StepText[] {
    const kept = this.#kept.map(textOf);
    return this.#recent === undefined ? kept : kept.concat(this.#recent.map(textOf));
  }

  /** The list is full for the first time: what is neither first, last, failed nor deciding goes. */
  #makeRoom(): StepSlot[] {
    const rest = this.#kept.splice(this.#firstLimit);
    const recent = rest.splice(Math.max(0, rest.length - this.#lastLimit));
    for (const slot of rest) this.#keepOrCount(slot);
    return recent;
  }

  #keepOrCount(slot: StepSlot): void {
    const { name, status, kind } = textOf(slot);
    const isTelling = status === 'failed' || status === 'timed_out' || kind === 'decide';
    if (isTelling && this.#kept.length + this.#lastLimit < this.#maxSteps) {
      this.#kept.push(slot);
      return;
    }
    const leftOut: LeftOut = (this.#leftOut ??= new Map());
    const isKnown = leftOut.has(name) || leftOut.size < MAX_NAMES;
    const counts = leftOut.get(isKnown ? name : 'others') ?? {};
    counts[status] = (counts[status] ?? 0) + 1;
    leftOut.set(isKnown ? name : 'others', counts);
    this.#leftOutCount += 1;
  }
}

function textOf(slot: StepSlot): StepText {
  return 'text' in slot ? slot.text() : slot;
}
