import type { Reindexed } from '@xray/core';
import { readSnapshot } from '../records/read-snapshot.js';
import type { Place } from '../store/answers.js';
import type { ExecutionStore } from '../store/execution-store.js';

/** One call of the rebuild of all derived data. `after` is the place where the previous call stopped. */
export async function reindex(store: ExecutionStore, after: Place | undefined): Promise<Reindexed> {
  const { executions, next } = await store.rebuild(after, ({ app, body, receivedAt }) => {
    const read = readSnapshot(body, { app, environments: null }, receivedAt);
    return read.ok ? read.record : undefined;
  });
  return { executions, after: next ?? null };
}
