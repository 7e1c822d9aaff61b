// Runs one contestant in its own process: records executions, first some to warm up, and waits for the last
// acknowledgement. CPU time includes all threads of the process.
import { contestants } from './contestants/index.mjs';
import { shapes, workloads } from './workloads.mjs';

const { name, workload, shape, endpoint, warmUp, count } = JSON.parse(process.argv[2] ?? '{}');
const contestant = contestants.find((candidate) => candidate.name === name);
const { make } = workloads[workload];
const shaped = shapes[shape];

/** Executions recorded between two turns of the event loop, as in a busy service. */
const BURST = 20;

const { start } = await contestant.load();
const { execute, flush } = await start(endpoint);

/** As in a host, each execution is made right before it is recorded. */
async function record(from, to) {
  for (let id = from; id < to; id += BURST) {
    for (let next = id; next < Math.min(to, id + BURST); next += 1) execute(shaped(make(next)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await flush();
}

await record(0, warmUp);
const cpu = process.cpuUsage();
const startedMs = performance.now();
await record(warmUp, warmUp + count);
const { user, system } = process.cpuUsage(cpu);
const wallUs = ((performance.now() - startedMs) * 1_000) / count;
const rssMb = process.memoryUsage().rss / 1e6;
const result = { cpuUs: (user + system) / count, wallUs, rssMb, executions: warmUp + count };
process.send?.(result, () => process.exit());
