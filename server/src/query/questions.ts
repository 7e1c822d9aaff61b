import { compareExecutions, explain, type Comparison, type Explanation } from '@xray/core';
import type { Store } from '../store/store.js';
import { readSnapshot } from './read-executions.js';

export async function explainExecution(
  store: Store,
  app: string,
  executionId: string,
): Promise<Explanation> {
  return explain(await readSnapshot(store, app, executionId));
}

export async function compareTwo(
  store: Store,
  app: string,
  ids: { a: string; b: string },
): Promise<Comparison> {
  const [a, b] = await Promise.all([
    readSnapshot(store, app, ids.a),
    readSnapshot(store, app, ids.b),
  ]);
  return compareExecutions(a, b);
}
