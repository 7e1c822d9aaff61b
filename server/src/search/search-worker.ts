import { parentPort } from 'node:worker_threads';
import { tasks } from './tasks.js';
import type { TaskAnswer, TaskRequest } from './search-thread.js';

// Parsing and cutting texts takes processor time, which the event loop of the server has not to spare.
const port = parentPort;
if (port === null) throw new Error('search-worker runs as a worker thread only');

function answer({ id, name, input }: TaskRequest): TaskAnswer {
  try {
    const run = tasks[name] as (input: unknown) => unknown;
    return { id, output: run(input) };
  } catch (error) {
    return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

port.on('message', (request: TaskRequest) => {
  port.postMessage(answer(request));
});
