import { setTimeout } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import { outageOf } from '../store/errors.js';
import type { ProofStore } from '../store/proof-store.js';
import { TaskThreads } from '../threads/task-threads.js';
import { Sealer } from './sealer.js';

/** The job that seals what was stored. */
export interface SealingJob {
  /** Finishes the current batch and lets another instance take over. */
  stop(): Promise<void>;
}

type Deps = Omit<ConstructorParameters<typeof Sealer>[0], 'threads'> & { metrics: Registry };

const EVERY_MS = 5_000;
/** The rest after a batch, as a multiple of its time, so that ingest keeps its share of the machine. */
const REST_RATIO = 1;

/** Runs until it is stopped, and never keeps the process alive. If there are several instances, one of them seals. */
export function startSealingJob({ metrics, ...deps }: Deps): SealingJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const threads = new TaskThreads(1);
  const sealer = new Sealer({ ...deps, threads });
  showLag(deps.store, metrics, deps.now);
  const report = (error: unknown): true => {
    // OutageLog reports an outage once for all callers.
    const level = outageOf(error) === undefined && !signal.aborted ? 'warn' : 'debug';
    deps.logger[level]({ err: error }, 'records could not be sealed; it is tried again');
    return true;
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const isDone = await sealer.step().catch(report);
      const restMs = isDone ? EVERY_MS : (performance.now() - startedAt) * REST_RATIO;
      await setTimeout(restMs, undefined, { ref: false, signal }).catch(() => {});
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
      await sealer.resign().catch(() => {});
      await threads.close();
    },
  };
}

function showLag(store: ProofStore, metrics: Registry, now: () => number): void {
  const lag = new Gauge({
    name: 'xray_proof_lag_seconds',
    help: 'How long the oldest execution that is not sealed yet has waited.',
    registers: [metrics],
    async collect() {
      // During an outage the other figures are still served.
      const measured = await store.measureLag().catch(() => undefined);
      if (measured === undefined) return;
      const { since } = measured;
      lag.set(since === null ? 0 : Math.max(0, (now() - since.getTime()) / 1_000));
    },
  });
}
