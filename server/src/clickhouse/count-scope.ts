import type { Counted } from '@xray/core';
import { isSearch } from '../store/fields.js';
import type { BoundedScope, Counts } from '../store/execution-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { READ_LIMIT_MS, type Db } from './client.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { isWithin } from './list-executions.js';
import { Params } from './params.js';
import { readPlace } from './places.js';
import { searchExecutions } from './search-executions.js';

/** Search results that are counted one by one, at most. */
const MAX_COUNTED = 5_000;
const COUNTED_AT_ONCE = 1_000;

/** A source of rows for a question that counts: each execution once, in its current version. */
export interface CountSource {
  params: Params;
  /** Follows FROM. */
  from: string;
}

/** The rows of a filter without words. */
export function sourceOfScope(scope: BoundedScope, params = new Params()): CountSource {
  const conditions = `${isWithin(scope, params)} AND ${compileWhatIsKnown(scope.filter, params, scope.nowMs)}`;
  // Only FINAL counts each execution once. A list is cheaper without it.
  return { params, from: `executions FINAL WHERE ${conditions}` };
}

/** Answers a question that counts. With words in the filter, it counts what a search finds. */
export async function countFound<Row>(
  db: Db,
  threads: TaskThreads,
  scope: BoundedScope,
  count: (source: CountSource) => Promise<Row[]>,
): Promise<Counts<Row>> {
  if (!isSearch(scope.filter)) {
    return { rows: await count(sourceOfScope(scope)), notSearched: null, counted: null };
  }
  const { keys, counted } = await findKeys(db, threads, scope);
  const params = new Params();
  const from = `executions FINAL WHERE app = ${params.text(scope.app)}
    AND at IN ${params.ints([...new Set(keys.map(({ at }) => at))])}
    AND execution_id IN ${params.texts(keys.map(({ id }) => id))}`;
  return { rows: await count({ params, from }), notSearched: null, counted };
}

async function findKeys(
  db: Db,
  threads: TaskThreads,
  scope: BoundedScope,
): Promise<{ keys: { at: number; id: string }[]; counted: Counted | null }> {
  const endsAt = performance.now() + READ_LIMIT_MS;
  const keys: { at: number; id: string }[] = [];
  let after: string | undefined;
  do {
    const limit = Math.min(COUNTED_AT_ONCE, MAX_COUNTED - keys.length);
    const page = await searchExecutions(db, threads, { ...scope, sort: '-at', after, limit });
    keys.push(
      ...page.items.map(({ at, executionId }) => ({ at: Date.parse(at), id: executionId })),
    );
    after = page.next;
    if (after !== undefined && (keys.length >= MAX_COUNTED || performance.now() > endsAt)) {
      const since = new Date(readPlace(after).key).toISOString();
      return { keys, counted: { executions: keys.length, since } };
    }
  } while (after !== undefined);
  return { keys, counted: null };
}
