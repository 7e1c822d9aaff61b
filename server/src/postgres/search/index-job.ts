import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { startJob, type Job } from '../../job.js';
import { showLag } from '../../lag-gauges.js';
import type { SearchStore } from './search-store.js';
import { IndexBuilder } from './index-builder.js';
import { TaskThreads } from '../../threads/task-threads.js';

interface Deps {
  store: { index: SearchStore };
  logger: Logger;
  metrics: Registry;
  now: () => number;
}

const GAUGES = {
  seconds: {
    name: 'xray_search_lag_seconds',
    help: 'How long the oldest execution that is not in the search index yet has waited.',
  },
  executions: {
    name: 'xray_search_lag_executions',
    help: 'Executions that are not in the search index yet; they are searched one by one.',
  },
};

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

/** Adds stored executions to the search index. If there are several instances, one of them builds. */
export function startIndexJob({ store, logger, metrics, now }: Deps): Job {
  const stopping = new AbortController();
  const { signal } = stopping;
  const threads = new TaskThreads(1);
  const pace = new Pace();
  const builder = new IndexBuilder({
    store: store.index,
    threads,
    now,
    async rest(ms) {
      await setTimeout(pace.restMs(ms), undefined, { ref: false, signal }).catch(() => {});
    },
    signal,
  });
  showLag(metrics, GAUGES, () => store.index.measureLag(), now);
  return startJob({
    async step() {
      const startedAt = performance.now();
      let isDone = true;
      try {
        isDone = await builder.step();
      } finally {
        if (isDone) pace.caughtUp();
      }
      return isDone ? EVERY_MS : pace.restMs(performance.now() - startedAt);
    },
    errorRestMs: EVERY_MS,
    failure: 'the search index could not be built; it will be tried again',
    logger,
    stopping,
    async end() {
      await builder.resign().catch(() => {});
      await threads.close();
    },
  });
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
