import { hash32 } from '../hash.js';
import type { Snapshot } from '../wire/snapshot.js';
import { Answers } from './answers.js';
import type { PipelineReplay } from './plan.js';
import { timeOf } from './recorded-steps.js';
import { ReplayedRun } from './replayed-execution.js';

/** The replay of one record, with the records of executions that were started inside it. */
export class Replay {
  readonly answers = new Answers();
  readonly reads = { clock: 0, chance: 0, network: 0 };
  /** Errors that could not become instances of their own class. */
  readonly plainErrors: Error[] = [];
  readonly runs: ReplayedRun[] = [];
  /** The first answer that the record did not have. */
  missed: string | undefined;
  nowMs: number;
  /** Live steps that have not ended. */
  liveCalls = 0;
  readonly #record: Snapshot;
  readonly #plan: PipelineReplay;
  readonly #children: Snapshot[];
  #draws = 0;

  constructor(record: Snapshot, plan: PipelineReplay, children: readonly Snapshot[]) {
    this.#record = record;
    this.#plan = plan;
    this.#children = [...children];
    this.nowMs = timeOf(record.startedAt) || 0;
  }

  get main(): ReplayedRun | undefined {
    return this.runs[0];
  }

  /** Called when an execution starts: first the replayed one, then those inside it, in recorded order. */
  open(pipeline: string): ReplayedRun {
    const record = this.runs.length === 0 ? this.#record : this.#takeChild(pipeline);
    const run = new ReplayedRun(this, record, this.#plan);
    this.runs.push(run);
    return run;
  }

  /** Advances the clock to the end of an answer. */
  reach(timeMs: number): void {
    if (timeMs > this.nowMs) this.nowMs = timeMs;
  }

  readClock(): number {
    this.reads.clock += 1;
    return Math.floor(this.nowMs);
  }

  chance(): number {
    this.reads.chance += 1;
    return this.#random() / 4_294_967_296;
  }

  uuid(): `${string}-${string}-${string}-${string}-${string}` {
    this.reads.chance += 1;
    const digits = Array.from({ length: 4 }, () => this.#random().toString(16).padStart(8, '0'));
    const hex = digits.join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** The same numbers for each replay of a record, and others than those of `execution.random()`. */
  #random(): number {
    this.#draws += 1;
    return hash32(`chance ${this.#record.executionId} ${String(this.#draws)}`);
  }

  #takeChild(pipeline: string): Snapshot {
    const place = this.#children.findIndex((child) => child.pipeline === pipeline);
    const [child] = place < 0 ? [] : this.#children.splice(place, 1);
    return (
      child ?? {
        executionId: `${this.#record.executionId}-${String(this.runs.length)}`,
        appId: this.#record.appId,
        pipeline,
        steps: [],
      }
    );
  }
}
