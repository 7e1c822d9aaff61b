export interface LineOptions {
  /** How many tasks run at the same time. */
  atOnce: number;
  /** How many tasks may wait. */
  waiting: number;
  /** How many waiting tasks one caller may have. Default: half of them. */
  waitingOfOne?: number;
  /** How long a task waits, in ms. */
  patienceMs: number;
}

/** The line is full, the caller has used its share, or its turn did not come in time. */
export class LineError extends Error {}

interface Waiting {
  caller: string;
  enter: () => void;
}

/**
 * Runs a few tasks at the same time and lets a few more wait. The next turn goes to the caller with
 * the fewest running tasks, then to the oldest one. So a caller with many tasks does not block the
 * others.
 */
export class WaitingLine {
  readonly #options: Required<LineOptions>;
  /** The waiting tasks in the order of arrival. */
  readonly #line = new Set<Waiting>();
  readonly #runningOf = new Map<string, number>();
  #running = 0;

  constructor(options: LineOptions) {
    this.#options = { waitingOfOne: Math.ceil(options.waiting / 2), ...options };
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Runs `work` when its turn comes. Undefined if the client has disconnected before.
   *
   * @throws LineError
   */
  async run<T>(caller: string, gone: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    if (gone.aborted || !(await this.#enter(caller, gone))) return undefined;
    this.#count(caller, 1);
    try {
      return await work();
    } finally {
      this.#count(caller, -1);
      this.#next();
    }
  }

  #count(caller: string, change: number): void {
    const running = (this.#runningOf.get(caller) ?? 0) + change;
    if (running === 0) this.#runningOf.delete(caller);
    else this.#runningOf.set(caller, running);
  }

  /** Gives the free slot to the next task in the line. */
  #next(): void {
    let next: Waiting | undefined;
    for (const waiting of this.#line) {
      if (next === undefined || this.#loadOf(waiting) < this.#loadOf(next)) next = waiting;
    }
    if (next === undefined) this.#running--;
    else next.enter();
  }

  #loadOf({ caller }: Waiting): number {
    return this.#runningOf.get(caller) ?? 0;
  }

  /** Waits for a free slot; false if the client has disconnected. */
  async #enter(caller: string, gone: AbortSignal): Promise<boolean> {
    const { atOnce, waiting, waitingOfOne, patienceMs } = this.#options;
    if (this.#running < atOnce) {
      this.#running++;
      return true;
    }
    const share = [...this.#line].filter((other) => other.caller === caller).length;
    if (this.#line.size >= waiting || share >= waitingOfOne)
      throw new LineError('the line is full');
    return await new Promise<boolean>((resolve, reject) => {
      const leave = (): void => {
        this.#line.delete(place);
        clearTimeout(impatience);
        gone.removeEventListener('abort', giveUp);
      };
      const place: Waiting = {
        caller,
        enter: () => {
          leave();
          resolve(true);
        },
      };
      const giveUp = (): void => {
        leave();
        resolve(false);
      };
      const impatience = setTimeout(() => {
        leave();
        reject(new LineError('the turn did not come in time'));
      }, patienceMs);
      this.#line.add(place);
      gone.addEventListener('abort', giveUp, { once: true });
    });
  }
}
