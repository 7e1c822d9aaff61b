import { clearTimer, setTimer } from './real-time.js';

/**
 * The disk counts as stopped if one piece of work lasts this many ticks. A busy event loop delays the
 * ticks, too.
 */
const MAX_TICKS = 4;
const TICK_MS = 500;

/**
 * Runs pieces of disk work one after another. If the disk stops answering, as a hung mount does, all
 * callers stop waiting. At most one disk call stays open then, because each open call takes a thread of the
 * host's pool.
 */
export class DiskWork {
  readonly #stopped: () => void;
  readonly #answered: () => void;
  #last: Promise<unknown> = Promise.resolve();
  readonly #waiters = new Set<() => void>();
  #isStalled = false;

  /** Calls `stopped` when the disk stops answering, and `answered` when it answers again. */
  constructor(stopped: () => void, answered: () => void) {
    this.#stopped = stopped;
    this.#answered = answered;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Resolves to undefined if the disk does not answer. The work continues, and `late` gets its result. */
  run<T>(work: () => Promise<T>, late: (result: T) => void = () => {}): Promise<T | undefined> {
    const running = this.#last.then(() => this.#watch(work));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(undefined);
      if (this.#isStalled) giveUp();
      else this.#waiters.add(giveUp);
      this.#last = running.then(
        (result) => (this.#waiters.delete(giveUp) ? resolve(result) : late(result)),
        (error: unknown) => {
          this.#waiters.delete(giveUp);
          reject(error as Error);
        },
      );
    });
  }

  async #watch<T>(work: () => Promise<T>): Promise<T> {
    const wait = (ticks: number): ReturnType<typeof setTimeout> =>
      setTimer(() => {
        if (ticks === MAX_TICKS) this.#stall();
        else timer = wait(ticks + 1);
      }, TICK_MS).unref();
    let timer = wait(1);
    try {
      return await work();
    } finally {
      clearTimer(timer);
      if (this.#isStalled) {
        this.#isStalled = false;
        this.#answered();
      }
    }
  }

  #stall(): void {
    this.#isStalled = true;
    this.#stopped();
    for (const giveUp of this.#waiters) giveUp();
    this.#waiters.clear();
  }
}
