import type { DropEvent, DropReason } from './options.js';

/**
 * The counts of all snapshots. `recorded` is the sum of `delivered`, `queued` and all counts in `dropped`.
 *
 * @example
 * ```ts
 * const { recorded, delivered, queued, dropped }: Stats = xray.stats();
 * ```
 */
export interface Stats {
  readonly recorded: number;
  readonly delivered: number;
  /** Snapshots that wait or are in flight. */
  readonly queued: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Requests that a proxy or a page answered instead of X-Ray. Their snapshots are sent again. */
  readonly unconfirmed: number;
  /** Snapshots that the spool could not write to disk. They are sent from memory. */
  readonly notDurable: number;
  /** The number of requests that failed and are retried. */
  readonly retries: number;
  /** The number of calls on ended executions, or after `shutdown`. */
  readonly ignoredCalls: number;
}

/**
 * These drops lose nothing: a later snapshot contains the superseded one, and the host asked for
 * sampling.
 */
const HARMLESS: ReadonlySet<DropReason> = new Set(['superseded', 'sampled']);

/** Counts every snapshot once when it is recorded, and once when it is delivered or dropped. */
export class Accounts {
  readonly #onDrop: ((event: DropEvent) => void) | undefined;
  readonly #dropped: Partial<Record<DropReason, number>> = {};
  #recorded = 0;
  #delivered = 0;
  #droppedTotal = 0;
  #unreported = 0;
  unconfirmed = 0;
  notDurable = 0;
  retries = 0;
  ignoredCalls = 0;

  constructor(onDrop: ((event: DropEvent) => void) | undefined) {
    this.#onDrop = onDrop;
  }

  recorded(): void {
    this.#recorded += 1;
  }

  delivered(): void {
    this.#delivered += 1;
  }

  /**
   * @param item its id may be expensive to read.
   * @param reportedDrops the losses that the dropped snapshot should have reported. The next snapshot
   *   reports them.
   */
  dropped(reason: DropReason, item: { readonly executionId: string }, reportedDrops = 0): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
    this.#droppedTotal += 1;
    this.#unreported += reportedDrops + (HARMLESS.has(reason) ? 0 : 1);
    try {
      this.#onDrop?.({ reason, executionId: item.executionId });
    } catch {
      // The host's callback failed. The counts are already correct.
    }
  }

  /** Returns the losses since the last report, for the snapshot that the caller writes next. */
  takeUnreported(): number {
    const unreported = this.#unreported;
    this.#unreported = 0;
    return unreported;
  }

  stats(): Stats {
    return {
      recorded: this.#recorded,
      delivered: this.#delivered,
      queued: this.#recorded - this.#delivered - this.#droppedTotal,
      dropped: { ...this.#dropped },
      unconfirmed: this.unconfirmed,
      notDurable: this.notDurable,
      retries: this.retries,
      ignoredCalls: this.ignoredCalls,
    };
  }
}
