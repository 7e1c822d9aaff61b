// A host that records and ends.
import { XRaySDK } from '@xray/sdk';

const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'exit' });
for (let index = 0; index < Number(process.env['EXECUTIONS'] ?? 1); index += 1) {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'only', output: index });
  execution.completeExecution();
}
process.on('exit', () => {
  process.stdout.write(JSON.stringify(xray.stats()));
});
