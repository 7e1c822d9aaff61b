import { nextTurn } from './real.js';

interface Waiting {
  readonly endedMs: number;
  settle(): void;
}

/**
 * Settles the promises of one replay in the recorded order, one in each turn of the event loop. So
 * `Promise.race` and pools of workers give the recorded results.
 */
export class Answers {
  readonly #waiting: Waiting[] = [];
  #isPumping = false;
  #settled = 0;

  /** Changes with each settled promise. */
  get settled(): number {
    return this.#settled;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Returns a promise that settles in its turn, with the result of `give`. */
  promise(endedMs: number, give: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        try {
          resolve(give());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#waiting.push({ endedMs, settle });
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#waiting.length > 0) {
      await nextTurn();
      let first = 0;
      for (let index = 1; index < this.#waiting.length; index += 1) {
        const [earliest, other] = [this.#waiting[first], this.#waiting[index]];
        if (earliest && other && other.endedMs < earliest.endedMs) first = index;
      }
      const [next] = this.#waiting.splice(first, 1);
      this.#settled += 1;
      next?.settle();
    }
    this.#isPumping = false;
  }
}
