import type { Reindexed } from '@xray/core';
import { fromCursor } from '../query/cursor.js';
import { readSnapshot } from '../records/read-snapshot.js';
import type { Place } from '../store/answers.js';
import type { ExecutionRecord, StoredBody } from '../store/execution-record.js';
import type { ExecutionStore } from '../store/execution-store.js';

/** One call of the rebuild of all derived data. `after` is the place where the previous call stopped. */
export async function reindex(store: ExecutionStore, after: Place | undefined): Promise<Reindexed> {
  const recordOf = ({ app, body, receivedAt }: StoredBody): ExecutionRecord | undefined => {
    const read = readSnapshot(body, { app, environments: null }, receivedAt);
    return read.ok ? read.record : undefined;
  };
  const { executions, next } = await fromCursor(() => store.rebuild(after, recordOf), 'after');
  return { executions, after: next ?? null };
}
