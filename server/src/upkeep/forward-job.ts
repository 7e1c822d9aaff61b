import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ForwardTarget } from '../forward-target.js';
import { startJob, type Job } from '../job.js';
import type { AccountStore } from '../store/account-store.js';
import { TaskThreads } from '../threads/task-threads.js';
import { Forwarder } from './forwarder.js';

interface Deps {
  accounts: Pick<AccountStore, 'forwarding'>;
  metrics: Registry;
  logger: Logger;
  now: () => number;
}

const EVERY_MS = 1_000;

/**
 * Sends finished executions to an OTLP endpoint. If there are several instances, one of them sends. A stop ends the
 * request that is being sent, and lets another instance take over.
 */
export function startForwardJob(
  { accounts, metrics, logger, now }: Deps,
  target: ForwardTarget,
): Job {
  const stopping = new AbortController();
  const { signal } = stopping;
  // A thread of its own, because snapshots of 5 MB take long to encode.
  const threads = new TaskThreads(1);
  const encode = (bodies: string[]) => threads.run('otlpBytes', bodies);
  const parts = { store: accounts.forwarding, target, encode, metrics, logger, now, signal };
  const forwarder = new Forwarder(parts);
  return startJob({
    async step() {
      const step = await forwarder.step();
      return step.kind === 'moved' ? 0 : step.kind === 'idle' ? EVERY_MS : step.afterMs;
    },
    errorRestMs: EVERY_MS,
    failure: 'executions could not be forwarded; it is tried again',
    logger,
    stopping,
    async end() {
      await forwarder.resign().catch(() => {});
      await threads.close();
    },
  });
}
