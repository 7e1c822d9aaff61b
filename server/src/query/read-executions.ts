import type { ExecutionSummary, ServerFacts, Status } from '@xray/core';
import { DomainError, ErasedError } from '../errors.js';
import type { StoredExecution } from '../store/execution-record.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { AccountStore } from '../store/account-store.js';
import type { ExecutionStore } from '../store/execution-store.js';

/**
 * The store, and the threads that parse records. Records can have 5 MB, so the event loop never
 * parses them.
 */
export interface RecordDeps {
  accounts: AccountStore;
  executions: ExecutionStore;
  threads: TaskThreads;
}

/** A running execution without news for this long is shown as stale, in ms. */
const STALE_AFTER_MS = 24 * 60 * 60_000;
/** A parent can have thousands of children. */
export const MAX_LINKED_FROM = 100;

/**
 * The JSON text of an ExecutionDetail. The snapshot's text is sent as it was stored, without
 * parsing, so numbers beyond a double stay exact. Without payloads it has to be parsed.
 */
export async function readExecutionText(
  { executions, threads }: RecordDeps,
  app: string,
  executionId: string,
  options: { payloads: boolean; now: number },
): Promise<string> {
  const stored = await findExecution(executions, app, executionId);
  const server: ServerFacts = {
    receivedAt: stored.receivedAt.toISOString(),
    conflict: stored.conflict,
    stale: isStale(stored.status, stored.receivedAt.getTime(), options.now),
    bytes: stored.bytes,
  };
  const { body } = stored;
  const snapshot = options.payloads ? body : await threads.run('withoutPayloads', body);
  const linkedFrom = await executions.listLinksTo(app, executionId, MAX_LINKED_FROM);
  const spans: string[] = [];
  for (const text of await executions.readSpans(app, executionId)) {
    spans.push(options.payloads ? text : await threads.run('withoutPayloads', text));
  }
  const below = spans.length > 0 ? `,"spans":[${spans.join(',')}]` : '';
  return `{"snapshot":${snapshot},"server":${JSON.stringify(server)},"linkedFrom":${JSON.stringify(linkedFrom)}${below}}`;
}

/** The number in a step's address, and whether it is a sequence or an index. */
export interface StepAddress {
  by: 'sequence' | 'index';
  at: number;
}

/**
 * The JSON text of a StepDetail. If several steps have this sequence, the request is refused,
 * because only the index identifies one.
 */
export async function readStepText(
  { executions, threads }: RecordDeps,
  app: string,
  executionId: string,
  { by, at }: StepAddress,
): Promise<string> {
  const { body } = await findExecution(executions, app, executionId);
  const [step, ...others] = await threads.run('steps', { body, by, at });
  if (step === undefined) {
    throw new DomainError('not_found', `This execution has no step with ${by} ${at}.`);
  }
  if (others.length > 0) {
    throw new DomainError(
      'conflict',
      `${others.length + 1} steps of this execution have sequence ${at}. Ask for one by its index in "steps": …/steps/<index>?by=index.`,
    );
  }
  return step;
}

/** @throws DomainError if there is none, and an ErasedError if it was erased by name. */
export async function findExecution(
  executions: ExecutionStore,
  app: string,
  executionId: string,
): Promise<StoredExecution> {
  const stored = await executions.readExecution(app, executionId);
  if (stored === undefined) {
    const tombstone = await executions.readTombstone(app, executionId);
    if (tombstone !== undefined) throw new ErasedError(tombstone);
    throw new DomainError('not_found', `The app "${app}" has no execution with this id.`);
  }
  return stored;
}

export function isStale(status: Status, receivedAtMs: number, now: number): boolean {
  return status === 'running' && now - receivedAtMs > STALE_AFTER_MS;
}

/** A row of a list as it is shown. */
export function withStale<Row extends Omit<ExecutionSummary, 'stale'>>(
  row: Row,
  now: number,
): Row & { stale: boolean } {
  return { ...row, stale: isStale(row.status, Date.parse(row.receivedAt), now) };
}
