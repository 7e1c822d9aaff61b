import { randomUUID } from 'node:crypto';
import { decodeResponse } from '@xray/otlp';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import type { ForwardTarget } from '../forward-target.js';
import { showLag } from '../lag-gauges.js';
import type { ForwardedBody, ForwardingStore } from '../store/forwarding-store.js';

interface Parts {
  store: ForwardingStore;
  target: ForwardTarget;
  /** Makes one gzipped request of several snapshots. */
  encode: (bodies: string[]) => Promise<Uint8Array>;
  metrics: Registry;
  logger: Logger;
  now: () => number;
  signal: AbortSignal;
}

/** What one step did. `failed`: nothing was lost, and it should be tried again after so long. */
export type ForwardStep =
  | { kind: 'idle' }
  | { kind: 'moved' }
  | { kind: 'failed'; afterMs: number };

const LIMITS = { executions: 100, bytes: 2 * 1024 * 1024 };
const REQUEST_MS = 10_000;
/** Longer than a request may take, so that a leader that waits for an answer still leads. */
const LEASE_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
const MAX_RETRY_AFTER_MS = 5 * 60_000;
/** The request itself is at fault. All other failures pass, or somebody must change the settings. */
const REFUSALS = new Set([400, 413, 422]);

/**
 * Sends finished executions to one OTLP endpoint, in the order in which they were stored. The position is in the
 * database, so an outage of the endpoint delays executions and loses none. After a crash the last request may be sent
 * again, with the same ids of spans.
 */
export class Forwarder {
  readonly #parts: Parts;
  readonly #instance = randomUUID();
  readonly #metrics: ForwardMetrics;
  #failures = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#metrics = new ForwardMetrics(parts);
  }

  /** Sends the next executions if this instance leads. */
  async step(): Promise<ForwardStep> {
    const { store, target } = this.#parts;
    const position = await store.lead(target.url, this.#instance, LEASE_MS);
    const next = position && (await store.read(position, LIMITS));
    const last = next?.at(-1);
    if (next === undefined || last === undefined) return { kind: 'idle' };
    const sent = await this.#send(next);
    if (sent.kind === 'failed') return this.#failed(sent);
    this.#failures = 0;
    if (sent.kind === 'refused') return await this.#sendHalves(next);
    await this.#advance(last, next.length, 0);
    return { kind: 'moved' };
  }

  /** Lets another instance take over at once. */
  async resign(): Promise<void> {
    await this.#parts.store.resign(this.#parts.target.url, this.#instance);
  }

  /** Finds what the endpoint refuses, and sends the rest. */
  async #sendHalves(bodies: ForwardedBody[]): Promise<ForwardStep> {
    const [first] = bodies;
    if (first === undefined) return { kind: 'moved' };
    if (bodies.length === 1) {
      this.#parts.logger.warn(
        { url: this.#parts.target.url },
        'the OTLP endpoint refused an execution',
      );
      await this.#advance(first, 0, 1);
      return { kind: 'moved' };
    }
    const middle = Math.ceil(bodies.length / 2);
    for (const half of [bodies.slice(0, middle), bodies.slice(middle)]) {
      const last = half.at(-1) ?? first;
      const sent = await this.#send(half);
      if (sent.kind === 'failed') return this.#failed(sent);
      if (sent.kind === 'taken') await this.#advance(last, half.length, 0);
      else {
        const step = await this.#sendHalves(half);
        if (step.kind !== 'moved') return step;
      }
    }
    return { kind: 'moved' };
  }

  async #send(bodies: ForwardedBody[]): Promise<Sent> {
    const { target, encode, signal } = this.#parts;
    const body = await encode(bodies.map((each) => each.body));
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: {
          ...target.headers,
          'content-type': 'application/x-protobuf',
          'content-encoding': 'gzip',
        },
        body: Buffer.from(body),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
      });
      const answer = new Uint8Array(await response.arrayBuffer());
      if (response.ok) {
        const partial = decodeResponse(answer);
        if (partial !== undefined && partial.rejected > 0) this.#metrics.rejected(partial.rejected);
        return { kind: 'taken' };
      }
      if (REFUSALS.has(response.status)) return { kind: 'refused' };
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
      return {
        kind: 'failed',
        cause: `status ${response.status}`,
        ...(retryAfter >= 0 && { retryAfterMs: retryAfter * 1_000 }),
      };
    } catch (error) {
      return { kind: 'failed', cause: causeOf(error) };
    }
  }

  #failed({ cause, retryAfterMs = 0 }: Extract<Sent, { kind: 'failed' }>): ForwardStep {
    const { logger, target } = this.#parts;
    const backoffMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS);
    const afterMs = Math.max(
      backoffMs * (0.5 + Math.random() / 2),
      Math.min(retryAfterMs, MAX_RETRY_AFTER_MS),
    );
    this.#failures++;
    this.#metrics.failed();
    // An outage has one line in the log, not one for each retry.
    const level = this.#failures === 1 ? 'warn' : 'debug';
    logger[level](
      { url: target.url, cause },
      'executions could not be forwarded; it is tried again',
    );
    return { kind: 'failed', afterMs };
  }

  /** Another leader may have sent the same, with the same ids. */
  async #advance(to: ForwardedBody, sent: number, refused: number): Promise<void> {
    const { store, target } = this.#parts;
    await store.advance(target.url, this.#instance, to, refused);
    this.#metrics.moved(sent, refused);
  }
}

type Sent =
  | { kind: 'taken' }
  | { kind: 'refused' }
  | { kind: 'failed'; cause: string; retryAfterMs?: number };

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code ?? error.name;
}

class ForwardMetrics {
  readonly #executions: Counter;
  readonly #rejected: Counter;
  readonly #failures: Counter;

  constructor({ store, target, metrics, now }: Parts) {
    const registers = [metrics];
    this.#executions = new Counter({
      name: 'xray_otlp_forwarded_executions_total',
      help: 'Executions that this instance forwarded: sent, or refused for good by the endpoint.',
      labelNames: ['result'],
      registers,
    });
    this.#rejected = new Counter({
      name: 'xray_otlp_forward_rejected_spans_total',
      help: 'Spans that the endpoint rejected although it took their request.',
      registers,
    });
    this.#failures = new Counter({
      name: 'xray_otlp_forward_failures_total',
      help: 'Requests to the endpoint that failed and are tried again.',
      registers,
    });
    showLag(
      metrics,
      {
        seconds: {
          name: 'xray_otlp_forward_lag_seconds',
          help: 'How long the oldest finished execution that was not forwarded yet has waited.',
        },
        executions: {
          name: 'xray_otlp_forward_lag_executions',
          help: 'Finished executions that were not forwarded yet.',
        },
      },
      () => store.measureLag(target.url),
      now,
    );
  }

  moved(sent: number, refused: number): void {
    if (sent > 0) this.#executions.inc({ result: 'sent' }, sent);
    if (refused > 0) this.#executions.inc({ result: 'refused' }, refused);
  }

  rejected(spans: number): void {
    this.#rejected.inc(spans);
  }

  failed(): void {
    this.#failures.inc();
  }
}
