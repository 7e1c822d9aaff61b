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

/** An assembled trace whose executions are not stored yet. */
interface Ready extends ReadRecords {
  trace: DueTrace;
  slices: number;
  isTerminal: boolean;
  /** No span of it follows a convention, and the app takes only such traces. */
  isUnknown: boolean;
}

/** The texts of assembled traces that are stored together, in UTF-16 units. */
const FLUSHED = 8 * 1024 * 1024;

/**
 * Turns waiting spans into executions. It uses no clock but to know which traces are due, and the same slices give
 * the same snapshots, so a crash or a second instance repeats work and changes nothing.
 */
export class OtlpAssembly {
  readonly #parts: Parts;
  /** By app and result. A crash loses the counts of one run. */
  readonly #counts = new Map<string, Map<OtlpResult, { count: number; message: string }>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Assembles traces that are due, and returns how many it took. Traces of one run share their transactions. */
  async run(): Promise<number> {
    const { waiting, now } = this.#parts;
    const due = await waiting.takeDue(new Date(now()), BATCH);
    if (due.length === 0) return 0;
    let ready: Ready[] = [];
    let length = 0;
    for (const trace of due) {
      try {
        const made = await this.#assemble(trace);
        if (made === undefined) continue;
        ready.push(made);
        for (const { body } of made.records) length += body.length;
      } catch (error) {
        await this.#giveUp(trace, error);
      }
      if (length < FLUSHED) continue;
      await this.#flush(ready);
      [ready, length] = [[], 0];
    }
    await this.#flush(ready);
    await this.#writeCounts();
    return due.length;
  }

  /** Forgets closed traces, and closes complete ones early where an app has little room left. */
  async tidy(roomBytes = MAX_WAITING_BYTES / 2): Promise<void> {
    const { waiting, now } = this.#parts;
    await waiting.forgetClosed(new Date(now()));
    for (const { app, bytes } of await waiting.measureWaiting()) {
      if (bytes < roomBytes) continue;
      for (const trace of await waiting.listClosable(app, 1_000)) await this.#close(trace);
    }
    await this.#writeCounts();
  }

  /** Returns an assembled trace that must be stored. Undefined if it is settled or closed already. */
  async #assemble(trace: DueTrace): Promise<Ready | undefined> {
    const { waiting, executions, settings, now } = this.#parts;
    const quietMs = now() - trace.lastAt.getTime();
    const keptMs = trace.unknown ? WAITING_TIMES.quietMs : WAITING_TIMES.closeMs;
    const isDone = quietMs >= keptMs && trace.assembled >= trace.slices;
    if (trace.closed || isDone) {
      // The SDK's record may have come after the last assembly.
      await executions.joinSpans(trace, []);
      await this.#close(trace);
      return undefined;
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
    const isUnknown = !made.isRecognised && appSettings.take === 'recognised';
    const done = { trace, slices: slices.length, isTerminal, isUnknown };
    // A span that X-Ray knows may still come.
    if (isUnknown) return { ...done, records: [] };
    if (await this.#joins(trace, read)) {
      if (isTerminal && !hasEnded(trace)) this.#count(trace.app, 'joined', '');
      return { ...done, records: [] };
    }
    if (await this.#isStoredAlready(trace, made.texts)) {
      // An export of ours that came back, or the same decision by our SDK.
      await this.#close({ ...trace, unknown: false }, slices.length);
      this.#count(trace.app, 'known', 'Another record has the id in xray.execution.id.');
      return undefined;
    }
    if (made.outside > 0) {
      this.#count(
        trace.app,
        'outside',
        'Spans came by a key that may not write the environment of their trace.',
      );
    }
    return { ...done, ...read };
  }

  /** Stores and settles traces together, or one by one if that fails. */
  async #flush(ready: Ready[]): Promise<void> {
    if (ready.length === 0) return;
    try {
      await this.#store(ready);
    } catch (error) {
      if (ready.length === 1 || outageOf(error) !== undefined) {
        for (const { trace } of ready) await this.#giveUp(trace, error);
        return;
      }
      for (const each of ready) await this.#flush([each]);
    }
  }

  async #store(ready: Ready[]): Promise<void> {
    const { waiting, executions, logger, now } = this.#parts;
    const records = ready.flatMap((each) => each.records);
    const outcomes = await executions.saveExecutions(records);
    let place = 0;
    for (const { trace, isTerminal, isUnknown, ...read } of ready) {
      let { refusal } = read;
      for (const outcome of outcomes.slice(place, (place += read.records.length))) {
        if (outcome.kind === 'refused') refusal ??= 'The database refused it.';
        if (outcome.kind === 'outside_limits') {
          refusal ??= 'It is stored for an environment that the API key may not write.';
        }
      }
      if (refusal !== undefined) {
        logger.warn({ app: trace.app }, 'a trace could not be stored');
        this.#count(trace.app, 'failed', refusal);
      } else if (isTerminal && !isUnknown && read.records.length > 0 && !hasEnded(trace)) {
        this.#count(trace.app, 'stored', '');
      }
    }
    await waiting.settleTraces(
      ready.map(({ trace, slices, isTerminal, isUnknown }) => ({
        ...trace,
        slices,
        isTerminal,
        unknown: isUnknown,
        nextAt: nextAt(trace, { isTerminal, isUnknown }, now()),
      })),
    );
  }

  /** In an outage the lease ends, and the trace is due again. Any other error would come again each time. */
  async #giveUp(trace: DueTrace, error: unknown): Promise<void> {
    const { waiting, logger, now } = this.#parts;
    if (outageOf(error) !== undefined) return;
    logger.error({ err: error, app: trace.app }, 'a trace could not be assembled');
    const nextAt = new Date(now() + WAITING_TIMES.quietMs);
    const { slices } = trace;
    const { unknown } = trace;
    await waiting.settleTraces([{ ...trace, slices, isTerminal: false, unknown, nextAt }]);
    this.#count(trace.app, 'failed', 'An unexpected error; the log of the server has it.');
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

  async #close(trace: DueTrace, slices = trace.slices): Promise<void> {
    const forgetAt = new Date(this.#parts.now() + WAITING_TIMES.rememberMs);
    await this.#parts.waiting.closeTrace(trace, slices, forgetAt);
    if (!trace.unknown || trace.closed) return;
    this.#count(trace.app, 'let_go', 'No span of the trace follows a convention that X-Ray reads.');
  }

  #count(app: string, result: OtlpResult, message: string): void {
    this.#parts.metrics.count(result, 1);
    const counts =
      this.#counts.get(app) ?? new Map<OtlpResult, { count: number; message: string }>();
    this.#counts.set(app, counts);
    counts.set(result, { count: (counts.get(result)?.count ?? 0) + 1, message });
  }

  async #writeCounts(): Promise<void> {
    const { waiting, now } = this.#parts;
    for (const [app, counts] of this.#counts) {
      this.#counts.delete(app);
      const list = [...counts].map(([result, counted]) => ({ result, ...counted }));
      await waiting.count(app, list, new Date(now()));
    }
  }
}

/** Whether the trace was stored as ended before. */
function hasEnded({ isTerminal, unknown }: DueTrace): boolean {
  return isTerminal && !unknown;
}

/** When a trace is looked at again if nothing comes: to end it, to let it go, or at last to close it. */
function nextAt(
  { lastAt }: DueTrace,
  { isTerminal, isUnknown }: { isTerminal: boolean; isUnknown: boolean },
  nowMs: number,
): Date {
  const { quietMs, closeMs } = WAITING_TIMES;
  const at = lastAt.getTime() + (isTerminal && !isUnknown ? closeMs : quietMs);
  return new Date(Math.max(at, nowMs + 1_000));
}
