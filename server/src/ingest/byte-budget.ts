/** Bytes that can be taken and given back. */
export interface Budget {
  readonly maxBytes: number;
  /** Returns false, and takes nothing, if fewer bytes are free. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/**
 * The bytes of requests that may be in memory at the same time. A request that does not fit is
 * refused, not queued.
 */
export class ByteBudget implements Budget {
  readonly maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.maxBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

interface Usage {
  requests: number;
  bytes: number;
}

/**
 * Gives each caller a share of a budget, so that a caller with many slow requests leaves room for
 * others. A caller with a single request may use the whole budget.
 */
export class BudgetShares {
  readonly #budget: ByteBudget;
  readonly #maxBytesOfOne: number;
  readonly #used = new Map<string, Usage>();

  constructor(budget: ByteBudget, maxBytesOfOne: number) {
    this.#budget = budget;
    this.#maxBytesOfOne = maxBytesOfOne;
  }

  /** Runs `work`, one request of the caller, within the caller's share. */
  async run<T>(caller: string, work: (share: Budget) => Promise<T>): Promise<T> {
    const usage = this.#used.get(caller) ?? { requests: 0, bytes: 0 };
    this.#used.set(caller, usage);
    usage.requests++;
    const share: Budget = {
      maxBytes: this.#budget.maxBytes,
      take: (bytes) => {
        const isOver = usage.requests > 1 && usage.bytes + bytes > this.#maxBytesOfOne;
        if (isOver || !this.#budget.take(bytes)) return false;
        usage.bytes += bytes;
        return true;
      },
      give: (bytes) => {
        usage.bytes -= bytes;
        this.#budget.give(bytes);
      },
    };
    try {
      return await work(share);
    } finally {
      if (--usage.requests === 0) this.#used.delete(caller);
    }
  }
}
