import { SpoolQueue } from './spool-queue.js';
import type { QueueHost, SnapshotQueue } from './queue.js';

/**
 * Where and how much to spool.
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
  /** A directory on a local disk; it is made if need be. Several processes may share it. */
  dir: string;
  /**
   * What this client may keep there, at most, with what it took over from processes that are gone;
   * default 256 MB. Beyond it new snapshots are dropped as `spool`.
   */
  maxBytes?: number | undefined;
}

/**
 * What the client's option `spool` takes.
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
 * An opt-in disk spool (Node only): every snapshot goes to an append-only file first and leaves it when
 * the server has it. So snapshots survive a server that is down and a process that is killed: the next
 * process that uses the directory delivers them, in order. A snapshot is safe from `kill -9` a moment after
 * it was recorded, when the operating system has it; a loss of power may cost what was not synced yet.
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
