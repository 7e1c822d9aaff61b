import type { IncomingMessage } from 'node:http';
import { LIMITS } from '@xray/core';
import type { Encoding, PartialSuccess } from '@xray/otlp';
import { DomainError } from '../errors.js';
import {
  sliceRequest,
  type DoorSettings,
  type Malformed,
  type SlicedRequest,
} from '../records/otlp-slices.js';
import type { Sender } from '../records/read-snapshot.js';
import type { WaitingStore } from '../store/waiting-store.js';
import type { Slice, SliceOutcome } from '../store/waiting-trace.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { BudgetShares, ByteBudget, type Budget } from './byte-budget.js';
import { GroupCommit } from './group-commit.js';
import type { OtlpMetrics, OtlpResult } from './otlp-metrics.js';
import type { OtlpSettingsReader } from './otlp-settings.js';
import { readBody } from './read-body.js';

/** The limit for all OTLP requests together, inflated. */
const MAX_PENDING_BYTES = 48 * 1024 * 1024;
const MAX_BYTES_OF_KEY = 0.75 * MAX_PENDING_BYTES;
/** A thread decodes larger bodies. */
const LARGE = 256 * 1024;
/** Decoding needs about so many times the bytes of a body. */
const DECODED = 1;
/** The bytes of slices that one app may have waiting. Beyond them its exporters keep their spans. */
export const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** How long a measure of what waits is believed, in ms. */
const MEASURED_MS = 2_000;

export interface OtlpDelivery {
  req: IncomingMessage;
  signal: 'traces' | 'logs';
  encoding: Encoding;
  sender: Sender;
  keyId: string;
  receivedAt: Date;
}

interface Parts {
  waiting: WaitingStore;
  batchesAtOnce: number;
  metrics: OtlpMetrics;
  settings: OtlpSettingsReader;
  threads: TaskThreads;
  now: () => number;
}

/** Takes the spans and log records of requests. A request is answered when its slices are committed. */
export class OtlpIntake {
  readonly #budget = new ByteBudget(MAX_PENDING_BYTES);
  readonly #shares = new BudgetShares(this.#budget, MAX_BYTES_OF_KEY);
  readonly #commits: GroupCommit<Slice, SliceOutcome>;
  readonly #parts: Parts;
  readonly #measured = new Map<string, { bytes: number; until: number }>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#commits = new GroupCommit<Slice, SliceOutcome>({
      save: (slices) => parts.waiting.saveSlices(slices, new Date(parts.now())),
      weightOf: ({ body }) => body.length + 256,
      maxRecords: 500,
      maxBytes: 8 * 1024 * 1024,
      concurrency: parts.batchesAtOnce,
    });
  }

  /**
   * Resolves when all that was taken is committed, with what was not taken.
   *
   * @throws DomainError
   */
  async take(delivery: OtlpDelivery): Promise<PartialSuccess | undefined> {
    return await this.#shares.run(delivery.keyId, (share) => this.#takeWithin(share, delivery));
  }

  async #takeWithin(share: Budget, delivery: OtlpDelivery): Promise<PartialSuccess | undefined> {
    const { app } = delivery.sender;
    await this.#refuseFull(app);
    const body = await readBody(delivery.req, share, LIMITS.requestBytes);
    try {
      body.takeMore(DECODED * body.bytes.length);
      const { redact, content } = await this.#parts.settings.of(app);
      const sliced = await this.#slice(body.bytes, delivery, { redact, content });
      if ('malformed' in sliced) throw new DomainError('invalid', sliced.malformed);
      return await this.#save(sliced, delivery);
    } finally {
      body.release();
    }
  }

  async #slice(
    body: Uint8Array,
    { signal, encoding }: OtlpDelivery,
    settings: DoorSettings,
  ): Promise<SlicedRequest | Malformed> {
    if (body.length <= LARGE) return sliceRequest(body, signal, encoding, settings);
    return await this.#parts.threads.run('sliceRequest', { body, signal, encoding, settings });
  }

  async #save(
    { slices, rejected, rejection, ignored }: SlicedRequest,
    { sender, receivedAt }: OtlpDelivery,
  ): Promise<PartialSuccess | undefined> {
    const outcomes = await this.#commits.save(
      slices.map((slice) => ({ ...slice, app: sender.app, environments: sender.environments })),
    );
    const counts = new Map<OtlpResult, number>([
      ['rejected', rejected],
      ['ignored', ignored],
    ]);
    for (const [index, { spans }] of slices.entries()) {
      const outcome = outcomes[index] ?? 'duplicate';
      counts.set(outcome, (counts.get(outcome) ?? 0) + spans);
    }
    for (const [result, count] of counts) this.#parts.metrics.count(result, count);
    return await this.#partialSuccess(sender.app, counts, rejection, receivedAt);
  }

  /** The refusals, for the exporter and for the page. Python's exporters do not show it. */
  async #partialSuccess(
    app: string,
    counts: ReadonlyMap<OtlpResult, number>,
    rejection: string,
    now: Date,
  ): Promise<PartialSuccess | undefined> {
    const messages: [OtlpResult, string][] = [
      ['rejected', rejection],
      ['closed', 'Their traces were completed more than an hour ago, or erased.'],
      ['full', 'Their traces have as many bytes as one trace may.'],
      ['ignored', ''],
    ];
    const told = messages
      .map(([result, message]) => ({ result, count: counts.get(result) ?? 0, message }))
      .filter(({ count }) => count > 0);
    if (told.length > 0) await this.#parts.waiting.count(app, told, now);
    const refused = told.filter(({ result }) => result !== 'ignored');
    if (refused.length === 0) return undefined;
    return {
      rejected: refused.reduce((sum, { count }) => sum + count, 0),
      message: refused
        .map(({ result, count, message }) => `${count} ${result}. ${message}`)
        .join(' '),
    };
  }

  /** @throws DomainError unavailable */
  async #refuseFull(app: string): Promise<void> {
    const { waiting, now } = this.#parts;
    let known = this.#measured.get(app);
    if (known === undefined || known.until <= now()) {
      const [measured] = await waiting.measureWaiting(app);
      known = { bytes: measured?.bytes ?? 0, until: now() + MEASURED_MS };
      if (this.#measured.size >= 1_000) this.#measured.clear();
      this.#measured.set(app, known);
    }
    if (known.bytes < MAX_WAITING_BYTES) return;
    throw new DomainError(
      'unavailable',
      `${known.bytes} bytes of spans wait for the rest of their traces; the limit is ${MAX_WAITING_BYTES}. Nothing of this request was stored; try again.`,
      [],
      30,
    );
  }
}
