// Compares X-Ray with bare code, in its own process. Each run measures one kind of cost and reports it over
// IPC.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { start, startClient } from './contestants/x-ray.mjs';
import { workloads } from './workloads.mjs';

const { kind, endpoint, isQuick } = JSON.parse(process.argv[2] ?? '{}');

const measures = {
  'record-step': measureRecordStep,
  candidates: measureCandidates,
  'event-loop': measureEventLoop,
  memory: measureMemory,
  'server-down': measureServerDown,
};
process.send?.(await measures[kind](), () => process.exit());

/** Times single calls of `recordStep` with 1 KB, while the service also delivers. */
async function measureRecordStep() {
  const xray = startClient(endpoint, { maxQueued: 1_000 });
  const { make } = workloads.kb1;
  const count = isQuick ? 20_000 : 100_000;
  const timesUs = [];
  for (let id = 0; id < count + 5_000; id += 1) {
    const step = make(id).steps[0];
    const execution = xray.startExecution();
    const startedMs = performance.now();
    execution.recordStep(step);
    const tookMs = performance.now() - startedMs;
    execution.completeExecution();
    if (id >= 5_000) timesUs.push(tookMs * 1_000);
    if (id % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  await xray.flush(60_000);
  const figures = percentiles(timesUs);
  return { ...figures, lines: [`recordStep with 1 KB (${count} calls): ${asText(figures, 'µs')}`] };
}

/** Filters 5,000 candidates by two rules and ranks them: the bare loop, and with recording. */
async function measureCandidates() {
  const xray = startClient(endpoint, { maxQueued: 1_000 });
  const products = Array.from({ length: 5_000 }, (_, index) => ({
    asin: `B0${String(index).padStart(8, '0')}`,
    price: 10 + ((index * 37) % 90),
    rating: 3 + ((index * 13) % 20) / 10,
    similarity: ((index * 7_919) % 10_007) / 10_007,
  }));
  const isCheap = (product) => product.price <= 60;
  const isGood = (product) => product.rating >= 3.8;
  const id = (product) => product.asin;
  const rules = [
    { id: 'price', test: isCheap, actual: (product) => product.price, threshold: 60 },
    { id: 'rating', test: isGood, actual: (product) => product.rating, threshold: 3.8 },
  ];
  const score = (product) => product.similarity;
  const bareFilter = () => products.filter((product) => isCheap(product) && isGood(product));
  const filter = () =>
    xray.run((execution) =>
      execution.step('filters', (step) => step.filter(products, { id, rules })),
    );
  const bare = () =>
    bareFilter()
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 10);
  const both = () =>
    xray.run((execution) => {
      const fit = execution.step('filters', (step) => step.filter(products, { id, rules }));
      return execution.step('rank', (step) => step.rank(fit, { id, score, top: 10 }));
    });
  const [best] = bare();
  if (both()[0] !== best) throw new Error('the recorded loop chose another candidate');
  const us = {
    bareFilter: await timeEach(bareFilter),
    filter: await timeEach(filter),
    bare: await timeEach(bare),
    both: await timeEach(both),
  };
  await xray.flush(60_000);
  const line = (title, bareUs, recordedUs) =>
    `  ${title}: bare ${bareUs.toFixed(0)} µs, with its record ${recordedUs.toFixed(0)} µs (x${(recordedUs / bareUs).toFixed(1)})`;
  return {
    us,
    filter: us.filter / us.bareFilter,
    both: us.both / us.bare,
    lines: [
      '5,000 candidates, median:',
      line('filter by two rules', us.bareFilter, us.filter),
      line('filter and rank', us.bare, us.both),
    ],
  };
}

async function timeEach(work) {
  const timesUs = [];
  const count = isQuick ? 100 : 500;
  for (let turn = -20; turn < count; turn += 1) {
    const startedMs = performance.now();
    work();
    if (turn >= 0) timesUs.push((performance.now() - startedMs) * 1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return percentiles(timesUs).p50;
}

/** Measures the event loop's delay without and with recording, at 2,000 executions a second in ticks of 5 ms. */
async function measureEventLoop() {
  const seconds = isQuick ? 3 : 20;
  const { execute, flush } = start(endpoint);
  await paced(1, execute);
  const idle = await paced(seconds, () => {});
  const recording = await paced(seconds, execute);
  await flush();
  return {
    idle,
    recording,
    lines: [
      `Event-loop delay at 2,000 executions of five steps a second, over ${seconds} s:`,
      `  without recording ${asText(idle, 'ms')}`,
      `  with recording    ${asText(recording, 'ms')}`,
    ],
  };
}

/** The heap and other memory of waiting snapshots, and of executions that are not ended. */
async function measureMemory() {
  const { make } = workloads.five;
  const xray = startClient(endpoint, {
    delayMs: 3_600_000,
    maxBatch: 1_000_000,
    maxBatchBytes: 1e9,
  });
  const open = () => {
    const execution = xray.startExecution();
    for (const step of make(1).steps) execution.recordStep(step);
    return execution;
  };
  const count = 20_000;
  for (let index = 0; index < count; index += 1) open();
  const opened = [];
  let before = used();
  for (let index = 0; index < count; index += 1) opened.push(open());
  const openBytes = (used() - before) / count;
  before = used();
  // Ending an execution keeps its text, and the host lets go of its object.
  for (const execution of opened.splice(0)) execution.completeExecution();
  const queuedBytes = (used() - before) / count + openBytes;
  return {
    openBytes,
    queuedBytes,
    lines: [
      `Memory of five steps: an open execution ${openBytes.toFixed(0)} bytes, a waiting snapshot ${queuedBytes.toFixed(0)} bytes`,
    ],
  };
}

function used() {
  // The first call frees memory outside of the heap in the background. The second call waits for that.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Records a million executions with the default queue, while nothing listens at the endpoint. */
async function measureServerDown() {
  const { execute } = start('http://127.0.0.1:9', { maxQueued: 1_000, maxQueuedBytes: 10_000_000 });
  const { make } = workloads.five;
  const count = isQuick ? 100_000 : 1_000_000;
  const record = async (from, to) => {
    for (let id = from; id < to; id += 1) {
      execute(make(id));
      if (id % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await record(0, 20_000);
  const before = used();
  const cpu = process.cpuUsage();
  await record(20_000, 20_000 + count);
  const { user, system } = process.cpuUsage(cpu);
  const cpuUs = (user + system) / count;
  const rssMb = process.memoryUsage().rss / 1e6;
  const grownMb = (used() - before) / 1e6;
  return {
    cpuUs,
    rssMb,
    grownMb,
    lines: [
      `${count} executions with the server down: ${cpuUs.toFixed(1)} µs each, RSS ${rssMb.toFixed(0)} MB, memory grew by ${grownMb.toFixed(1)} MB`,
    ],
  };
}

async function paced(seconds, execute) {
  const TICK_MS = 5;
  const PER_TICK = 10;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const { make } = workloads.five;
  const ticks = (seconds * 1_000) / TICK_MS;
  const startedMs = performance.now();
  delay.enable();
  for (let tick = 0; tick < ticks; tick += 1) {
    for (let index = 0; index < PER_TICK; index += 1) execute(make(tick * PER_TICK + index));
    const dueMs = startedMs + (tick + 1) * TICK_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
  }
  delay.disable();
  const ms = (nanoseconds) => nanoseconds / 1e6;
  return { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
}

function percentiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function asText({ p50, p99, max }, unit) {
  return `p50 ${p50.toFixed(2)} ${unit}, p99 ${p99.toFixed(2)} ${unit}, max ${max.toFixed(2)} ${unit}`;
}
