import type { Logger } from 'pino';

/** How often the log gets a line during an outage, in ms. */
const REMIND_EVERY_MS = 60_000;
/**
 * An outage is over after this long without a failure, in ms. With a full disk, reads succeed
 * between failing writes.
 */
const QUIET_MS = 10_000;

interface Outage {
  since: number;
  lastFailure: number;
  lastLine: number;
  failures: number;
}

/**
 * Logs an outage of the database when it begins, once a minute while it lasts, and when it ends.
 */
export class OutageLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  #outage: Outage | undefined;

  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  failed(error: unknown, reason: string): void {
    const now = this.#now();
    const outage = this.#outage;
    if (outage === undefined) {
      this.#outage = { since: now, lastFailure: now, lastLine: now, failures: 1 };
      this.#logger.warn({ err: error, outage: reason }, 'the database is unavailable');
      return;
    }
    outage.failures++;
    outage.lastFailure = now;
    if (now - outage.lastLine < REMIND_EVERY_MS) return;
    outage.lastLine = now;
    this.#logger.warn(
      { outage: reason, failures: outage.failures, durationMs: now - outage.since },
      'the database is still unavailable',
    );
  }

  succeeded(): void {
    if (this.#outage === undefined) return;
    const { since, lastFailure, failures } = this.#outage;
    if (this.#now() - lastFailure < QUIET_MS) return;
    this.#outage = undefined;
    this.#logger.info(
      { failures, durationMs: lastFailure - since },
      'the database is available again',
    );
  }
}
