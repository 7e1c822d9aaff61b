import { Worker } from 'node:worker_threads';
import type { tasks } from './tasks.js';

type Tasks = typeof tasks;

export interface TaskRequest {
  id: number;
  name: keyof Tasks;
  input: unknown;
}
export type TaskAnswer = { id: number; output: unknown } | { id: number; failure: string };

/**
 * Runs tasks that would keep the event loop busy for too long, on up to `most` threads. A thread
 * does one task after another. A new thread starts when all others are busy, or after one has
 * ended.
 */
export class TaskThreads {
  readonly #threads: Thread[];

  constructor(most: number) {
    this.#threads = Array.from({ length: most }, () => new Thread());
  }

  /** Rejects if the task throws, or its thread ends meanwhile. */
  async run<Name extends keyof Tasks>(
    name: Name,
    ...[input]: Parameters<Tasks[Name]>
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new TypeError('there is not one thread');
    // The first of the least busy threads is chosen, so that little work keeps few threads alive.
    const thread = others.reduce((best, one) => (one.busy < best.busy ? one : best), first);
    return (await thread.run(name, input)) as Awaited<ReturnType<Tasks[Name]>>;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface Waiting {
  resolve: (output: unknown) => void;
  reject: (error: Error) => void;
}

class Thread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** The number of tasks that the thread has not answered yet. */
  get busy(): number {
    return this.#waiting.size;
  }

  async run(name: keyof Tasks, input: unknown): Promise<unknown> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, input } satisfies TaskRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./task-worker.js', import.meta.url));
    worker.unref();
    worker.on('message', (answer: TaskAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('failure' in answer) waiting?.reject(new Error(answer.failure));
      else waiting?.resolve(answer.output);
    });
    let cause: unknown;
    worker.on('error', (error) => (cause = error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const error = new Error('the thread of a task ended', { cause });
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    return worker;
  }
}
