import type { Reindexed } from '@xray/core';
import { readSnapshot } from '../records/read-snapshot.js';
import type { Store } from '../store/store.js';

/** How long one call works, in ms. */
const CALL_MS = 1_000;

/**
 * One call of the rebuild of all derived data. Columns and steps are rewritten here. The first call
 * makes the index job rebuild the search index. `after` is the place where the previous call
 * stopped.
 */
export async function reindex(store: Store, after: number | undefined): Promise<Reindexed> {
  if (after === undefined) await store.index.clearIndex();
  const end = performance.now() + CALL_MS;
  let last = after ?? 0;
  let executions = 0;
  do {
    const bodies = await store.readBodies(last);
    const next = bodies.at(-1);
    if (next === undefined) return { executions, after: null };
    const records = bodies.flatMap(({ id, app, body, bodyHash, receivedAt }) => {
      const read = readSnapshot(body, { app, environments: null }, receivedAt);
      return read.ok ? [{ id, bodyHash, record: read.record }] : [];
    });
    await store.rewriteDerived(records);
    executions += records.length;
    last = next.id;
  } while (performance.now() < end);
  return { executions, after: last };
}
