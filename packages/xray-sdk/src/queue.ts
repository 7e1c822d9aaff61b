/** A snapshot on its way: its frozen text and what the accounts need to know of it. */
export interface Queued {
  /** One per execution and process: a later snapshot of the same execution takes the earlier one's place. */
  readonly key: number;
  /** Its place among all that were ever enqueued. */
  readonly order: number;
  readonly executionId: string;
  readonly json: string;
  readonly bytes: number;
  /** Losses this snapshot reports; if it is lost itself, the next one must report them. */
  readonly reportedDrops: number;
  /** How often the server failed on this snapshot alone. */
  failures: number;
}

/** Snapshots in memory that wait to be sent, first in first out, bounded by the one who fills it. */
export class MemoryQueue {
  readonly #items = new Map<number, Queued>();
  #bytes = 0;

  get size(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Queued | undefined {
    return this.#items.values().next().value;
  }

  /** Adds at the end. Returns the earlier snapshot of the same execution, which it replaces. */
  push(item: Queued): Queued | undefined {
    const earlier = this.#items.get(item.key);
    if (earlier !== undefined) this.#remove(earlier);
    this.#items.set(item.key, item);
    this.#bytes += item.bytes;
    return earlier;
  }

  /** Takes the oldest out. */
  shift(): Queued | undefined {
    const { oldest } = this;
    if (oldest !== undefined) this.#remove(oldest);
    return oldest;
  }

  /** Takes a batch out: at least one if there is any, and no more than the bounds allow. */
  take(maxItems: number, maxBytes: number): Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    for (const item of this.#items.values()) {
      if (batch.length >= maxItems || (batch.length > 0 && bytes + item.bytes > maxBytes)) break;
      bytes += item.bytes;
      batch.push(item);
    }
    for (const item of batch) this.#remove(item);
    return batch;
  }

  #remove(item: Queued): void {
    this.#items.delete(item.key);
    this.#bytes -= item.bytes;
  }
}
