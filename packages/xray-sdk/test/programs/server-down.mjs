// A host that records as many executions as it is told to while the server is down, and then simply ends.
// It reports how its memory grew and how long its process lived on after its work.
import { XRaySDK } from '@xray/sdk';

const count = Number(process.env['EXECUTIONS']);
let told = 0;
const xray = new XRaySDK({
  apiKey: 'xr_test',
  appId: 'app',
  pipeline: 'down',
  onDrop: () => (told += 1),
});

function record(index) {
  const execution = xray.startExecution();
  execution.recordStep({ name: 'score', input: { index }, output: { score: index % 850 } });
  execution.recordStep({ name: 'rules', output: { text: 'x'.repeat(1_000) } });
  execution.completeExecution();
}

const memory = () => {
  // What the first finds dead outside of the heap is swept beside us, and done when the second begins.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

let before = 0;
for (let index = 0; index < count; index += 1) {
  record(index);
  // The queue is full after the first 5,000: from here on nothing may grow.
  if (index === 5_000) before = memory();
  if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const grownBytes = memory() - before;
const endedMs = performance.now();
process.on('exit', () => {
  const lingeredMs = performance.now() - endedMs;
  process.stdout.write(JSON.stringify({ ...xray.stats(), told, grownBytes, lingeredMs }));
});
