import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { REPLAY_DAYS } from '@xray/core';
import { eraseInBatches, type Eraser } from './prune.js';

/** The job that deletes what the apps' retention rules no longer keep. */
export interface RetentionJob {
  /** Finishes the current batch and starts no other. */
  stop(): Promise<void>;
}

interface RetentionDeps extends Eraser {
  logger: Logger;
  /** ms since the epoch. */
  now: () => number;
}

interface Timing {
  firstAfterMs: number;
  everyMs: number;
}

/**
 * Rules are in days, so a delay of an hour does not matter. Instances that started together begin
 * at different times.
 */
const TIMING: Timing = { firstAfterMs: 60_000, everyMs: 60 * 60_000 };
const DAY_MS = 86_400_000;
const JITTER = 0.5;
/** The job takes at most a quarter of the time. Ingest gets the rest. */
const REST_RATIO = 3;

/**
 * Runs at intervals until it is stopped, and never keeps the process alive. If there are several
 * instances, one of them erases.
 */
export function startRetentionJob(deps: RetentionDeps, timing: Timing = TIMING): RetentionJob {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = async (ms: number): Promise<void> => {
    const jittered = ms * (1 + Math.random() * JITTER);
    await setTimeout(jittered, undefined, { ref: false, signal }).catch(() => {});
  };
  const work = async (): Promise<void> => {
    await rest(timing.firstAfterMs);
    while (!signal.aborted) {
      await enforceRetention(deps, signal).catch((error: unknown) => {
        deps.logger.warn({ err: error }, 'retention could not run; it is tried again later');
      });
      await rest(timing.everyMs);
    }
  };
  const done = work();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

async function enforceRetention(
  { accounts, executions, erasures, logger, now }: RetentionDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const app of await accounts.listApps()) {
    if (signal.aborted) return;
    const rules = await accounts.readRetention(app.id);
    if (!rules.some((rule) => rule.days !== null)) continue;
    const what = { kind: 'expired', now: new Date(now()) } as const;
    const walk = await eraseInBatches(
      { accounts, executions, erasures },
      { app: app.id, environment: undefined, what },
      {
        cause: 'retention',
        after: undefined,
        wait: false,
        restRatio: REST_RATIO,
        mayGoOn: () => !signal.aborted,
      },
    );
    if (walk.erased.executions > 0) {
      logger.info({ app: app.id, ...walk.erased }, 'retention deleted what had expired');
    }
    // Another instance is erasing, and two would only share the same work.
    if (walk.gaveWay) return;
  }
  if (signal.aborted) return;
  const runs = await accounts.replays.deleteBefore(new Date(now() - REPLAY_DAYS * DAY_MS));
  if (runs > 0) logger.info({ runs }, 'deleted replay runs after their days');
  await executions.tidy();
}
