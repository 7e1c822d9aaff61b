import { readReplayReference } from '@xray/core';
import { DomainError } from '../errors.js';
import type { Store } from '../store/store.js';
import { findExecution, type RecordDeps } from './read-executions.js';

/** An Explanation as JSON or as plain text. */
export async function explanationOf(
  { store, threads }: RecordDeps,
  app: string,
  executionId: string,
  { format, lang }: { format: 'json' | 'text'; lang?: string | undefined },
): Promise<string> {
  const { body } = await findExecution(store, app, executionId);
  const { dictionary } = await store.readDictionary(app);
  return await threads.run('explain', { body, format, dictionary, lang });
}

/** The JSON text of a Comparison. */
export async function comparisonOf(
  { store, threads }: RecordDeps,
  app: string,
  ids: { a: string; b: string },
): Promise<string> {
  const [a, b] = await Promise.all([bodyOf(store, app, ids.a), bodyOf(store, app, ids.b)]);
  return await threads.run('compare', { a, b });
}

/** The body of an execution, or of the execution of a replay. */
async function bodyOf(store: Store, app: string, id: string): Promise<string> {
  const reference = readReplayReference(id);
  if (reference === undefined) return (await findExecution(store, app, id)).body;
  const body = await store.replays.readBody(app, reference.run, reference.executionId);
  if (body === undefined) {
    throw new DomainError('not_found', 'This run does not have the replay of this execution.');
  }
  return body;
}
