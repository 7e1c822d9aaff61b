// A host that records as fast as its event loop allows, until it is killed.
import { XRaySDK } from '@xray/sdk';
import { spool } from '@xray/sdk/spool';

const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'spool',
  spool: spool({ dir: process.env['SPOOL_DIR'] }),
});
let count = 0;
setInterval(() => {
  for (let index = 0; index < 20; index += 1) {
    const execution = xray.startExecution();
    execution.recordStep({ name: 'only', output: 'x'.repeat((count * 37) % 900) });
    execution.completeExecution();
    count += 1;
  }
  if (count === 100) process.stdout.write('writing');
}, 1);
