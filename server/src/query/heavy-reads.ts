import { Counter, Gauge, type Registry } from 'prom-client';
import { DomainError } from '../errors.js';

export interface HeavyReadsOptions {
  /** That run at one time. */
  atOnce: number;
  /** That wait for one of them to end. */
  waiting: number;
  /** How long one waits, in ms. */
  patienceMs: number;
}

/** Heavy reads hold at most so many connections each; what is left of a pool is for ingest and all that is quick. */
const CONNECTIONS_EACH = 2;
const CONNECTIONS_LEFT = 2;

/**
 * As many as the database's connections allow. An embedded one has a single connection, for which
 * all wait. Most are done within milliseconds, so that a long line is short, and patience ends the others.
 */
export function heavyReadsFor(maxConnections: number | undefined): HeavyReadsOptions {
  const atOnce =
    maxConnections === undefined
      ? 2
      : Math.floor((maxConnections - CONNECTIONS_LEFT) / CONNECTIONS_EACH);
  return { atOnce: Math.min(8, Math.max(1, atOnce)), waiting: 100, patienceMs: 15_000 };
}

/**
 * Lets a few reads that look at much run at once and a few more wait in line, so that many who ask cannot
 * take the database from who records. The line is in memory: each server has its own.
 */
export class HeavyReads {
  readonly #options: HeavyReadsOptions;
  /** What each who waits does when its turn has come, in the order in which they came. */
  readonly #line = new Set<() => void>();
  readonly #refused: Counter;
  #running = 0;

  constructor(options: HeavyReadsOptions, registry: Registry) {
    this.#options = options;
    const registers = [registry];
    this.#refused = new Counter({
      name: 'xray_heavy_reads_refused_total',
      help: 'Questions that were answered 503, since as many as may were being answered.',
      registers,
    });
    const gauge = new Gauge({
      name: 'xray_heavy_reads',
      help: 'Questions that look at much, by state: running or waiting.',
      labelNames: ['state'],
      registers,
      collect: () => {
        gauge.set({ state: 'running' }, this.#running);
        gauge.set({ state: 'waiting' }, this.#line.size);
      },
    });
  }

  /**
   * Reads when it is its turn. Nothing is read for who has gone meanwhile.
   *
   * @throws DomainError `unavailable` when the line is full, or its turn does not come.
   */
  async run(gone: AbortSignal, read: () => Promise<void>): Promise<void> {
    if (gone.aborted || !(await this.#enter(gone))) return;
    try {
      await read();
    } finally {
      const [enter] = this.#line;
      if (enter === undefined) this.#running--;
      else enter();
    }
  }

  /** Waits for a place among those that run; false for who has gone. */
  async #enter(gone: AbortSignal): Promise<boolean> {
    const { atOnce, waiting, patienceMs } = this.#options;
    if (this.#running < atOnce) {
      this.#running++;
      return true;
    }
    if (this.#line.size >= waiting) throw this.#refusal();
    return await new Promise<boolean>((resolve, reject) => {
      const leaveLine = (): void => {
        this.#line.delete(enter);
        clearTimeout(impatience);
        gone.removeEventListener('abort', giveUp);
      };
      const enter = (): void => {
        leaveLine();
        resolve(true);
      };
      const giveUp = (): void => {
        leaveLine();
        resolve(false);
      };
      const impatience = setTimeout(() => {
        leaveLine();
        reject(this.#refusal());
      }, patienceMs);
      this.#line.add(enter);
      gone.addEventListener('abort', giveUp, { once: true });
    });
  }

  #refusal(): DomainError {
    this.#refused.inc();
    return new DomainError(
      'unavailable',
      `This server answers ${this.#options.atOnce} such questions at a time, and too many wait already. Ask again in a moment.`,
    );
  }
}
