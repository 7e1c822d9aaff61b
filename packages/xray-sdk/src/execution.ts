import type { Capture } from './capture.js';
import { isIdentifier } from './fields.js';
import { uuidV7 } from './identity.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import type { Settings } from './options.js';
import type { ExecutionText, FieldText } from './serialize.js';
import { type StepRecord, type StepText, writeStep } from './step-text.js';
import type { Status } from './types.js';
import { warnOnce } from './warning.js';

/** What may be said of an execution when it starts. */
export interface ExecutionOptions {
  /** 1 to 128 of `[A-Za-z0-9._:-]`; default: a new UUIDv7. */
  executionId?: string | undefined;
  /** Default: the client's. */
  pipeline?: string | undefined;
}

/** What an execution needs of its client. */
export interface ExecutionHost {
  readonly settings: Settings;
  readonly capture: Capture;
  submit(key: number, text: ExecutionText): void;
  ignored(): void;
}

let nextKey = 0;

/**
 * One decision while it is being made. Every call returns at once and none throws; a call after the
 * end is ignored and counted in `stats().ignoredCalls`.
 */
export class Execution {
  readonly id: string;
  readonly #host: ExecutionHost;
  readonly #fields = new Map<string, FieldText>();
  readonly #key: number;
  readonly #steps: StepText[] = [];
  readonly #startedAtMs: number;
  readonly #startedMonotonicMs: number;
  #lastMonotonicMs: number;
  #hasEnded = false;

  /** Made by `startExecution`, not by hand. */
  constructor(host: ExecutionHost, options: ExecutionOptions = {}) {
    this.#host = host;
    this.#key = nextKey;
    nextKey += 1;
    const { clock } = host.settings;
    this.#startedAtMs = clock.wallMs();
    this.#startedMonotonicMs = clock.monotonicMs();
    this.#lastMonotonicMs = this.#startedMonotonicMs;
    this.id = isIdentifier(options.executionId) ? options.executionId : uuidV7(this.#startedAtMs);
    this.#setField('pipeline', (out) =>
      out.string('pipeline', options.pipeline ?? host.settings.pipeline, FIELD_BOUNDS.name),
    );
  }

  /** Records one step as it stands now; a later change to `input` or `output` does not change the record. */
  recordStep(step: StepRecord): void {
    this.#attempt(() => {
      const now = this.#host.settings.clock.monotonicMs();
      const place = { sequence: this.#steps.length, parent: undefined };
      this.#steps.push(
        writeStep(this.#host.capture, place, step, {
          startedAtMs: this.#startedAtMs + (this.#lastMonotonicMs - this.#startedMonotonicMs),
          durationMs: step.durationMs ?? now - this.#lastMonotonicMs,
          timing: step.durationMs === undefined ? 'inferred' : 'measured',
        }),
      );
      this.#lastMonotonicMs = now;
    });
  }

  /** Ends the execution and hands its snapshot to the background delivery. */
  completeExecution(): void {
    this.#attempt(() => this.#end('completed'));
  }

  /** Ends the execution as technically failed; what was thrown is recorded as a last, failed step. */
  failExecution(error?: unknown): void {
    this.#attempt(() => {
      if (error !== undefined) this.recordStep({ name: 'error', status: 'failed', error });
      this.#end('failed');
    });
  }

  #setField(key: string, write: (out: ObjectWriter) => boolean): void {
    const out = new ObjectWriter(this.#host.capture);
    if (write(out)) this.#fields.set(key, { member: out.members, marks: out.marks });
  }

  #end(status: Status): void {
    this.#hasEnded = true;
    const { clock } = this.#host.settings;
    const durationMs = clock.monotonicMs() - this.#startedMonotonicMs;
    this.#host.submit(this.#key, {
      revision: 1,
      executionId: this.id,
      status,
      fields: this.#fields,
      steps: this.#steps,
      startedAtMs: this.#startedAtMs,
      durationMs,
    });
  }

  /** Runs one call of the host: ignored and counted after the end, and whatever breaks inside stays inside. */
  #attempt(action: () => void): void {
    if (this.#hasEnded) {
      this.#host.ignored();
      return;
    }
    try {
      action();
    } catch (error) {
      warnOnce(`a call was not recorded: ${String(error)}`);
    }
  }
}
