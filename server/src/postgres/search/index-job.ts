import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { SearchStore } from './search-store.js';
import { outageOf } from '../../store/errors.js';
import { IndexBuilder } from './index-builder.js';
import { TaskThreads } from '../../threads/task-threads.js';

/** The job that adds stored executions to the search index. */
export interface IndexJob {
  /** Finishes the current piece and starts no other. */
  stop(): Promise<void>;
}

interface Deps {
  store: { index: SearchStore };
  logger: Logger;
  metrics: Registry;
  now: () => number;
}

const EVERY_MS = 1_000;
/**
 * The rest after a piece, as a multiple of the piece's time, so that ingest keeps its share of the
 * machine.
 */
const REST_RATIO = 1;
/**
 * The job also rests while the event loop is busy for this share of the time, as during a burst of
 * ingest.
 */
const BUSY = 0.6;
const BUSY_REST_RATIO = 8;
const MAX_BUSY_REST_MS = 4_000;
/**
 * The longest rest for a burst, in ms. A permanent load is no burst, and the index must not fall
 * too far behind.
 */
const YIELDS_FOR_MS = 30_000;

/**
 * Runs until it is stopped, and never keeps the process alive. If there are several instances, one
 * of them builds.
 */
export function startIndexJob({ store, logger, metrics, now }: Deps): IndexJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = async (ms: number): Promise<void> => {
    await setTimeout(ms, undefined, { ref: false, signal }).catch(() => {});
  };
  const threads = new TaskThreads(1);
  const pace = new Pace();
  const builder = new IndexBuilder({
    store: store.index,
    threads,
    now,
    rest: (ms) => rest(pace.restMs(ms)),
    signal,
  });
  showLag(store.index, metrics, now);
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const isDone = await builder.step().catch((error: unknown) => {
        // OutageLog reports an outage once for all callers.
        const level = outageOf(error) === undefined ? 'warn' : 'debug';
        logger[level](
          { err: error },
          'the search index could not be built; it will be tried again',
        );
        return true;
      });
      if (isDone) pace.caughtUp();
      await rest(isDone ? EVERY_MS : pace.restMs(performance.now() - startedAt));
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
      await builder.resign().catch(() => {});
      await threads.close();
    },
  };
}

/** Decides how long to rest between pieces of work. */
class Pace {
  #behindSince = performance.now();
  #load = performance.eventLoopUtilization();

  /** No work was left. */
  caughtUp(): void {
    this.#behindSince = performance.now();
  }

  /** The rest after a piece of this duration. */
  restMs(tookMs: number): number {
    const load = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(load, this.#load);
    this.#load = load;
    const yields = performance.now() - this.#behindSince < YIELDS_FOR_MS;
    if (utilization < BUSY || !yields) return tookMs * REST_RATIO;
    return Math.max(tookMs * REST_RATIO, Math.min(tookMs * BUSY_REST_RATIO, MAX_BUSY_REST_MS));
  }
}

/** The lag is measured on request, so every instance reports the same figure. */
function showLag(store: SearchStore, metrics: Registry, now: () => number): void {
  const registers = [metrics];
  const seconds = new Gauge({
    name: 'xray_search_lag_seconds',
    help: 'How long the oldest execution that is not in the search index yet has waited.',
    registers,
  });
  const executions: Gauge = new Gauge({
    name: 'xray_search_lag_executions',
    help: 'Executions that are not in the search index yet; they are searched one by one.',
    registers,
    async collect() {
      // During an outage the other figures are still served.
      const lag = await store.measureLag().catch(() => undefined);
      if (lag === undefined) return;
      executions.set(lag.executions);
      seconds.set(lag.since === null ? 0 : Math.max(0, (now() - lag.since.getTime()) / 1_000));
    },
  });
}
