import { utf8Length } from '#platform';

import { Accounts, type Stats } from './accounts.js';
import { Capture } from './capture.js';
import { Delivery } from './delivery.js';
import { Execution, type ExecutionHost, type ExecutionOptions } from './execution.js';
import { uuidV7 } from './identity.js';
import { resolveOptions, type Settings, type XRayOptions } from './options.js';
import { serialize } from './serialize.js';
import { VERSION } from './version.js';

const SDK = { name: '@xray/sdk', version: VERSION } as const;
const DEFAULT_FLUSH_MS = 5_000;

/**
 * The client: one per process and app. It never throws into its host, never blocks it and never keeps
 * it alive (but for two seconds at a natural end, to deliver what was just recorded).
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
  #lastInstanceSeq = 0;

  constructor(options: XRayOptions) {
    this.#settings = resolveOptions(options);
    this.#accounts = new Accounts(this.#settings.onDrop);
    this.#delivery = new Delivery(this.#settings, this.#accounts);
    this.#instanceId = uuidV7(this.#settings.clock.wallMs());
    this.#host = {
      settings: this.#settings,
      capture: new Capture(this.#settings.redactor),
      submit: (key, text) => {
        if (!this.#settings.isEnabled) return;
        this.#accounts.recorded();
        const isTerminal = text.status !== 'running';
        if (isTerminal) this.#lastInstanceSeq += 1;
        const reportedDrops = this.#accounts.takeUnreported();
        const json = serialize(text, {
          appId: this.#settings.appId,
          environment: this.#settings.environment,
          instanceId: this.#instanceId,
          instanceSeq: isTerminal ? this.#lastInstanceSeq : undefined,
          snapshotsSinceLast: reportedDrops,
          sdk: SDK,
        });
        const { executionId } = text;
        this.#delivery.enqueue({ key, executionId, json, bytes: utf8Length(json), reportedDrops });
      },
      ignored: () => {
        this.#accounts.ignoredCalls += 1;
      },
    };
  }

  /** Begins an execution; it ends with `completeExecution` or `failExecution`. */
  startExecution(options?: ExecutionOptions): Execution {
    return new Execution(this.#host, options);
  }

  /**
   * Waits until all that was recorded before the call is delivered or dropped: true; or until the time,
   * in milliseconds, is over: false. Never rejects.
   */
  async flush(timeoutMs: number = DEFAULT_FLUSH_MS): Promise<boolean> {
    return await this.#delivery.flush(timeoutMs);
  }

  /** Flushes, drops what is left when the time is over, and takes no more. Never rejects. */
  async shutdown(timeoutMs: number = DEFAULT_FLUSH_MS): Promise<boolean> {
    return await this.#delivery.shutdown(timeoutMs);
  }

  /** What became of every snapshot so far; the sum is exact at any time. */
  stats(): Stats {
    return this.#accounts.stats();
  }
}
