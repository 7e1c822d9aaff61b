// A host that records EXECUTIONS executions while the server is down, and then ends. It reports how much
// its memory grew, and how long the process lived after its work.
import { XRaySDK } from '@xray/sdk';

const count = Number(process.env['EXECUTIONS']);
let reported = 0;
const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'down',
  onDrop: () => (reported += 1),
});

function record(index) {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'score', input: { index }, output: { score: index % 850 } });
  execution.recordStep({ name: 'rules', output: { text: 'x'.repeat(1_000) } });
  execution.completeExecution();
}

const memory = () => {
  // The first call frees memory outside of the heap in the background. The second call waits for that.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

let before = 0;
for (let index = 0; index < count; index += 1) {
  record(index);
  // After the first 5,000 executions the queue is full. From here on memory must not grow.
  if (index === 5_000) before = memory();
  if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const grownBytes = memory() - before;
const endedMs = performance.now();
process.on('exit', () => {
  const lingeredMs = performance.now() - endedMs;
  process.stdout.write(JSON.stringify({ ...xray.stats(), reported, grownBytes, lingeredMs }));
});
