import { createContextStore } from '#platform';

import { Accounts, type Stats } from './accounts.js';
import { Capture } from './capture.js';
import { Delivery } from './delivery.js';
import {
  type Context,
  Execution,
  type ExecutionHost,
  type ExecutionOptions,
  type Submission,
} from './execution.js';
import { ExecutionFields } from './execution-fields.js';
import { uuidV7 } from './identity.js';
import { isQueue, type Queued, type SnapshotQueue } from './queue.js';
import { MemoryQueue, UndurableQueue } from './memory-queue.js';
import { resolveOptions, type Settings, type XRayOptions } from './options.js';
import { isChosen, type SampleCandidate } from './sampling.js';
import { serialize, writeClient } from './serialize.js';
import { settleWith, splitArguments } from './settle.js';
import { quietly } from './source.js';
import { warnOnce } from './warning.js';
import type { Status } from './wire/snapshot.js';

const DEFAULT_FLUSH_MS = 5_000;

/**
 * The client: one per process and app. It never throws into its host, never blocks it and never keeps it alive.
 * Only the end of a process may take two seconds longer, to deliver the last records.
 *
 * @example
 * ```ts
 * const xray = new XRaySDK({ apiKey: 'xr_...', appId: 'my-loan-app', pipeline: 'loan-approval' });
 * const execution = xray.startExecution();
 * execution.recordStep({ name: 'credit_score', output: { score: 750 }, status: 'completed' });
 * execution.completeExecution();
 * ```
 */
export class XRaySDK {
  readonly #settings: Settings;
  readonly #accounts: Accounts;
  readonly #delivery: Delivery;
  readonly #host: ExecutionHost;
  readonly #instanceId: string;
  readonly #members: string;
  #lastInstanceSeq = 0;

  constructor(options: XRayOptions) {
    this.#settings = resolveOptions(options);
    this.#accounts = new Accounts(this.#settings.onDrop);
    this.#instanceId = uuidV7(this.#settings.clock.wallMs());
    this.#members = writeClient(this.#settings, this.#instanceId);
    this.#delivery = new Delivery(this.#settings, this.#accounts, (ready) =>
      this.#makeQueue(ready),
    );
    const capture = new Capture(this.#settings.redactor);
    const fields = new ExecutionFields(capture);
    fields.setPipeline(this.#settings.pipeline);
    if (this.#settings.environment !== undefined) fields.setEnvironment(this.#settings.environment);
    fields.set({ versions: this.#settings.versions });
    this.#host = {
      settings: this.#settings,
      capture,
      fields,
      context: createContextStore<Context>(),
      submit: (submission) => this.#submit(submission),
      ignored: () => {
        this.#accounts.ignoredCalls += 1;
      },
    };
  }

  /**
   * Begins an execution. End it with `completeExecution` or `failExecution`.
   *
   * @example
   * ```ts
   * const execution = xray.startExecution({ subject: { applicant: 'a-17' } });
   * ```
   */
  startExecution(options?: ExecutionOptions): Execution {
    return new Execution(this.#host, options ?? undefined);
  }

  /**
   * Runs a function as one execution: completes when it returns, fails when it throws, and rethrows
   * untouched. Returns what the function returns: a promise stays a promise, and a query still runs
   * only when it is awaited. If the function returns a stream or a generator, the execution ends
   * with it. A later snapshot adds the steps that are still open then, or begin later.
   *
   * @example
   * ```ts
   * const isApproved = await xray.run({ subject: { applicant: 'a-17' } }, async (execution) => {
   *   const score = await execution.step('credit_score', { kind: 'retrieve' }, () => bureau('a-17'));
   *   const isEnough = execution.step('rules', (step) =>
   *     step.check('min_score', score >= 660, { actual: score, threshold: 660, reason: 'SCORE_LOW' }),
   *   );
   *   execution.decide(isEnough ? 'approved' : 'declined', { adverse: !isEnough });
   *   return isEnough;
   * });
   * ```
   */
  run<R>(fn: (execution: Execution) => R): R;
  run<R>(options: ExecutionOptions, fn: (execution: Execution) => R): R;
  run<R>(
    ...args: [(execution: Execution) => R] | [ExecutionOptions, (execution: Execution) => R]
  ): R {
    const [options, fn] = splitArguments(args);
    const execution = this.startExecution(options);
    const endings = execution.endings();
    return settleWith(() => endings.around(() => fn(execution)), endings);
  }

  /**
   * Returns the execution whose `run` or `step` called this code. It needs AsyncLocalStorage.
   *
   * @example
   * ```ts
   * xray.current()?.set({ tags: ['retried'] });
   * ```
   */
  current(): Execution | undefined {
    return this.#host.context?.getStore()?.execution;
  }

  /**
   * Waits until every earlier record is delivered or dropped, and resolves to true. Resolves to false when the time,
   * in milliseconds, is over. Never rejects.
   *
   * @example
   * ```ts
   * const isDelivered = await xray.flush(2_000);
   * ```
   */
  async flush(timeoutMs: number = DEFAULT_FLUSH_MS): Promise<boolean> {
    return await this.#delivery.flush(timeoutMs);
  }

  /**
   * Flushes, drops the remaining snapshots when the time is over, and stops recording. Never
   * rejects.
   *
   * @example
   * ```ts
   * process.once('SIGTERM', () => void xray.shutdown().then(() => process.exit()));
   * ```
   */
  async shutdown(timeoutMs: number = DEFAULT_FLUSH_MS): Promise<boolean> {
    return await this.#delivery.shutdown(timeoutMs);
  }

  /**
   * Returns the counts of all snapshots so far. Their sum is exact at any time.
   *
   * @example
   * ```ts
   * const { recorded, delivered, dropped } = xray.stats();
   * ```
   */
  stats(): Stats {
    return this.#accounts.stats();
  }

  #makeQueue(ready: () => void): SnapshotQueue {
    const { spool, isEnabled, delivery } = this.#settings;
    if (spool === undefined || !isEnabled) return new MemoryQueue(delivery.maxBatch);
    const host = {
      instanceId: this.#instanceId,
      maxQueued: delivery.maxQueued,
      maxQueuedBytes: delivery.maxQueuedBytes,
      recovered: () => this.#accounts.recorded(),
      notDurable: () => {
        this.#accounts.notDurable += 1;
      },
      lost: ({ executionId, reportedDrops }: Pick<Queued, 'executionId' | 'reportedDrops'>) => {
        this.#accounts.dropped('spool', { executionId }, reportedDrops);
      },
      ready,
    };
    try {
      const queue: unknown = spool(host);
      if (isQueue(queue)) return queue;
    } catch {
      // The warning below reports the failure.
    }
    warnOnce(
      'the option spool cannot be used: snapshots wait in memory and do not outlive this process',
    );
    return new UndurableQueue(host);
  }

  #submit(submission: Submission): number | undefined {
    const { key, isFinal, rootId, isAdverse, waitUntil, text } = submission;
    const { executionId, status } = text;
    this.#accounts.recorded();
    if (!this.#isSampled(status, isAdverse, { executionId, rootId })) {
      this.#accounts.dropped('sampled', text);
      return submission.instanceSeq;
    }
    const isTerminal = status !== 'running';
    const instanceSeq = isTerminal
      ? (submission.instanceSeq ?? this.#nextInstanceSeq())
      : undefined;
    const reportedDrops = this.#accounts.takeUnreported();
    const envelope = { client: this.#members, instanceSeq, snapshotsSinceLast: reportedDrops };
    try {
      const { json, isAscii } = serialize(text, envelope, this.#settings.maxSnapshotBytes);
      this.#delivery.enqueue({ key, isFinal, executionId, json, isAscii, reportedDrops });
    } catch (error) {
      // A RangeError means that the text is longer than this runtime allows.
      const reason = error instanceof RangeError ? 'too_large' : 'sdk_error';
      this.#accounts.dropped(reason, text, reportedDrops);
      return instanceSeq;
    }
    if (isTerminal && waitUntil !== undefined) {
      const delivered = this.#delivery.flush(DEFAULT_FLUSH_MS, 'patient');
      // The host's platform may reject `waitUntil` after the response. The snapshot is queued
      // anyway.
      quietly(() => waitUntil(delivered));
    }
    return instanceSeq;
  }

  #nextInstanceSeq(): number {
    this.#lastInstanceSeq += 1;
    return this.#lastInstanceSeq;
  }

  #isSampled(status: Status, isAdverse: boolean, execution: SampleCandidate): boolean {
    const { sample } = this.#settings;
    if (sample === undefined) return true;
    if (status === 'failed' && sample.keepFailed !== false) return true;
    if (isAdverse && sample.keepAdverse !== false) return true;
    return isChosen(sample, execution);
  }
}
