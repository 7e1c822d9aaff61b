import { readReplayReference } from '@xray/core';
import { DomainError } from '../errors.js';
import { findExecution, type RecordDeps } from './read-executions.js';

/** An Explanation as JSON or as plain text. */
export async function explanationOf(
  { accounts, executions, threads }: RecordDeps,
  app: string,
  executionId: string,
  { format, lang }: { format: 'json' | 'text'; lang?: string | undefined },
): Promise<string> {
  const { body } = await findExecution(executions, app, executionId);
  const { dictionary } = await accounts.readDictionary(app);
  return await threads.run('explain', { body, format, dictionary, lang });
}

/** The JSON text of a Comparison. */
export async function comparisonOf(
  deps: RecordDeps,
  app: string,
  ids: { a: string; b: string },
): Promise<string> {
  const [a, b] = await Promise.all([bodyOf(deps, app, ids.a), bodyOf(deps, app, ids.b)]);
  return await deps.threads.run('compare', { a, b });
}

/** The body of an execution, or of the execution of a replay. */
async function bodyOf(
  { accounts, executions }: RecordDeps,
  app: string,
  id: string,
): Promise<string> {
  const reference = readReplayReference(id);
  if (reference === undefined) return (await findExecution(executions, app, id)).body;
  const body = await accounts.replays.readBody(app, reference.run, reference.executionId);
  if (body === undefined) {
    throw new DomainError('not_found', 'This run does not have the replay of this execution.');
  }
  return body;
}
