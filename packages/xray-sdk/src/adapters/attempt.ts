import type { ExecutionOptions } from '../execution.js';

/** One attempt of a job in a queue. */
export interface Attempt {
  readonly queue: string;
  readonly job: string;
  /** From 1. */
  readonly attempt: number;
  /** Names the job in the executions' ids. It must never repeat. */
  readonly key: string;
  readonly input: unknown;
}

/**
 * The options of the execution for one attempt. Its id follows from the job, so that a retry in
 * another process can name the attempt before it.
 */
export function attemptOptions({ queue, job, attempt, key, input }: Attempt): ExecutionOptions {
  const retried = { relation: 'retry_of', of: idOf(key, attempt - 1) } as const;
  return {
    executionId: idOf(key, attempt),
    input,
    metadata: { queue, job, attempt },
    ...(attempt > 1 ? retried : {}),
  };
}

function idOf(key: string, attempt: number): string {
  return `${key.replaceAll(/[^\w.:-]/g, '-').slice(-120)}:${String(attempt)}`;
}
