import { setTimeout } from 'node:timers/promises';

/** Runs one task after another, and rests after each for as long as it took. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>): Promise<T> {
    let tookMs = 0;
    const done = this.#last.then(async () => {
      const startedAt = performance.now();
      try {
        return await work();
      } finally {
        tookMs = performance.now() - startedAt;
      }
    });
    const rest = async (): Promise<void> => await setTimeout(tookMs, undefined, { ref: false });
    this.#last = done.then(rest, rest);
    return await done;
  }
}
