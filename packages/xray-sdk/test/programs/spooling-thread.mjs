// A worker thread that spools while the server is down, and sends its records when a message asks for it.
import { parentPort, workerData } from 'node:worker_threads';

import { XRaySDK } from '@xray/sdk';
import { spool } from '@xray/sdk/spool';

const { dir, endpoint } = workerData;
const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'spool',
  endpoint,
  spool: spool({ dir }),
});
const record = () => {
  for (let index = 0; index < 10; index += 1) xray.startExecution().completeExecution();
};
parentPort.once('message', async () => {
  record();
  await xray.flush();
  parentPort.postMessage(xray.stats());
});
record();
// The first attempt has failed, so everything is on disk.
while (xray.stats().retries === 0) await new Promise((resolve) => setImmediate(resolve));
parentPort.postMessage('spooled');
