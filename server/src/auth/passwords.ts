import { Worker } from 'node:worker_threads';
import { DomainError } from '../errors.js';
import { LineError, WaitingLine } from '../waiting-line.js';
import { networkOf } from './client-address.js';
import type { PasswordTask } from './password-hash.js';

/** A password takes about 100 ms, so the last one in a full line waits about three seconds. */
const LINE = { atOnce: 1, waiting: 24, waitingOfOne: 16, patienceMs: 30_000 };

/** The client that a password is hashed for. */
export interface Caller {
  ip: string;
  gone: AbortSignal;
}

/**
 * Hashes passwords on a separate thread, one at a time. Node's thread pool also serves zlib and
 * files, so scrypt in it would block ingest while strangers try to sign in.
 */
export class Passwords {
  readonly #line = new WaitingLine(LINE);
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Runs `work`, which hashes passwords, when its turn comes. It does not run for a client that has
   * disconnected.
   *
   * @throws DomainError unavailable if too many are waiting, or the caller's network has used its
   * share.
   */
  async inTurn<T>({ ip, gone }: Caller, work: () => Promise<T>): Promise<T> {
    try {
      const done = await this.#line.run(networkOf(ip), gone, async () => ({
        result: await work(),
      }));
      if (done !== undefined) return done.result;
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
    }
    throw new DomainError(
      'unavailable',
      'Too many people are signing in. Try again in a few seconds.',
    );
  }

  async hash(password: string): Promise<string> {
    return (await this.#run({ password, hash: undefined })) as string;
  }

  async verify(task: { password: string; hash: string }): Promise<boolean> {
    return (await this.#run(task)) as boolean;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Runs one task after the other, including those that skip the line (the first start). */
  async #run(task: PasswordTask): Promise<string | boolean> {
    const before = this.#last.catch(() => {});
    const running = before.then(() => this.#ask(task));
    this.#last = running;
    return await running;
  }

  async #ask(task: PasswordTask): Promise<string | boolean> {
    const worker = (this.#worker ??= this.#start());
    // During a first start only this worker keeps the process alive.
    worker.ref();
    return await new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        worker.off('message', onMessage);
        worker.off('error', reject);
        worker.off('exit', onExit);
        worker.unref();
        end();
      };
      const onMessage = (answer: string | boolean): void => settle(() => resolve(answer));
      const onExit = (): void => settle(() => reject(new Error('the thread for passwords ended')));
      worker.once('message', onMessage);
      worker.once('error', reject);
      worker.once('exit', onExit);
      worker.postMessage(task);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./password-worker.js', import.meta.url));
    worker.unref();
    worker.once('exit', () => (this.#worker = undefined));
    // Without a listener, an error between two tasks would end the process.
    worker.on('error', () => {});
    return worker;
  }
}
