import type { Registry } from 'prom-client';
import { startJob, type Job } from '../job.js';
import { showLag } from '../lag-gauges.js';
import { TaskThreads } from '../threads/task-threads.js';
import { Sealer } from './sealer.js';

type Deps = Omit<ConstructorParameters<typeof Sealer>[0], 'threads'> & { metrics: Registry };

const EVERY_MS = 5_000;
/** The rest after a batch, as a multiple of its time, so that ingest keeps its share of the machine. */
const REST_RATIO = 1;

/** Seals what was stored. If there are several instances, one of them seals. A stop lets another one take over. */
export function startSealingJob({ metrics, ...deps }: Deps): Job {
  const threads = new TaskThreads(1);
  const sealer = new Sealer({ ...deps, threads });
  const seconds = {
    name: 'xray_proof_lag_seconds',
    help: 'How long the oldest execution that is not sealed yet has waited.',
  };
  showLag(metrics, { seconds }, () => deps.store.measureLag(), deps.now);
  return startJob({
    async step() {
      const startedAt = performance.now();
      const isDone = await sealer.step();
      return isDone ? EVERY_MS : (performance.now() - startedAt) * REST_RATIO;
    },
    errorRestMs: EVERY_MS,
    failure: 'records could not be sealed; it is tried again',
    logger: deps.logger,
    async end() {
      await sealer.resign().catch(() => {});
      await threads.close();
    },
  });
}
