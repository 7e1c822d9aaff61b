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
  const [a, b] = await Promise.all([
    findExecution(store, app, ids.a),
    findExecution(store, app, ids.b),
  ]);
  return await threads.run('compare', { a: a.body, b: b.body });
}
