import { SpoolQueue } from './spool-queue.js';
import type { QueueHost, SnapshotQueue } from './queue.js';

/**
 * The directory and the size of a spool.
 *
 * @example
 * ```ts
 * import { spool, type SpoolOptions } from '@xray/sdk/spool';
 *
 * const options: SpoolOptions = { dir: '/var/spool/xray', maxBytes: 100_000_000 };
 * const durable = spool(options);
 * ```
 */
export interface SpoolOptions {
  /**
   * A directory on a local disk. It is created if it does not exist. Several processes may share
   * it.
   */
  dir: string;
  /**
   * The maximum size on disk for this client in bytes, including snapshots taken over from ended processes.
   * Default 256 MB. Beyond it the client drops new snapshots as `spool`.
   */
  maxBytes?: number | undefined;
}

/**
 * The type of the client's option `spool`.
 *
 * @example
 * ```ts
 * import { type Spool, spool } from '@xray/sdk/spool';
 *
 * const durable: Spool = spool({ dir: '/var/spool/xray' });
 * ```
 */
export type Spool = (host: QueueHost) => SnapshotQueue;

/**
 * Makes a spool on disk (Node only). Every snapshot stays in an append-only file until the server
 * has stored it. So snapshots survive an unavailable server and a killed process. The next process
 * that uses the directory delivers them, in order. A snapshot is safe from `kill -9` a moment after
 * it was recorded, when the operating system has it. A loss of power may cost snapshots that were
 * not synced yet.
 *
 * If the disk takes no snapshots, they wait in memory, and `stats().notDurable` counts them.
 * Outside of Node the spool is in memory, too.
 *
 * @example
 * ```ts
 * import { XRaySDK } from '@xray/sdk';
 * import { spool } from '@xray/sdk/spool';
 *
 * const xray = new XRaySDK({
 *   appId: 'my-loan-app',
 *   pipeline: 'loan-approval',
 *   spool: spool({ dir: '/var/spool/xray' }),
 * });
 * ```
 */
export function spool(options: SpoolOptions): Spool {
  return (host) => {
    const { dir, maxBytes = 256_000_000 } = options;
    if (typeof dir !== 'string' || dir === '') throw new TypeError('dir must be a directory');
    return new SpoolQueue(dir, maxBytes, host);
  };
}
