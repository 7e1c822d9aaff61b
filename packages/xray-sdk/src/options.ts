import { environmentVariable } from '#platform';

import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { isDots, isIdentifier } from './fields.js';
import { isNear } from './near.js';
import type { QueueHost, SnapshotQueue } from './queue.js';
import { Redactor, type RedactOptions } from './redact.js';
import type { SampleOptions } from './sampling.js';
import { isObject, quietly, readParts } from './source.js';
import { warnOnce } from './warning.js';

/**
 * Why a snapshot was not delivered.
 *
 * @example
 * ```ts
 * const isHarmless = (reason: DropReason) => reason === 'superseded' || reason === 'sampled';
 * ```
 */
export type DropReason =
  /** The queue was full, and this snapshot was the oldest. */
  | 'queue_full'
  /** A later snapshot of the same execution replaced it before it was sent. Nothing is lost. */
  | 'superseded'
  /** It was larger than the server accepts, even without its values. */
  | 'too_large'
  /** X-Ray rejected it permanently (400, or a rejected item that is not retryable). */
  | 'rejected'
  /** X-Ray rejected the key (401 or 403). */
  | 'unauthorized'
  /** X-Ray had an internal error on it (500) at every attempt. */
  | 'server_error'
  /** It was not delivered before the process ended. */
  | 'exit'
  /** It was not delivered before the time of `shutdown` was over, or it was recorded after `shutdown`. */
  | 'shutdown'
  /** `sample` did not choose it. */
  | 'sampled'
  /** The spool had no space, or its disk failed. */
  | 'spool'
  /** The SDK could not write it as JSON. This is a fault of the SDK. */
  | 'sdk_error';

/**
 * The argument of `onDrop`: one lost snapshot.
 *
 * @example
 * ```ts
 * const onDrop = ({ reason, executionId }: DropEvent) => console.warn(reason, executionId);
 * ```
 */
export interface DropEvent {
  readonly reason: DropReason;
  readonly executionId: string;
}

/**
 * The options of a client. Only `appId` and `pipeline` are required.
 *
 * @example
 * ```ts
 * const options: XRayOptions = {
 *   apiKey: process.env.XRAY_API_KEY,
 *   appId: 'my-loan-app',
 *   pipeline: 'loan-approval',
 *   environment: 'prod',
 *   versions: { code: '1.4.2' },
 *   redact: { paths: ['*.email'] },
 * };
 * ```
 */
export interface XRayOptions {
  /**
   * Default: XRAY_API_KEY of the environment. Without a key the client warns once and records
   * nothing.
   */
  apiKey?: string | undefined;
  /** The app that the key belongs to: 1 to 128 characters of `[A-Za-z0-9._:-]`. */
  appId: string;
  /** The default pipeline of this client's executions. */
  pipeline: string;
  /** Default: `default`. */
  environment?: string | undefined;
  /**
   * The server's address. Default: XRAY_ENDPOINT of the environment, else http://127.0.0.1:4000.
   */
  endpoint?: string | undefined;
  /** The versions in force for every execution: code, ruleset, model, prompt. */
  versions?: Record<string, string> | undefined;
  /** The values that must not leave the process, in addition to those under the default keys. */
  redact?: RedactOptions | undefined;
  /** Receives every lost snapshot and the reason. */
  onDrop?: ((event: DropEvent) => void) | undefined;
  /** Which executions to send. Default: all. A number is a rate from 0 to 1. */
  sample?: number | SampleOptions | undefined;
  /**
   * Keeps a serverless invocation alive until a snapshot is delivered. An execution can override
   * it.
   */
  waitUntil?: ((delivered: Promise<unknown>) => void) | undefined;
  /**
   * Keeps snapshots on disk until they are delivered (Node only). Use `spool` of `@xray/sdk/spool`.
   */
  spool?: ((host: QueueHost) => SnapshotQueue) | undefined;
  /**
   * `effects` keeps the return values of steps that note another output, for replays. Default: they
   * are not kept.
   */
  replay?: 'effects' | undefined;
  /** The number of steps kept per execution. Default 1,000, at most 10,000. */
  maxSteps?: number | undefined;
  /** How the client queues and sends snapshots. */
  delivery?: DeliveryOptions | undefined;
}

/**
 * How the client queues and sends snapshots. The defaults suit a long-running service.
 *
 * @example
 * ```ts
 * const delivery: DeliveryOptions = { maxQueued: 5_000, delayMs: 100, compress: true };
 * ```
 */
export interface DeliveryOptions {
  /** The maximum number of waiting snapshots. Default 1,000. */
  maxQueued?: number | undefined;
  /** The maximum size of waiting snapshots in bytes. Default 10 MB. */
  maxQueuedBytes?: number | undefined;
  /** The maximum number of snapshots in one request. Default 200. */
  maxBatch?: number | undefined;
  /** The maximum size of one request in bytes. Default 1 MiB. */
  maxBatchBytes?: number | undefined;
  /** How long a snapshot waits for others to share its request. Default 200 ms. */
  delayMs?: number | undefined;
  /** How long one request may take. Default 10 s. */
  timeoutMs?: number | undefined;
  /**
   * Whether to compress batches over 4 KiB: with Brotli in Node, with gzip elsewhere. Default `auto`: not for
   * servers on this machine or at a private address, where compressing costs more than sending.
   */
  compress?: boolean | 'auto' | undefined;
  /** @deprecated The earlier name of `compress`, which has priority. */
  gzip?: boolean | undefined;
}

/** The complete, validated options. The rest of the SDK uses only these. */
export interface Settings {
  readonly isEnabled: boolean;
  readonly apiKey: string;
  readonly appId: string;
  readonly pipeline: string;
  readonly environment: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly url: URL;
  readonly redactor: Redactor;
  readonly sample: SampleOptions | undefined;
  readonly waitUntil: XRayOptions['waitUntil'];
  readonly spool: XRayOptions['spool'];
  /** Whether values are kept for replays. */
  readonly keepsEffects: boolean;
  readonly maxSteps: number;
  readonly maxSnapshotBytes: number;
  readonly onDrop: ((event: DropEvent) => void) | undefined;
  readonly delivery: Readonly<
    Record<Exclude<keyof DeliveryOptions, 'compress' | 'gzip'>, number> & { compress: boolean }
  >;
  readonly clock: Clock;
}

/** The longest possible timer. A longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The server's default address. On Node 18 `localhost` means the IPv6 address first. */
const DEFAULT_ENDPOINT = 'http://127.0.0.1:4000';

/** Never throws. An unusable option warns once and becomes its default, or disables the client. */
export function resolveOptions(options: XRayOptions): Settings {
  const unreadable = new Set<string>();
  return readParts(
    isObject(options) ? options : {},
    (from) => resolve(from as Partial<XRayOptions>, unreadable),
    (key) => {
      unreadable.add(key);
      warnOnce(`the option ${key} cannot be read`);
    },
  );
}

function resolve(given: Partial<XRayOptions>, unreadable: ReadonlySet<string>): Settings {
  const apiKey = textOr(given.apiKey, environmentVariable('XRAY_API_KEY'));
  const url = endpointUrl(textOr(given.endpoint, environmentVariable('XRAY_ENDPOINT')));
  const problem = problemOf(given, apiKey, url);
  if (problem !== undefined) warnOnce(`${problem}; nothing will be recorded`);
  return {
    isEnabled: problem === undefined,
    apiKey: apiKey ?? '',
    appId: given.appId ?? '',
    pipeline: given.pipeline ?? '',
    environment: textOr(given.environment, undefined),
    versions: isObject(given.versions) ? given.versions : {},
    url: url ?? new URL(`${DEFAULT_ENDPOINT}/executions`),
    redactor: redactorOf(given.redact, unreadable),
    sample: sampleOf(given.sample),
    waitUntil: typeof given.waitUntil === 'function' ? given.waitUntil : undefined,
    spool: given.spool ?? undefined,
    keepsEffects: keepsEffects(given.replay),
    maxSteps: Math.min(numberOr(given.maxSteps, 1_000, 10), 10_000),
    maxSnapshotBytes: 1024 * 1024,
    onDrop: typeof given.onDrop === 'function' ? given.onDrop : undefined,
    delivery: readParts(
      isObject(given.delivery) ? given.delivery : {},
      (from) => deliveryOf(from as DeliveryOptions, url),
      (key) => warnOnce(`the option delivery.${key} cannot be read`),
    ),
    clock: SYSTEM_CLOCK,
  };
}

function problemOf(
  given: Partial<XRayOptions>,
  apiKey: string | undefined,
  url: URL | undefined,
): string | undefined {
  if (apiKey === undefined) return 'no API key (option apiKey, or XRAY_API_KEY in the environment)';
  if (!/^[\x21-\x7e]+$/.test(apiKey)) return 'the API key holds characters no header can carry';
  if (!isIdentifier(given.appId)) return 'appId must be 1 to 128 letters, digits and . _ : -';
  if (typeof given.pipeline !== 'string' || given.pipeline === '' || isDots(given.pipeline)) {
    return 'pipeline must be a name, and not . or ..';
  }
  if (url === undefined) return 'endpoint must be an http or https URL';
  return undefined;
}

function endpointUrl(endpoint: string | undefined): URL | undefined {
  try {
    const base = endpoint ?? DEFAULT_ENDPOINT;
    const url = new URL(`${base.replace(/\/+$/, '')}/executions`);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * If the host's rules cannot be used, every value is redacted. Using only some of the rules could
 * leak values.
 */
function redactorOf(redact: RedactOptions | undefined, unreadable: ReadonlySet<string>): Redactor {
  try {
    if (!unreadable.has('redact')) return new Redactor(redact ?? {});
  } catch {
    // The rules cannot be read. Everything is redacted below.
  }
  warnOnce('the redact option cannot be used; every value is redacted');
  return new Redactor({ paths: ['*'] });
}

/** An unusable rate must not lose records. */
function sampleOf(given: XRayOptions['sample']): SampleOptions | undefined {
  if (given === undefined || given === null) return undefined;
  const sample: Partial<SampleOptions> = typeof given === 'number' ? { rate: given } : given;
  const { rate, keepFailed, keepAdverse } = quietly(() => ({ ...sample })) ?? {};
  const isRate = typeof rate === 'number' && !Number.isNaN(rate);
  if (isRate || typeof rate === 'function') return { rate, keepFailed, keepAdverse };
  warnOnce('the sample option cannot be used; everything is sent');
  return undefined;
}

function keepsEffects(replay: unknown): boolean {
  if (replay === undefined || replay === null) return false;
  if (replay === 'effects') return true;
  warnOnce("the replay option must be 'effects'; no values are kept for replays");
  return false;
}

function deliveryOf(given: DeliveryOptions, url: URL | undefined): Settings['delivery'] {
  const wanted: unknown = given.compress ?? given.gzip;
  return {
    maxQueued: numberOr(given.maxQueued, 1_000, 1),
    maxQueuedBytes: numberOr(given.maxQueuedBytes, 10_000_000, 1),
    maxBatch: numberOr(given.maxBatch, 200, 1),
    maxBatchBytes: numberOr(given.maxBatchBytes, 1024 * 1024, 1),
    delayMs: Math.min(numberOr(given.delayMs, 200, 0), MAX_TIMER_MS),
    timeoutMs: Math.min(numberOr(given.timeoutMs, 10_000, 1), MAX_TIMER_MS),
    compress: typeof wanted === 'boolean' ? wanted : url !== undefined && !isNear(url.hostname),
  };
}

function textOr(value: unknown, fallback: string | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : fallback === '' ? undefined : fallback;
}

function numberOr(value: unknown, fallback: number, min: number): number {
  return typeof value === 'number' && value >= min && value !== Infinity ? value : fallback;
}
