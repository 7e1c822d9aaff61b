import { Counter, type Registry } from 'prom-client';
import { outageOf } from './store/outage.js';
import type { Store } from './store/store.js';

/** The same store, which counts what its database fails at, whoever asked: ingest, questions and jobs. */
export function countErrors(store: Store, registry: Registry): Store {
  const errors = new Counter({
    name: 'xray_store_errors_total',
    help: 'Calls that the database failed: outage or unexpected.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const count = (error: unknown): void => {
    const isOutage = outageOf(error) !== undefined;
    // What the store itself refuses has no SQLSTATE.
    if (!isOutage && !/^[0-9A-Z]{5}$/.test(codeOf(error))) return;
    errors.inc({ kind: isOutage ? 'outage' : 'unexpected' });
  };
  return { ...tellingFailures(store, count), index: tellingFailures(store.index, count) };
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as NodeJS.ErrnoException).code ?? '') : '';
}

/** The same methods; `whenFailed` is told of each promise of theirs that is rejected. */
function tellingFailures<T extends object>(target: T, whenFailed: (error: unknown) => void): T {
  const members = Object.entries(target).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function') return [name, member];
    const telling = (...args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(member, target, args);
      if (result instanceof Promise) result.catch(whenFailed);
      return result;
    };
    return [name, telling];
  });
  // Every member stands under its own name, with the same parameters and result.
  return Object.fromEntries(members) as T;
}
