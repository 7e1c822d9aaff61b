import type { Snapshot } from '@xray/core';
import type { Logger } from 'pino';
import { readSnapshot } from '../records/read-snapshot.js';
import { assembleTrace, type Assembled, type AssemblyInput } from '../records/otlp-slices.js';
import type { ExecutionRecord } from '../store/execution-record.js';
import { outageOf } from '../store/errors.js';
import { WAITING_TIMES, type DueTrace } from '../store/waiting-trace.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { MAX_WAITING_BYTES } from './otlp-intake.js';
import type { OtlpMetrics, OtlpResult } from './otlp-metrics.js';
import type { OtlpSettingsReader } from './otlp-settings.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { WaitingStore } from '../store/waiting-store.js';

/** Traces that are taken at a time. */
const BATCH = 32;
/** A thread assembles traces with more deflated bytes. */
const LARGE = 16 * 1024;

interface Parts {
  waiting: WaitingStore;
  executions: Pick<ExecutionStore, 'saveExecutions' | 'readExecution' | 'joinSpans'>;
  settings: OtlpSettingsReader;
  metrics: OtlpMetrics;
  threads: TaskThreads;
  logger: Logger;
  /** ms since the epoch. */
  now: () => number;
}

/** The executions of a trace, and why one was refused. */
interface ReadRecords {
  records: ExecutionRecord[];
  refusal?: string;
}

/**
 * Turns waiting spans into executions. It uses no clock but to know which traces are due, and the same slices give
 * the same snapshots, so a crash or a second instance repeats work and changes nothing.
 */
export class OtlpAssembly {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Assembles traces that are due, and returns how many it took. */
  async run(): Promise<number> {
    const { waiting, now } = this.#parts;
    const due = await waiting.takeDue(new Date(now()), BATCH);
    for (const trace of due) {
      try {
        await this.#assemble(trace);
      } catch (error) {
        await this.#giveUp(trace, error);
      }
    }
    return due.length;
  }

  /** Forgets closed traces, and closes complete ones early where an app has little room left. */
  async tidy(): Promise<void> {
    const { waiting, now } = this.#parts;
    await waiting.forgetClosed(new Date(now()));
    for (const { app, bytes } of await waiting.measureWaiting()) {
      if (bytes < MAX_WAITING_BYTES / 2) continue;
      for (const trace of await waiting.listClosable(app, 1_000)) await this.#close(trace);
    }
  }

  async #assemble(trace: DueTrace): Promise<void> {
    const { waiting, settings, now, logger } = this.#parts;
    const nowMs = now();
    const quietMs = nowMs - trace.lastAt.getTime();
    const isDone = quietMs >= WAITING_TIMES.closeMs && trace.assembled >= trace.slices;
    if (trace.closed || isDone) {
      // The SDK's record may have come after the last assembly.
      await this.#parts.executions.joinSpans(trace, []);
      await this.#close(trace);
      return;
    }
    const slices = await waiting.readSlices(trace);
    const isTerminal = trace.hasRoot || trace.isTerminal || quietMs >= WAITING_TIMES.quietMs;
    const appSettings = await settings.of(trace.app);
    const made = await this.#make({
      app: trace.app,
      traceId: trace.traceId,
      slices,
      isTerminal,
      settings: appSettings,
    });
    const read = this.#read(trace, made);
    if (!made.isRecognised && appSettings.take === 'recognised') {
      if (isTerminal) {
        await this.#close(trace, slices.length);
        await this.#count(
          trace.app,
          'let_go',
          1,
          'No span of the trace follows a convention that X-Ray reads.',
        );
        return;
      }
    } else if (await this.#joins(trace, read)) {
      if (isTerminal && !trace.isTerminal) await this.#count(trace.app, 'joined', 1, '');
    } else if (await this.#isStoredAlready(trace, made.texts)) {
      // An export of ours that came back, or the same decision by our SDK.
      await this.#close(trace, slices.length);
      await this.#count(trace.app, 'known', 1, 'Another record has the id in xray.execution.id.');
      return;
    } else {
      const refusal = await this.#store(read);
      if (refusal === undefined && isTerminal && !trace.isTerminal) {
        await this.#count(trace.app, 'stored', 1, '');
      } else if (refusal !== undefined) {
        logger.warn({ app: trace.app }, 'a trace could not be stored');
        await this.#count(trace.app, 'failed', 1, refusal);
      }
      if (made.outside > 0) {
        await this.#count(
          trace.app,
          'outside',
          1,
          'Spans came by a key that may not write the environment of their trace.',
        );
      }
    }
    await waiting.settleTrace(trace, {
      slices: slices.length,
      isTerminal,
      nextAt: nextAt(trace, isTerminal, nowMs),
    });
  }

  /** In an outage the lease ends, and the trace is due again. Any other error would come again each time. */
  async #giveUp(trace: DueTrace, error: unknown): Promise<void> {
    const { waiting, logger, now } = this.#parts;
    if (outageOf(error) !== undefined) return;
    logger.error({ err: error, app: trace.app }, 'a trace could not be assembled');
    const nextAt = new Date(now() + WAITING_TIMES.quietMs);
    const { slices } = trace;
    await waiting.settleTrace(trace, { slices, isTerminal: false, nextAt });
    await this.#count(trace.app, 'failed', 1, 'An unexpected error; the log of the server has it.');
  }

  async #make(input: AssemblyInput): Promise<Assembled> {
    const bytes = input.slices.reduce((sum, { body }) => sum + body.length, 0);
    if (bytes <= LARGE) return assembleTrace(input);
    return await this.#parts.threads.run('assembleTrace', input);
  }

  /** Whether an id that the program chose is another record's. A crash after the store makes an equal one. */
  async #isStoredAlready({ app, traceId, assembled }: DueTrace, texts: string[]): Promise<boolean> {
    if (assembled > 0) return false;
    for (const text of texts) {
      const { executionId } = JSON.parse(text) as Snapshot;
      if (executionId.startsWith(traceId)) continue;
      const stored = await this.#parts.executions.readExecution(app, executionId);
      if (stored !== undefined && stored.body !== text) return true;
    }
    return false;
  }

  #read(trace: DueTrace, made: Assembled): ReadRecords {
    const sender = { app: trace.app, environments: made.environments };
    const records: ExecutionRecord[] = [];
    let refusal: string | undefined;
    for (const text of made.texts) {
      const read = readSnapshot(text, sender, trace.lastAt);
      if (read.ok) records.push(read.record);
      else refusal ??= read.message;
    }
    return { records, ...(refusal !== undefined && { refusal }) };
  }

  /** The SDK's record of the trace leads. An export of ours that comes back is such a record itself. */
  async #joins(trace: DueTrace, { records, refusal }: ReadRecords): Promise<boolean> {
    if (refusal !== undefined || records.some(({ header }) => !header.fromSpans)) return false;
    return await this.#parts.executions.joinSpans(trace, records);
  }

  /** Returns why an execution was refused. */
  async #store({ records, ...read }: ReadRecords): Promise<string | undefined> {
    let { refusal } = read;
    const outcomes = await this.#parts.executions.saveExecutions(records);
    for (const outcome of outcomes) {
      if (outcome.kind === 'refused') refusal ??= 'The database refused it.';
      if (outcome.kind === 'outside_limits') {
        refusal ??= 'It is stored for an environment that the API key may not write.';
      }
    }
    return refusal;
  }

  async #close(trace: DueTrace, slices = trace.slices): Promise<void> {
    const forgetAt = new Date(this.#parts.now() + WAITING_TIMES.rememberMs);
    await this.#parts.waiting.closeTrace(trace, slices, forgetAt);
  }

  async #count(app: string, result: OtlpResult, count: number, message: string): Promise<void> {
    this.#parts.metrics.count(result, count);
    const { waiting, now } = this.#parts;
    await waiting.count(app, [{ result, count, message }], new Date(now()));
  }
}

/** When a trace is looked at again if nothing comes: to end it, and at last to close it. */
function nextAt({ lastAt }: DueTrace, isTerminal: boolean, nowMs: number): Date {
  const { quietMs, closeMs } = WAITING_TIMES;
  const at = lastAt.getTime() + (isTerminal ? closeMs : quietMs);
  return new Date(Math.max(at, nowMs + 1_000));
}
