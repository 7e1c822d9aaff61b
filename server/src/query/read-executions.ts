import {
  stepSequence,
  type ServerFacts,
  type Snapshot,
  type Status,
  type Step,
  type StepDetail,
} from '@xray/core';
import { DomainError } from '../errors.js';
import type { Store, StoredExecution } from '../store/store.js';

/** A running execution that was not heard of for this long is shown as stale, in ms. */
const STALE_AFTER_MS = 24 * 60 * 60_000;

/**
 * The JSON text of an ExecutionDetail. The snapshot's text goes out as it was stored, unparsed, so that
 * even what a double cannot hold comes back as it was sent; without payloads it has to be parsed.
 */
export async function readExecutionText(
  store: Store,
  app: string,
  executionId: string,
  options: { payloads: boolean; now: number },
): Promise<string> {
  const stored = await findExecution(store, app, executionId);
  const server: ServerFacts = {
    receivedAt: stored.receivedAt.toISOString(),
    conflict: stored.conflict,
    stale: isStale(stored.status, stored.receivedAt.getTime(), options.now),
    bytes: stored.bytes,
  };
  const snapshot = options.payloads
    ? stored.body
    : JSON.stringify(withoutPayloads(parseStored(stored)));
  return `{"snapshot":${snapshot},"server":${JSON.stringify(server)}}`;
}

export async function readStep(
  store: Store,
  app: string,
  executionId: string,
  sequence: number,
): Promise<StepDetail> {
  const { steps } = await readSnapshot(store, app, executionId);
  const step = steps.find((candidate, index) => stepSequence(candidate, index) === sequence);
  if (step === undefined) {
    throw new DomainError('not_found', `This execution has no step with sequence ${sequence}.`);
  }
  return { sequence, step };
}

export async function readSnapshot(
  store: Store,
  app: string,
  executionId: string,
): Promise<Snapshot> {
  return parseStored(await findExecution(store, app, executionId));
}

async function findExecution(
  store: Store,
  app: string,
  executionId: string,
): Promise<StoredExecution> {
  const stored = await store.readExecution(app, executionId);
  if (stored === undefined) {
    throw new DomainError('not_found', `The app "${app}" has no execution of this id.`);
  }
  return stored;
}

/** What stands in `bodies` was validated when it came in. */
function parseStored(stored: StoredExecution): Snapshot {
  return JSON.parse(stored.body) as Snapshot;
}

export function isStale(status: Status, receivedAtMs: number, now: number): boolean {
  return status === 'running' && now - receivedAtMs > STALE_AFTER_MS;
}

function withoutPayloads(snapshot: Snapshot): object {
  const { input: _input, output: _output, ...rest } = snapshot;
  return { ...rest, steps: snapshot.steps.map(withoutStepPayloads) };
}

function withoutStepPayloads(step: Step): object {
  const { input: _input, output: _output, reasoning: _reasoning, ...rest } = step;
  return {
    ...rest,
    ...(step.candidates && { candidates: withoutDetail(step.candidates) }),
    ...(step.artifacts && {
      artifacts: step.artifacts.map(({ inline: _inline, ...artifact }) => artifact),
    }),
  };
}

function withoutDetail(candidates: NonNullable<Step['candidates']>): object {
  const { items: _items, ledger: _ledger, ...counts } = candidates;
  return counts;
}
