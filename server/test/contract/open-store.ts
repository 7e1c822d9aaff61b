import { onTestFinished } from 'vitest';
import type { ExecutionStore } from '#server/store/execution-store.js';

/** Opens an empty, migrated store of executions with the app APP. */
export type OpenStore = () => Promise<{ store: ExecutionStore; close: () => Promise<void> }>;

/** The same for one test, which closes it at its end. */
export async function freshStore(open: OpenStore): Promise<ExecutionStore> {
  const { store, close } = await open();
  onTestFinished(close);
  return store;
}
