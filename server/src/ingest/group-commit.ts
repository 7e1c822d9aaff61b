export interface GroupCommitOptions<Record, Outcome> {
  save: (records: Record[]) => Promise<Outcome[]>;
  /** The bytes that a record takes while it waits. */
  weightOf: (record: Record) => number;
  /** A batch is closed at this many records or bytes of weight. A single record may weigh more. */
  maxRecords: number;
  maxBytes: number;
  /** How many batches may run at the same time. A further batch starts only when it is full. */
  concurrency: number;
}

/** One call of `save`. Its records may be stored in several batches. */
interface Call<Outcome> {
  outcomes: Outcome[];
  /** Records of the call whose batch has not finished. */
  left: number;
  failure: { error: unknown } | undefined;
  resolve: (outcomes: Outcome[]) => void;
  reject: (error: unknown) => void;
}

interface Waiting<Record, Outcome> {
  record: Record;
  /** The record's index in its call. */
  place: number;
  call: Call<Outcome>;
}

/**
 * Lets concurrent requests share transactions. While a batch is committed, new records gather in the next one.
 * So a lone request never waits, and under load the duration of a commit sets the size of a batch.
 */
export class GroupCommit<Record, Outcome> {
  readonly #options: GroupCommitOptions<Record, Outcome>;
  #waiting: Waiting<Record, Outcome>[] = [];
  #waitingBytes = 0;
  #running = 0;

  constructor(options: GroupCommitOptions<Record, Outcome>) {
    this.#options = options;
  }

  /** Records that wait for a batch. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves with each record's outcome when all are committed. It rejects if a batch failed, but
   * only after all batches have finished, because the answer needs all outcomes.
   */
  async save(records: Record[]): Promise<Outcome[]> {
    if (records.length === 0) return [];
    return await new Promise((resolve, reject) => {
      const left = records.length;
      const call: Call<Outcome> = { outcomes: [], left, failure: undefined, resolve, reject };
      for (const [place, record] of records.entries()) {
        this.#waiting.push({ record, place, call });
        this.#waitingBytes += this.#options.weightOf(record);
      }
      this.#startBatches();
    });
  }

  #startBatches(): void {
    while (this.#mayStart()) {
      this.#running++;
      void this.#commit(this.#takeBatch()).finally(() => {
        this.#running--;
        this.#startBatches();
      });
    }
  }

  #mayStart(): boolean {
    const { concurrency, maxRecords, maxBytes } = this.#options;
    if (this.#running === 0) return this.#waiting.length > 0;
    const isFull = this.#waiting.length >= maxRecords || this.#waitingBytes >= maxBytes;
    return isFull && this.#running < concurrency;
  }

  #takeBatch(): Waiting<Record, Outcome>[] {
    const { maxRecords, maxBytes, weightOf } = this.#options;
    let bytes = 0;
    const batch: Waiting<Record, Outcome>[] = [];
    for (const waiting of this.#waiting) {
      const weight = weightOf(waiting.record);
      if (batch.length === maxRecords || (bytes + weight > maxBytes && batch.length > 0)) break;
      bytes += weight;
      batch.push(waiting);
    }
    this.#waiting.splice(0, batch.length);
    this.#waitingBytes -= bytes;
    return batch;
  }

  async #commit(batch: Waiting<Record, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.save(batch.map(({ record }) => record));
      for (const [index, waiting] of batch.entries()) settle(waiting, outcomes[index]);
    } catch (error) {
      for (const { call } of batch) {
        call.failure ??= { error };
        countDown(call);
      }
    }
  }
}

function settle<Record, Outcome>(
  { call, place }: Waiting<Record, Outcome>,
  outcome: Outcome | undefined,
): void {
  if (outcome === undefined) {
    call.failure ??= { error: new Error('the store returned no outcome for a record') };
  } else {
    call.outcomes[place] = outcome;
  }
  countDown(call);
}

function countDown<Outcome>(call: Call<Outcome>): void {
  call.left--;
  if (call.left > 0) return;
  if (call.failure === undefined) call.resolve(call.outcomes);
  else call.reject(call.failure.error);
}
