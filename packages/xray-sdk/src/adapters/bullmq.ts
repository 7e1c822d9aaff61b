import type { XRaySDK } from '../client.js';
import type { ExecutionOptions } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import { attemptOptions } from './attempt.js';
import { chosenStart, runHandler } from './start.js';

/**
 * The part of a job of BullMQ that the adapter reads.
 *
 * @example
 * ```ts
 * import type { BullJob } from '@xray/sdk/bullmq';
 *
 * const keyOf = (job: BullJob) => `${job.queueName}/${job.id ?? ''}`;
 * ```
 */
export interface BullJob {
  readonly id?: string | undefined;
  readonly name: string;
  readonly queueName: string;
  readonly data: unknown;
  readonly timestamp: number;
  readonly attemptsMade: number;
}

/**
 * The options of a recorded processor.
 *
 * @example
 * ```ts
 * import type { BullOptions } from '@xray/sdk/bullmq';
 *
 * const options: BullOptions = { start: ({ name }) => ({ pipeline: name }) };
 * ```
 */
export interface BullOptions<Job = BullJob> {
  /** Returns the execution's options for this job, or `undefined` to record none. Default: `{}`. */
  start?: ((job: Job) => ExecutionOptions | undefined) | undefined;
}

/**
 * Records each attempt of a job as an execution. A retry has the relation `retry_of` to the attempt
 * before it. An attempt that BullMQ only delays, or that waits for its children, completes.
 *
 * @example
 * ```ts
 * import { type BullJob, xrayProcessor } from '@xray/sdk/bullmq';
 *
 * const processor = xrayProcessor(xray, async (job: BullJob) => {
 *   xray.current()?.decide('approved');
 *   return job.data;
 * });
 * ```
 */
export function xrayProcessor<Job extends BullJob, Rest extends unknown[], R>(
  xray: XRaySDK,
  processor: (job: Job, ...rest: Rest) => Promise<R>,
  options: BullOptions<Job> = {},
): (job: Job, ...rest: Rest) => Promise<R> {
  return async (job, ...rest) => {
    const choose = (): ExecutionOptions | undefined =>
      options.start === undefined ? {} : options.start(job);
    const start = chosenStart('BullMQ', choose, quietly(() => optionsOf(job)) ?? {});
    if (start === undefined) return await processor(job, ...rest);
    return await runHandler(
      xray,
      start,
      async (execution) => {
        const result = await processor(job, ...rest);
        execution.set({ output: result });
        return result;
      },
      isMove,
    );
  };
}

/** Ids of jobs begin again when a queue is deleted, so the time of the job is a part of the key. */
function optionsOf(job: BullJob): ExecutionOptions {
  const started = asRecord(job)['attemptsStarted'];
  const { queueName: queue, id = job.name, timestamp } = job;
  return attemptOptions({
    queue,
    job: id,
    attempt: typeof started === 'number' && started > 0 ? started : job.attemptsMade + 1,
    key: `bullmq:${queue}:${id}:${String(timestamp)}`,
    input: job.data,
  });
}

const MOVES = new Set(['DelayedError', 'WaitingChildrenError', 'WaitingError', 'RateLimitError']);

/** By these errors a processor says that it has moved the job. */
function isMove(error: unknown): boolean {
  const { name, message } = isObject(error) ? asRecord(error) : {};
  return MOVES.has(String(name)) || message === 'bullmq:rateLimitExceeded';
}
