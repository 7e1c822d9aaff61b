/**
 * A snapshot on its way: its frozen bytes and what the accounts need to know of it.
 *
 * @example
 * ```ts
 * const sizeOf = (item: Queued) => item.body.length;
 * ```
 */
export interface Queued {
  /** One per execution and process: a later snapshot of the same execution takes the earlier one's place. */
  readonly key: number;
  /** Its place among all that were ever enqueued. */
  readonly order: number;
  readonly executionId: string;
  /** Its JSON text in UTF-8. */
  readonly body: Uint8Array;
  /** Losses this snapshot reports; if it is lost itself, the next one must report them. */
  readonly reportedDrops: number;
  /** Whether it is on disk, and so outlives the process. */
  readonly isOnDisk?: boolean;
  /** How often the server failed on this snapshot alone. */
  failures: number;
}

/**
 * Where snapshots wait: in memory, or on disk.
 *
 * @example
 * ```ts
 * const waiting = (queue: SnapshotQueue) => queue.size;
 * ```
 */
export interface SnapshotQueue {
  /** What waits here outlives the process, if it can. It bounds itself, and asks to be emptied at once. */
  readonly isDurable: boolean;
  readonly size: number;
  readonly bytes: number;
  /** The order of the oldest that waits, or a lower bound of it; infinite when none waits. */
  readonly oldestOrder: number;
  /** Adds at the end. Returns an earlier snapshot of the same execution, if this one replaces it. */
  push(item: Queued): Queued | undefined;
  /** Takes the oldest out that the end of the process would cost. */
  shift(): Queued | undefined;
  /** Takes a batch out: at least one if there is any, and no more than the bounds allow. */
  take(maxItems: number, maxBytes: number): Queued[] | Promise<Queued[]>;
  /** All that was taken is delivered or dropped. */
  settled(): void;
  /** Resolves when what was pushed before is as safe as this queue can make it. It may be used further. */
  secure(): Promise<void>;
  /** The same, for good: nothing will be pushed or taken any more. */
  close(): Promise<void>;
}

/**
 * What a queue of the host's choice needs of the client.
 *
 * @example
 * ```ts
 * const makeQueue = (host: QueueHost): SnapshotQueue => spool({ dir: './spool' })(host);
 * ```
 */
export interface QueueHost {
  readonly instanceId: string;
  /** How many snapshots, and how many bytes of them, may wait in memory. */
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** A snapshot of an earlier process came in and counts as recorded from now on. */
  recovered(): void;
  /** A snapshot could not be written to disk. It waits in memory and would not outlive the process. */
  notDurable(): void;
  /** A snapshot could not be kept. */
  lost(item: Pick<Queued, 'executionId' | 'reportedDrops'>): void;
  /** There is something to take. */
  ready(): void;
}

/** Snapshots in memory that wait to be sent, first in first out, bounded by the one who fills it. */
export class MemoryQueue implements SnapshotQueue {
  readonly isDurable = false;
  readonly #items = new Map<number, Queued>();
  #bytes = 0;

  get size(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldestOrder(): number {
    return this.#oldest()?.order ?? Infinity;
  }

  /** Adds at the end. Returns the earlier snapshot of the same execution, which it replaces. */
  push(item: Queued): Queued | undefined {
    const earlier = this.#items.get(item.key);
    if (earlier !== undefined) this.#remove(earlier);
    this.#items.set(item.key, item);
    this.#bytes += item.body.length;
    return earlier;
  }

  /** Takes the oldest out. */
  shift(): Queued | undefined {
    const oldest = this.#oldest();
    if (oldest !== undefined) this.#remove(oldest);
    return oldest;
  }

  /** Takes a batch out: at least one if there is any, and no more than the bounds allow. */
  take(maxItems: number, maxBytes: number): Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    for (const item of this.#items.values()) {
      if (batch.length >= maxItems || (batch.length > 0 && bytes + item.body.length > maxBytes))
        break;
      bytes += item.body.length;
      batch.push(item);
    }
    for (const item of batch) this.#remove(item);
    return batch;
  }

  settled(): void {}

  async secure(): Promise<void> {}

  async close(): Promise<void> {}

  #oldest(): Queued | undefined {
    return this.#items.values().next().value;
  }

  #remove(item: Queued): void {
    this.#items.delete(item.key);
    this.#bytes -= item.body.length;
  }
}

/** A queue in memory in the place of one on disk, which could not be used. */
export class UndurableQueue extends MemoryQueue {
  readonly #host: Pick<QueueHost, 'notDurable'>;

  constructor(host: Pick<QueueHost, 'notDurable'>) {
    super();
    this.#host = host;
  }

  override push(item: Queued): Queued | undefined {
    this.#host.notDurable();
    return super.push(item);
  }
}

/** Whether a function of the host's gave a queue indeed. */
export function isQueue(value: unknown): value is SnapshotQueue {
  if (typeof value !== 'object' || value === null) return false;
  const queue: Partial<Record<keyof SnapshotQueue, unknown>> = value;
  return (
    [queue.push, queue.shift, queue.take, queue.settled, queue.secure, queue.close].every(
      (method) => typeof method === 'function',
    ) && typeof queue.oldestOrder === 'number'
  );
}
