import { UndurableQueue } from './memory-queue.js';
import type { Spool, SpoolOptions } from './spool.js';
import { warnOnce } from './warning.js';

/**
 * The spool for runtimes without a file system. It keeps snapshots in memory, so that the same code
 * runs everywhere.
 */
export function spool(_options: SpoolOptions): Spool {
  return (host) => {
    warnOnce('the spool needs Node: snapshots wait in memory and do not outlive this process');
    return new UndurableQueue(host);
  };
}
