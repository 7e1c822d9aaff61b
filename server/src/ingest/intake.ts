import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import {
  LIMITS,
  parseJson,
  type ErrorDetail,
  type IngestResult,
  type RejectionCode,
} from '@xray/core';
import { DomainError } from '../errors.js';
import { readSnapshot, type ReadSnapshot, type Sender } from '../records/read-snapshot.js';
import type { ExecutionRecord, SaveOutcome } from '../store/execution-record.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { BudgetShares, ByteBudget, type Budget } from './byte-budget.js';
import { GroupCommit } from './group-commit.js';
import { IngestMetrics } from './metrics.js';
import { readBody, type Body } from './read-body.js';
import { splitBody } from './split-body.js';
import { SNAPSHOT_BYTES, weightOf } from './weight.js';
import type { ExecutionStore } from '../store/execution-store.js';

/**
 * The limit for all requests together, uncompressed and weighed. Parsing and storing a request
 * takes about four times its bytes.
 */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
/** The share of one API key that sends several requests at once. */
const MAX_BYTES_OF_KEY = 0.75 * MAX_PENDING_BYTES;
/** A request with many snapshots yields to the event loop after this time, in ms. */
const TURN_MS = 10;
/**
 * Snapshots with more characters are read by a thread: parsing and checking 5 MiB takes a quarter
 * of a second.
 */
const LARGE = 256 * 1024;

export interface Delivery {
  req: IncomingMessage;
  isNdjson: boolean;
  sender: Sender;
  keyId: string;
  receivedAt: Date;
  /** Makes a snapshot's text of an element of the body, for senders that speak another language. */
  translate?: (text: string) => string;
}

export interface Taken {
  allRejected: boolean;
  result: IngestResult;
}

/** Reads, validates and stores the snapshots of requests, within bounded memory. */
export class Intake {
  readonly #budget = new ByteBudget(MAX_PENDING_BYTES);
  readonly #shares = new BudgetShares(this.#budget, MAX_BYTES_OF_KEY);
  readonly #commits: GroupCommit<ExecutionRecord, SaveOutcome>;
  readonly #metrics: IngestMetrics;
  readonly #threads: TaskThreads;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(store: ExecutionStore, registry: Registry, threads: TaskThreads) {
    this.#threads = threads;
    const metrics = new IngestMetrics(registry, {
      pendingBytes: () => this.#budget.usedBytes,
      queueDepth: () => this.#commits.waiting,
    });
    this.#metrics = metrics;
    this.#commits = new GroupCommit<ExecutionRecord, SaveOutcome>({
      save: (records) => metrics.commit(records.length, () => store.saveExecutions(records)),
      weightOf,
      maxRecords: 200,
      maxBytes: 8 * 1024 * 1024,
      concurrency: store.limits.batchesAtOnce,
    });
  }

  /**
   * Takes the snapshots of one request and resolves when they are committed. Several snapshots are
   * accepted or rejected separately. A single rejected snapshot throws its DomainError.
   */
  async take(delivery: Delivery): Promise<Taken> {
    try {
      return await this.#shares.run(delivery.keyId, (share) => this.#takeWithin(share, delivery));
    } catch (error) {
      this.#metrics.refused(error instanceof DomainError ? error.code : 'failed');
      throw error;
    }
  }

  async #takeWithin(share: Budget, delivery: Delivery): Promise<Taken> {
    const body = await readBody(delivery.req, share, LIMITS.requestBytes);
    try {
      return await this.#takeBody(body, delivery);
    } finally {
      body.release();
    }
  }

  async #takeBody(
    body: Body,
    { isNdjson, sender, receivedAt, translate }: Delivery,
  ): Promise<Taken> {
    const split = splitBody(decode(body.bytes), isNdjson);
    if (split.kind === 'malformed') throw new DomainError('invalid', split.message);
    if (split.kind === 'too_many') throw tooManySnapshots();
    const read: ReadSnapshot[] = [];
    // A single snapshot needs no turn, because its request had an event of its own.
    let turnEnd = split.kind === 'single' ? Infinity : 0;
    for (const text of split.texts) {
      if (performance.now() > turnEnd) turnEnd = (await this.#nextTurn()) + TURN_MS;
      const snapshotText = translate === undefined ? text : translate(text);
      const parsed = await this.#read(snapshotText, sender, receivedAt);
      body.takeMore(
        SNAPSHOT_BYTES + (parsed.ok ? weightOf(parsed.record) - parsed.record.bytes : 0),
      );
      // The answer for several snapshots has no details.
      read.push(parsed.ok || split.kind === 'single' ? parsed : { ...parsed, details: [] });
    }
    const [only] = read;
    if (split.kind === 'single' && only?.ok === false) {
      throw new DomainError(only.code, only.message, only.details);
    }
    const sound = read.flatMap((result) => (result.ok ? [result.record] : []));
    const result = this.#account(sender.app, read, await this.#commits.save(sound));
    const [refused] = result.rejected;
    if (split.kind === 'single' && refused !== undefined) {
      throw new DomainError(refused.code, refused.message, detailsOf(refused.code));
    }
    return { allRejected: read.length > 0 && result.rejected.length === read.length, result };
  }

  async #read(text: string, sender: Sender, receivedAt: Date): Promise<ReadSnapshot> {
    if (text.length <= LARGE) return readSnapshot(text, sender, receivedAt);
    const read = await this.#threads.run('readSnapshot', { text, sender, receivedAt });
    if (!read.ok) return read;
    const metadata = parseJson(read.metadata) as ExecutionRecord['header']['metadata'];
    const header = { ...read.record.header, metadata };
    return { ok: true, record: { ...read.record, body: text, header } };
  }

  /**
   * Waits for a round of the event loop for this request only, and returns its time. Many long
   * requests that continue in the same round would block the loop together.
   */
  async #nextTurn(): Promise<number> {
    const turn = this.#lastTurn.then(async () => {
      await setImmediate();
      return performance.now();
    });
    this.#lastTurn = turn;
    return await turn;
  }

  /** Counts every snapshot of the request exactly once. */
  #account(app: string, read: ReadSnapshot[], outcomes: SaveOutcome[]): IngestResult {
    const result: IngestResult = { accepted: 0, duplicates: 0, superseded: 0, rejected: [] };
    const saved = outcomes.values();
    for (const [index, snapshot] of read.entries()) {
      const rejection = snapshot.ok
        ? this.#count(app, result, snapshot.record, saved.next().value)
        : { executionId: snapshot.executionId, code: snapshot.code, message: snapshot.message };
      if (rejection === undefined) continue;
      this.#metrics.rejected(app, rejection.code);
      result.rejected.push({ index, ...rejection, retryable: false });
    }
    return result;
  }

  /** Returns the rejection of a record that the database refused. */
  #count(
    app: string,
    result: IngestResult,
    record: ExecutionRecord,
    outcome: SaveOutcome | undefined,
  ) {
    switch (outcome?.kind) {
      case 'accepted':
        result.accepted++;
        break;
      case 'duplicate':
        result.duplicates++;
        break;
      case 'superseded':
      case 'erased':
        result.superseded++;
        break;
      case 'outside_limits':
        return {
          executionId: record.executionId,
          code: 'app_mismatch' as const,
          message: `An execution with this id is stored for another environment, which the API key may not write to.`,
        };
      default:
        return {
          executionId: record.executionId,
          code: 'storage' as const,
          message: 'The database refused this snapshot.',
        };
    }
    this.#metrics.snapshot(app, outcome.kind);
    return undefined;
  }
}

/** Only the store can find out that an execution belongs to another environment. */
function detailsOf(code: RejectionCode): ErrorDetail[] {
  return code === 'app_mismatch' ? [{ path: 'environment', code: 'environment_mismatch' }] : [];
}

function tooManySnapshots(): DomainError {
  const limit = LIMITS.snapshots;
  return new DomainError('too_large', `The request has more than ${limit} snapshots.`, [
    { path: '', code: 'too_large', limit },
  ]);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new DomainError('invalid', 'The request body is not UTF-8.');
  }
}
