import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { OtlpAssembly } from '../ingest/otlp-assembly.js';
import { outageOf } from '../store/errors.js';

/** The job that turns waiting spans into executions. */
export interface OtlpJob {
  /** Lets the traces under way finish and starts no others. */
  stop(): Promise<void>;
}

const EVERY_MS = 500;
const TIDY_EVERY_MS = 10_000;

/** Runs on every instance until it is stopped, and never keeps the process alive. */
export function startOtlpJob(assembly: OtlpAssembly, logger: Logger): OtlpJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const work = async (): Promise<void> => {
    let tidiedAt = performance.now();
    while (!signal.aborted) {
      const took = await assembly.run().catch(report);
      if (performance.now() - tidiedAt > TIDY_EVERY_MS) {
        tidiedAt = performance.now();
        await assembly.tidy().catch(report);
      }
      if (took === 0) await setTimeout(EVERY_MS, undefined, { ref: false, signal }).catch(() => {});
    }
  };
  const report = (error: unknown): number => {
    // OutageLog reports an outage, once for all that meet it.
    const level = outageOf(error) === undefined ? 'warn' : 'debug';
    logger[level]({ err: error }, 'waiting spans were not assembled; it is tried again');
    return 0;
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
