import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ForwardTarget } from '../forward-target.js';
import { outageOf } from '../store/errors.js';
import { TaskThreads } from '../threads/task-threads.js';
import { Forwarder, type ForwardStep } from './forwarder.js';
import type { AccountStore } from '../store/account-store.js';

/** The job that sends finished executions to an OTLP endpoint. */
export interface ForwardJob {
  /** Ends the request that is being sent, and lets another instance take over. */
  stop(): Promise<void>;
}

interface Deps {
  accounts: Pick<AccountStore, 'forwarding'>;
  metrics: Registry;
  logger: Logger;
  now: () => number;
}

const EVERY_MS = 1_000;

/** Runs until it is stopped, and never keeps the process alive. If there are several instances, one of them sends. */
export function startForwardJob(
  { accounts, metrics, logger, now }: Deps,
  target: ForwardTarget,
): ForwardJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  // A thread of its own, because snapshots of 5 MB take long to encode.
  const threads = new TaskThreads(1);
  const encode = (bodies: string[]) => threads.run('otlpBytes', bodies);
  const parts = { store: accounts.forwarding, target, encode, metrics, logger, now, signal };
  const forwarder = new Forwarder(parts);
  const report = (error: unknown): ForwardStep => {
    // OutageLog reports an outage once for all callers.
    const level = outageOf(error) === undefined && !signal.aborted ? 'warn' : 'debug';
    logger[level]({ err: error }, 'executions could not be forwarded; it is tried again');
    return { kind: 'idle' };
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const step = await forwarder.step().catch(report);
      if (step.kind === 'moved') continue;
      const restMs = step.kind === 'idle' ? EVERY_MS : step.afterMs;
      await setTimeout(restMs, undefined, { ref: false, signal }).catch(() => {});
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
      await forwarder.resign().catch(() => {});
      await threads.close();
    },
  };
}
