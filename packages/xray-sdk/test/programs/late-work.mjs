// A host that records and works on for a while, with a hanging server.
import { XRaySDK } from '@xray/sdk';

const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'exit',
  delivery: { delayMs: 0 },
});
xray.startExecution().completeExecution();
setTimeout(() => {
  xray.startExecution().completeExecution();
}, 300);
process.on('exit', () => {
  process.stdout.write(JSON.stringify(xray.stats()));
});
