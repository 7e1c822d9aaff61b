import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { runPasswordTask, type PasswordTask } from './password-hash.js';

const port = parentPort;
if (port === null) throw new Error('password-worker runs as a worker thread only');

// On Linux this is for the calling thread alone (setpriority(2)), elsewhere for the process. Ingest goes first.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

port.on('message', (task: PasswordTask) => {
  port.postMessage(runPasswordTask(task));
});
