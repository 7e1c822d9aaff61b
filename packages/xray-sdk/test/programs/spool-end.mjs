// A host with a spool that ends by itself or by `process.exit()`. It prints the time this took, and its
// counts.
import { XRaySDK } from '@xray/sdk';
import { spool } from '@xray/sdk/spool';

const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'spool',
  spool: spool({ dir: process.env['SPOOL_DIR'] }),
});
const output = 'x'.repeat(Number(process.env['OUTPUT_LENGTH'] ?? 0));
for (let index = 0; index < 30; index += 1) {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'only', output });
  execution.completeExecution();
}
const startMs = performance.now();
process.on('exit', () => {
  const tookMs = performance.now() - startMs;
  process.stdout.write(JSON.stringify({ tookMs, stats: xray.stats() }));
});
if (process.env['EXIT'] === 'at once') process.exit();
if (process.env['EXIT'] === 'soon') setImmediate(() => process.exit());
