import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { SearchStore } from '../store/search-store.js';
import { IndexBuilder } from './index-builder.js';
import { TaskThreads } from '../threads/task-threads.js';

/** The job that puts what was stored into the search index. */
export interface IndexJob {
  /** Lets the piece under way finish and starts no other. */
  stop(): Promise<void>;
}

interface Deps {
  store: { index: SearchStore };
  logger: Logger;
  metrics: Registry;
  now: () => number;
}

const EVERY_MS = 1_000;
/** After a piece it rests as long as that took: ingest keeps its share of the machine. */
const REST_RATIO = 1;

/** Runs until it is stopped, and never keeps the process alive. Of many instances one builds. */
export function startIndexJob({ store, logger, metrics, now }: Deps): IndexJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = async (ms: number): Promise<void> => {
    await setTimeout(ms, undefined, { ref: false, signal }).catch(() => {});
  };
  const threads = new TaskThreads(1);
  const builder = new IndexBuilder({
    store: store.index,
    threads,
    now,
    rest: (ms) => rest(ms * REST_RATIO),
    signal,
  });
  showLag(store.index, metrics, now);
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const isDone = await builder.step().catch((error: unknown) => {
        logger.warn({ err: error }, 'the search index could not be built on; it is tried again');
        return true;
      });
      await rest(isDone ? EVERY_MS : (performance.now() - startedAt) * REST_RATIO);
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

/** Measured when it is asked for, so that every instance tells the same. */
function showLag(store: SearchStore, metrics: Registry, now: () => number): void {
  const registers = [metrics];
  const seconds = new Gauge({
    name: 'xray_search_lag_seconds',
    help: 'How long the oldest execution that is in no segment of the search index has waited.',
    registers,
  });
  const executions: Gauge = new Gauge({
    name: 'xray_search_lag_executions',
    help: 'Executions that are in no segment of the search index yet; they are searched one by one.',
    registers,
    async collect() {
      // Without the database the other figures are still wanted.
      const lag = await store.measureLag().catch(() => undefined);
      if (lag === undefined) return;
      executions.set(lag.executions);
      seconds.set(lag.since === null ? 0 : Math.max(0, (now() - lag.since.getTime()) / 1_000));
    },
  });
}
