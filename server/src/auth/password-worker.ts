import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { runPasswordTask, type PasswordTask } from './password-hash.js';

const port = parentPort;
if (port === null) throw new Error('password-worker runs as a worker thread only');

/**
 * This is a third of the weight of ingest's threads (sched(7)), which is enough for sign-ins on a
 * busy machine.
 */
const NICENESS = 5;

// On Linux this applies only to the calling thread (setpriority(2)), elsewhere to the whole
// process.
if (process.platform === 'linux') setPriority(NICENESS);

port.on('message', (task: PasswordTask) => {
  port.postMessage(runPasswordTask(task));
});
