import { parentPort } from 'node:worker_threads';
import type { TaskAnswer, TaskRequest } from './task-threads.js';
import { tasks } from './tasks.js';

const port = parentPort;
if (port === null) throw new Error('task-worker runs as a worker thread only');

async function answer({ id, name, input }: TaskRequest): Promise<TaskAnswer> {
  try {
    const run = tasks[name] as (input: unknown) => unknown;
    return { id, output: await run(input) };
  } catch (error) {
    return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

port.on('message', async (request: TaskRequest) => {
  port.postMessage(await answer(request));
});
