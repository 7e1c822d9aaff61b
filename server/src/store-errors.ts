import { Counter, type Registry } from 'prom-client';
import type { OutageLog } from './outage-log.js';
import { outageOf } from './store/errors.js';
import type { Stores } from './store/stores.js';

/**
 * The same stores, with counting and logging of database failures for all callers: ingest, questions
 * and jobs.
 */
export function watchErrors(
  stores: Stores,
  {
    isFailure,
    registry,
    outages,
  }: {
    /** Whether the engine failed a call, and not the server. */
    isFailure: (error: unknown) => boolean;
    registry: Registry;
    outages: OutageLog;
  },
): Stores {
  const errors = new Counter({
    name: 'xray_store_errors_total',
    help: 'Calls that the database failed: outage or unexpected.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const watcher: Watcher = {
    failed(error) {
      const reason = outageOf(error);
      if (reason !== undefined) {
        errors.inc({ kind: 'outage' });
        outages.failed(error, reason);
      } else if (isFailure(error)) {
        errors.inc({ kind: 'unexpected' });
      }
    },
    succeeded: () => outages.succeeded(),
  };
  const { accounts, executions, ...rest } = stores;
  return {
    ...rest,
    accounts: {
      ...watched(accounts, watcher),
      waiting: watched(accounts.waiting, watcher),
      forwarding: watched(accounts.forwarding, watcher),
      replays: watched(accounts.replays, watcher),
    },
    executions: watched(executions, watcher),
  };
}

interface Watcher {
  failed(error: unknown): void;
  succeeded(): void;
}

/** The same methods. The watcher is notified when a promise resolves or rejects. */
function watched<T extends object>(target: T, { failed, succeeded }: Watcher): T {
  const members = Object.entries(target).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function') return [name, member];
    const method = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(member, target, args);
      if (result instanceof Promise) result.then(succeeded, failed);
      return result;
    };
    return [name, method];
  });
  // Every member keeps its name, with the same parameters and result.
  return Object.fromEntries(members) as T;
}
