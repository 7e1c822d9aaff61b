import { Counter, Gauge, type Registry } from 'prom-client';
import { DomainError } from '../errors.js';
import { LineError, WaitingLine, type LineOptions } from '../waiting-line.js';

/** Most reads take milliseconds, so a long line is short in time; a time limit ends the others. */
export function heavyReadsFor(atOnce: number): LineOptions {
  return { atOnce, waiting: 100, patienceMs: 15_000 };
}

/**
 * Lets a few expensive reads run at the same time and a few more wait, so that many readers cannot
 * block writers. The line is in memory, so each server has its own.
 */
export class HeavyReads {
  readonly #atOnce: number;
  readonly #line: WaitingLine;
  readonly #refused: Counter;

  constructor(options: LineOptions, registry: Registry) {
    this.#atOnce = options.atOnce;
    this.#line = new WaitingLine(options);
    const registers = [registry];
    this.#refused = new Counter({
      name: 'xray_heavy_reads_refused_total',
      help: 'Questions that were answered 503, because too many were already being answered.',
      registers,
    });
    const gauge = new Gauge({
      name: 'xray_heavy_reads',
      help: 'Expensive questions by state: running or waiting.',
      labelNames: ['state'],
      registers,
      collect: () => {
        gauge.set({ state: 'running' }, this.#line.running);
        gauge.set({ state: 'waiting' }, this.#line.waiting);
      },
    });
  }

  /**
   * Reads when its turn comes. Nothing is read for a client that has disconnected. `caller` names
   * the credential, which has a share of the line.
   *
   * @throws DomainError `unavailable` if the line is full, or its turn does not come.
   */
  async run(gone: AbortSignal, read: () => Promise<void>, caller = ''): Promise<void> {
    try {
      await this.#line.run(caller, gone, read);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.#refused.inc();
      throw new DomainError(
        'unavailable',
        `This server answers ${this.#atOnce} such questions at a time, and too many are already waiting. Try again in a moment.`,
      );
    }
  }
}
