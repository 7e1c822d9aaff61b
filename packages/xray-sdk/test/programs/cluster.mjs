// A service with one primary and three workers. Each has its own client, records, and ends.
import cluster from 'node:cluster';
import { XRaySDK } from '@xray/sdk';

const pipeline = cluster.isPrimary ? 'primary' : 'worker';
const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline });
for (let index = 0; index < 50; index += 1) {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'only', output: index });
  execution.completeExecution();
}
if (cluster.isPrimary) for (let worker = 0; worker < 3; worker += 1) cluster.fork();
else cluster.worker.disconnect();
