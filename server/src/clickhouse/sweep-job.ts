import type { JobDeps } from '../store/execution-store.js';
import type { Db } from './client.js';
import { sweep } from './sweep.js';

const EVERY_MS = 60_000;

/** Repairs once a minute what races of two servers left. The next turn waits for the end of this one. */
export function startSweeping(
  db: Db,
  { logger }: Pick<JobDeps, 'logger'>,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();
  const repair = async (): Promise<void> => {
    try {
      const repairs = await sweep(db);
      if (repairs > 0) logger.info({ repairs }, 'repaired headers in ClickHouse');
    } catch (error) {
      logger.warn({ err: error }, 'could not look for races in ClickHouse');
    }
    plan();
  };
  const plan = (): void => {
    timer = setTimeout(() => (turn = repair()), EVERY_MS);
    timer.unref();
  };
  plan();
  return {
    async stop() {
      clearTimeout(timer);
      await turn;
      clearTimeout(timer);
    },
  };
}
