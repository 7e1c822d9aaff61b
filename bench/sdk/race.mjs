// Runs one contestant in its own process: warms up, then runs rounds of one workload with a flush after each, and
// reports every round over IPC. CPU time includes all threads of the process.
import { contestants } from './contestants/index.mjs';
import { restamp, workloads } from './workloads.mjs';

const { name, workload, endpoint, rounds, warmUpRounds, count } = JSON.parse(
  process.argv[2] ?? '{}',
);
const contestant = contestants.find((candidate) => candidate.name === name);
const { make } = workloads[workload];

/** Executions recorded between two turns of the event loop, as in a busy service. */
const BURST = 20;

const { start } = await contestant.load();
const { execute, flush } = await start(endpoint);
let nextId = 0;
// The executions are created once, so that garbage collection of them does not count as the contestant's
// work.
const executions = Array.from({ length: count }, (_, id) => make(id));
for (let round = -warmUpRounds; round < rounds; round += 1) {
  for (const execution of executions) restamp(execution, nextId++);

  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  for (let index = 0; index < count; index += BURST) {
    for (const execution of executions.slice(index, index + BURST)) execute(execution);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const recordedMs = performance.now() - startedMs;
  await flush();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  if (round >= 0)
    process.send?.({
      cpuUs: (user + system) / count,
      wallUs: (wallMs * 1_000) / count,
      recordUs: (recordedMs * 1_000) / count,
    });
}
process.send?.({ executions: nextId }, () => process.exit());
