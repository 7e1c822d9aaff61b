/**
 * A snapshot that waits for delivery, with the facts that the counts need.
 *
 * @example
 * ```ts
 * const sizeOf = (item: Queued) => item.body.length;
 * ```
 */
export interface Queued {
  /** One key per execution and process. A later snapshot with the key replaces the earlier one. */
  readonly key: number;
  /** Its sequence number among the snapshots that this client enqueued. */
  readonly order: number;
  readonly executionId: string;
  /** The snapshot's JSON text in UTF-8. */
  readonly body: Uint8Array;
  /** The losses that this snapshot reports. If it is lost itself, the next snapshot reports them. */
  readonly reportedDrops: number;
  /** Whether the snapshot is on disk and outlives the process. */
  readonly isOnDisk?: boolean;
  /** How often the server failed when this snapshot was alone in a request. */
  failures: number;
}

/**
 * A queue of waiting snapshots, in memory or on disk.
 *
 * @example
 * ```ts
 * const waiting = (queue: SnapshotQueue) => queue.size;
 * ```
 */
export interface SnapshotQueue {
  /** Whether snapshots in this queue outlive the process. Such a queue limits its own size. */
  readonly isDurable: boolean;
  readonly size: number;
  readonly bytes: number;
  /** The order of the oldest snapshot, or a lower bound of it. Infinity if the queue is empty. */
  readonly oldestOrder: number;
  /** Adds at the end. Returns an earlier snapshot of the same execution, if this one replaces it. */
  push(item: Queued): Queued | undefined;
  /** Removes the oldest snapshot that is only in memory. */
  shift(): Queued | undefined;
  /** Removes a batch within the bounds: at least one snapshot, if the queue holds any. */
  take(maxItems: number, maxBytes: number): Queued[] | Promise<Queued[]>;
  /** Called when all taken snapshots are delivered or dropped. */
  settled(): void;
  /**
   * Resolves when the pushed snapshots are as safe as this queue can make them. The queue stays
   * usable.
   */
  secure(): Promise<void>;
  /** Secures and closes the queue. No push or take may follow. */
  close(): Promise<void>;
}

/**
 * The part of the client that a queue uses.
 *
 * @example
 * ```ts
 * const makeQueue = (host: QueueHost): SnapshotQueue => spool({ dir: './spool' })(host);
 * ```
 */
export interface QueueHost {
  readonly instanceId: string;
  /** The number and the bytes of the snapshots that may wait in memory. */
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** The queue found a snapshot of an earlier process. It counts as recorded from now on. */
  recovered(): void;
  /** The queue could not write a snapshot to disk. The snapshot waits in memory. */
  notDurable(): void;
  /** The queue lost a snapshot. */
  lost(item: Pick<Queued, 'executionId' | 'reportedDrops'>): void;
  /** The queue has something to take. */
  ready(): void;
}

/** Whether the host's function returned a queue. */
export function isQueue(value: unknown): value is SnapshotQueue {
  if (typeof value !== 'object' || value === null) return false;
  const queue: Partial<Record<keyof SnapshotQueue, unknown>> = value;
  return (
    [queue.push, queue.shift, queue.take, queue.settled, queue.secure, queue.close].every(
      (method) => typeof method === 'function',
    ) && typeof queue.oldestOrder === 'number'
  );
}
