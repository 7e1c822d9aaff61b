import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { runPasswordTask, type PasswordTask } from './password-hash.js';

const port = parentPort;
if (port === null) throw new Error('password-worker runs as a worker thread only');

/** A third of the weight that ingest's threads have (sched(7)): enough that sign-ins on a busy machine get on. */
const NICENESS = 5;

// On Linux this is for the calling thread alone (setpriority(2)), elsewhere for the whole process.
if (process.platform === 'linux') setPriority(NICENESS);

port.on('message', (task: PasswordTask) => {
  port.postMessage(runPasswordTask(task));
});
