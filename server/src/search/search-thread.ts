import { Worker } from 'node:worker_threads';
import type { tasks } from './tasks.js';

type Tasks = typeof tasks;

export interface TaskRequest {
  id: number;
  name: keyof Tasks;
  input: unknown;
}
export type TaskAnswer = { id: number; output: unknown } | { id: number; failure: string };

interface Waiting {
  resolve: (output: unknown) => void;
  reject: (error: Error) => void;
}

/** A thread that does one task after another. It starts with the first, and anew when it ended. */
export class SearchThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  async run<Name extends keyof Tasks>(
    name: Name,
    ...[input]: Parameters<Tasks[Name]>
  ): Promise<ReturnType<Tasks[Name]>> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    const output = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, name, input } satisfies TaskRequest);
    });
    return output as ReturnType<Tasks[Name]>;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./search-worker.js', import.meta.url));
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
      const error = new Error('the thread of the search ended', { cause });
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    return worker;
  }
}
