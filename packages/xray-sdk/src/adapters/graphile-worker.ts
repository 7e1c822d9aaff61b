import type { XRaySDK } from '../client.js';
import type { ExecutionOptions } from '../execution.js';
import { quietly } from '../source.js';
import { attemptOptions } from './attempt.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The part of a job of Graphile Worker that the adapter reads.
 *
 * @example
 * ```ts
 * import type { GraphileJob } from '@xray/sdk/graphile-worker';
 *
 * const isRetry = (job: GraphileJob) => job.attempts > 1;
 * ```
 */
export interface GraphileJob {
  readonly id: string | number | bigint;
  readonly task_identifier: string;
  readonly attempts: number;
}

/**
 * The options of a recorded task.
 *
 * @example
 * ```ts
 * import type { GraphileOptions } from '@xray/sdk/graphile-worker';
 *
 * const options: GraphileOptions = { start: (_payload, job) => ({ pipeline: job.task_identifier }) };
 * ```
 */
export interface GraphileOptions {
  /** Returns the execution's options for this job, or `undefined` to record none. Default: `{}`. */
  start?: ((payload: unknown, job: GraphileJob) => ExecutionOptions | undefined) | undefined;
}

/**
 * Records each attempt of a task as an execution. A retry has the relation `retry_of` to the attempt
 * before it.
 *
 * @example
 * ```ts
 * import { xrayTask } from '@xray/sdk/graphile-worker';
 *
 * const taskList = {
 *   decide: xrayTask(xray, async (_payload: unknown) => xray.current()?.decide('approved')),
 * };
 * ```
 */
export function xrayTask<Payload, Helpers extends { readonly job: GraphileJob }, R>(
  xray: XRaySDK,
  task: (payload: Payload, helpers: Helpers) => R | PromiseLike<R>,
  options: GraphileOptions = {},
): (payload: Payload, helpers: Helpers) => Promise<R> {
  return async (payload, helpers) => {
    const choose = (): ExecutionOptions | undefined =>
      options.start === undefined ? {} : options.start(payload, helpers.job);
    const defaults = quietly(() => {
      const { id, task_identifier: queue, attempts } = helpers.job;
      const job = String(id);
      return attemptOptions({
        queue,
        job,
        attempt: attempts,
        key: `graphile:${job}`,
        input: payload,
      });
    });
    const start = chosenStart('Graphile Worker', choose, defaults);
    if (start === undefined) return await task(payload, helpers);
    return await runHandler(xray, start, () => task(payload, helpers));
  };
}
