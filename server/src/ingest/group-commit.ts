import type { ExecutionRecord, SaveOutcome } from '../store/store.js';

export interface GroupCommitOptions {
  save: (records: ExecutionRecord[]) => Promise<SaveOutcome[]>;
  /** A batch is closed at this many records or body bytes; one record may be more by itself. */
  maxRecords: number;
  maxBytes: number;
  /** Batches that may be on their way at once. */
  concurrency: number;
}

interface Waiting {
  record: ExecutionRecord;
  resolve: (outcome: SaveOutcome) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets concurrent requests share transactions: while batches are on their way, what arrives gathers
 * into the next one. So a lone request never waits, and under load a batch is as large as the time of
 * one commit makes it.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Resolves with each record's outcome when all of them are committed; rejects if any batch failed. */
  async save(records: ExecutionRecord[]): Promise<SaveOutcome[]> {
    const outcomes = records.map(
      (record) =>
        new Promise<SaveOutcome>((resolve, reject) => {
          this.#waiting.push({ record, resolve, reject });
        }),
    );
    this.#startBatches();
    // All of them first: what one batch did must be known before the request is answered for another's failure.
    await Promise.allSettled(outcomes);
    return await Promise.all(outcomes);
  }

  #startBatches(): void {
    while (this.#running < this.#options.concurrency && this.#waiting.length > 0) {
      this.#running++;
      void this.#commit(this.#takeBatch()).finally(() => {
        this.#running--;
        this.#startBatches();
      });
    }
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ record }, place) => {
      bytes += record.bytes;
      return place === this.#options.maxRecords || (place > 0 && bytes > this.#options.maxBytes);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #commit(batch: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#options.save(batch.map(({ record }) => record));
      for (const [place, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[place];
        if (outcome === undefined) reject(new Error('the store gave no outcome for a record'));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
