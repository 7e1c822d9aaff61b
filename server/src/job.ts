import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { outageOf } from './store/errors.js';

/** Work in the background that never keeps the process alive. */
export interface Job {
  /** Finishes the current step and starts no other. */
  stop(): Promise<void>;
}

interface Work {
  /** One piece of the work. Resolves with the rest before the next piece, in ms. */
  step(): Promise<number>;
  /** The rest after an error, in ms. */
  errorRestMs: number;
  /** The message of the log when a step fails. */
  failure: string;
  logger: Logger;
  /** Aborted by `stop`. For steps that must end early. */
  stopping?: AbortController;
  /** Runs after the last step. */
  end?(): Promise<void>;
}

/** Repeats a step until it is stopped. */
export function startJob({
  step,
  errorRestMs,
  failure,
  logger,
  stopping = new AbortController(),
  end,
}: Work): Job {
  const { signal } = stopping;
  const report = (error: unknown): number => {
    // OutageLog reports an outage once for all callers.
    const level = outageOf(error) === undefined && !signal.aborted ? 'warn' : 'debug';
    logger[level]({ err: error }, failure);
    return errorRestMs;
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const restMs = await step().catch(report);
      if (restMs > 0) await setTimeout(restMs, undefined, { ref: false, signal }).catch(() => {});
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
      await end?.();
    },
  };
}
