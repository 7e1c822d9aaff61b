import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { DISK_FULL } from '../outage.js';

declare global {
  // Node's types lack WebAssembly, and the types of browsers would also declare a window.
  namespace WebAssembly {
    interface Module {
      readonly [Symbol.toStringTag]: 'WebAssembly.Module';
    }
    function compile(bytes: Uint8Array): Promise<Module>;
  }
}

export interface WorkerQuery {
  id: number;
  /** Null asks the database to close. */
  sql: string | null;
  parameters: unknown[];
}
export interface Failure {
  message: string;
  code?: string | undefined;
  constraint?: string | undefined;
  /** Nothing that the database says after this can be relied on. */
  broken: boolean;
}
export interface Answered {
  id: number;
  rows: unknown[];
  affectedRows: number;
}
export type WorkerAnswer = Answered | { id: number; failure: Failure };
export interface WorkerData {
  dataDir: string;
  program: WebAssembly.Module;
  /** The first number grows with every read and write of a file. */
  progress: Int32Array;
}

/** Called each time the database stops by itself. A new one is already starting then. */
export type WhenStopped = (error: Error) => void;

/** The id of the first answer, which needs no question: the database has started. */
export const START = 0;

// SQLSTATEs: crash_shutdown, so that outages of both drivers look alike, and internal_error.
const CRASHED = '57P02';
const INTERNAL = 'XX000';

/**
 * A question may stay unanswered for this long while no file is touched, in ms. After that the
 * thread counts as stuck in a loop.
 */
const SILENT_MS = 60_000;
/**
 * How often the progress is checked in that time. So a machine that slept in between is not taken
 * for a stuck thread.
 */
const LOOKS = 6;
/**
 * The pause before a new start, in ms. It begins at `least` and doubles with each thread that lived
 * for less than `most`.
 */
const PAUSE_MS = { least: 100, most: 10_000 };

/**
 * The embedded database across its threads. If a thread breaks or ends, a new one opens the same
 * files. They contain all committed data, as after any crash of Postgres.
 */
export class LastingPglite {
  readonly #dataDir: string;
  readonly #whenStopped: WhenStopped;
  readonly #closing = new AbortController();
  #state: PgliteThread | Error;
  readonly #done: Promise<void>;

  /** Rejects if the first thread cannot start. */
  static async start(dataDir: string, whenStopped: WhenStopped): Promise<LastingPglite> {
    return new LastingPglite(dataDir, whenStopped, await PgliteThread.start(dataDir));
  }

  private constructor(dataDir: string, whenStopped: WhenStopped, first: PgliteThread) {
    this.#dataDir = dataDir;
    this.#whenStopped = whenStopped;
    this.#state = first;
    this.#done = this.#keepUp(first);
  }

  /** The current thread. Throws an outage with the reason if there is none at the moment. */
  current(): PgliteThread {
    if (this.#state instanceof Error) throw this.#state;
    return this.#state;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#state instanceof PgliteThread) await this.#state.close();
    await this.#done;
  }

  async #keepUp(first: PgliteThread): Promise<void> {
    const { signal } = this.#closing;
    let thread: PgliteThread | undefined = first;
    let pauseMs = PAUSE_MS.least;
    while (!signal.aborted) {
      if (thread !== undefined) {
        const since = performance.now();
        this.#state = thread;
        this.#state = await thread.ended;
        if (signal.aborted) return;
        this.#whenStopped(this.#state);
        if (performance.now() - since > PAUSE_MS.most) pauseMs = PAUSE_MS.least;
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.most);
      thread = await PgliteThread.start(this.#dataDir).catch((error: Error) => {
        this.#state = error;
        return undefined;
      });
    }
    await thread?.close();
  }
}

/** Numbers the questions to one thread and matches the answers to them. */
export class PgliteThread {
  /** Resolves with the reason when the thread has ended. Nothing touches the files after that. */
  readonly ended: Promise<Error>;
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answered) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;
  #dead: Error | undefined;

  /** Rejects with an outage if the database cannot start. No thread is left then. */
  static async start(dataDir: string): Promise<PgliteThread> {
    const thread = new PgliteThread(dataDir, await compiledProgram());
    try {
      await thread.#answerTo(START);
    } catch (error) {
      await thread.ended;
      throw error;
    }
    return thread;
  }

  private constructor(dataDir: string, program: WebAssembly.Module) {
    const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
      workerData: { dataDir, program, progress } satisfies WorkerData,
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#die(error));
    const watch = this.#endWhenSilent(progress);
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        clearInterval(watch);
        resolve(this.#die(new Error(`its thread ended with code ${code}`)));
      });
    });
  }

  async query(sql: string | null, parameters: readonly unknown[]): Promise<Answered> {
    if (this.#dead !== undefined) throw this.#dead;
    const id = ++this.#lastId;
    const answer = this.#answerTo(id);
    this.#worker.postMessage({ id, sql, parameters: [...parameters] } satisfies WorkerQuery);
    return await answer;
  }

  /** Committed rows are in the files even if the database does not shut down properly. */
  async close(): Promise<void> {
    await this.query(null, []).catch(() => {});
    await this.#worker.terminate();
  }

  async #answerTo(id: number): Promise<Answered> {
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #settle(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if ('failure' in answer) {
      const error = errorOf(answer.failure);
      waiting?.reject(answer.failure.broken ? this.#die(error) : error);
    } else {
      waiting?.resolve(answer);
    }
    this.#waiting.delete(answer.id);
  }

  #endWhenSilent(progress: Int32Array): NodeJS.Timeout {
    let seen = '';
    let looks = 0;
    const look = (): void => {
      const [oldest] = this.#waiting.keys();
      const now = `${oldest} ${Atomics.load(progress, 0)}`;
      looks = oldest !== undefined && now === seen ? looks + 1 : 0;
      seen = now;
      if (looks >= LOOKS) this.#die(new Error(`it did nothing for ${SILENT_MS} ms`));
    };
    return setInterval(look, SILENT_MS / LOOKS).unref();
  }

  /** Fails all waiting and later queries, and ends the thread. Returns the outage that they get. */
  #die(cause: Error): Error {
    if (this.#dead !== undefined) return this.#dead;
    const { code } = errorOf(cause);
    this.#dead = Object.assign(new Error(`the embedded database stopped: ${cause.message}`), {
      code: code === DISK_FULL ? DISK_FULL : CRASHED,
    });
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
    void this.#worker.terminate();
    return this.#dead;
  }
}

let program: Promise<WebAssembly.Module> | undefined;

/** All threads of this process share the compiled program, so V8 compiles it once. */
async function compiledProgram(): Promise<WebAssembly.Module> {
  const file = new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'));
  program ??= readFile(file).then((bytes) => WebAssembly.compile(bytes));
  try {
    return await program;
  } catch (error) {
    program = undefined;
    throw error;
  }
}

/**
 * Sets Postgres' code for a full disk if only the message shows it: a quota, a limit, or a failed
 * start.
 */
function errorOf({ message, code, constraint }: Omit<Failure, 'broken'>): NodeJS.ErrnoException {
  const isFull =
    (code ?? INTERNAL) === INTERNAL &&
    /No space left on device|Disk quota exceeded|File too large/.test(message);
  return Object.assign(new Error(message), { code: isFull ? DISK_FULL : code, constraint });
}
