import type { StepText } from './step-text.js';
import type { StepStatus } from './types.js';

/** A step that may still run: it tells how it stands when asked. */
export interface LiveStep {
  text(): StepText;
}

type StepSlot = StepText | LiveStep;

/** Steps left out, counted by name and status. */
export type LeftOut = ReadonlyMap<string, Partial<Record<StepStatus, number>>>;

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
  /** The most recent ones, beyond the first. */
  readonly #recent: StepSlot[] = [];
  readonly #leftOut = new Map<string, Partial<Record<StepStatus, number>>>();
  #leftOutCount = 0;
  #nextSequence = 0;

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps;
    this.#lastLimit = Math.floor(maxSteps * 0.1);
    this.#firstLimit = Math.floor(maxSteps * 0.4);
  }

  get leftOut(): LeftOut {
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
    const isWhole = this.#leftOutCount === 0;
    if (isWhole && this.#kept.length + this.#recent.length < this.#maxSteps) {
      this.#kept.push(slot);
      return;
    }
    if (isWhole) this.#makeRoom();
    this.#recent.push(slot);
    if (this.#recent.length <= this.#lastLimit) return;
    const oldest = this.#recent.shift();
    if (oldest !== undefined) this.#keepOrCount(oldest);
  }

  texts(): StepText[] {
    return [...this.#kept, ...this.#recent].map(textOf);
  }

  /** The list is full for the first time: what is neither first, last, failed nor deciding goes. */
  #makeRoom(): void {
    const rest = this.#kept.splice(this.#firstLimit);
    this.#recent.push(...rest.splice(Math.max(0, rest.length - this.#lastLimit)));
    for (const slot of rest) this.#keepOrCount(slot);
  }

  #keepOrCount(slot: StepSlot): void {
    const { name, status, kind } = textOf(slot);
    const isTelling = status === 'failed' || status === 'timed_out' || kind === 'decide';
    if (isTelling && this.#kept.length + this.#lastLimit < this.#maxSteps) {
      this.#kept.push(slot);
      return;
    }
    const isKnown = this.#leftOut.has(name) || this.#leftOut.size < MAX_NAMES;
    const counts = this.#leftOut.get(isKnown ? name : 'others') ?? {};
    counts[status] = (counts[status] ?? 0) + 1;
    this.#leftOut.set(isKnown ? name : 'others', counts);
    this.#leftOutCount += 1;
  }
}

function textOf(slot: StepSlot): StepText {
  return 'text' in slot ? slot.text() : slot;
}
