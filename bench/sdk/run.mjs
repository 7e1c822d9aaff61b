import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contestants } from './contestants/index.mjs';
import { judge } from './targets.mjs';
import { workloads } from './workloads.mjs';

/** The parts of the clone that must be built first. */
export const parts = ['sdk'];

export const HELP = `npm run bench -- sdk [--quick] [--only name,name] [--json]
  What recording a decision costs its process: X-Ray beside JSON.stringify, OpenTelemetry, Langfuse, Opik and
  LangSmith, each in its own process, with a local sink in another process. All without compression.
  It ends with the figures beside their targets. A few minutes on two cores.
  --quick  fewer rounds and seconds: about a minute, and before all is compiled, so rougher
  --only   of the contestants: ${contestants.map(({ name }) => name).join(', ')}
  --json   the figures as one JSON object, for machines
`;

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: { quick: { type: 'boolean' }, only: { type: 'string' }, json: { type: 'boolean' } },
  });
  const isQuick = values.quick === true;
  const only = values.only?.split(',');
  const chosen = contestants.filter(({ name }) => only?.includes(name) ?? true);
  const say = (text) => void (values.json === true ? process.stderr : process.stdout).write(text);

  const sink = await startSink();
  const report = { machine: machine(), races: {}, costs: {} };
  try {
    say(`${report.machine}\n`);
    for (const [workload, { title, count }] of Object.entries(workloads)) {
      say(`\nOne execution of ${title}; per execution, delivery included, median of the rounds\n`);
      say(row('', 'CPU µs', 'x floor', 'wall µs', 'delivered', 'requests', 'bytes each'));
      const results = [];
      for (const contestant of chosen) {
        const result = await race(sink, contestant, { workload, count, isQuick });
        results.push(result);
        say(describe(contestant.title, result, results[0]));
      }
      report.races[workload] = results;
    }
    for (const kind of ['record-step', 'candidates', 'event-loop']) {
      const { lines, ...figures } = await measureCosts(kind, sink.endpoint, isQuick);
      say(`\n${lines.join('\n')}\n`);
      report.costs[kind] = figures;
      await sink.count();
    }
    report.targets = judge(report);
    say(`\nAgainst the targets\n${report.targets.map(describeTarget).join('')}`);
  } finally {
    sink.stop();
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

async function startSink() {
  const child = fork(path.join(import.meta.dirname, 'sink.mjs'));
  const [{ port }] = await once(child, 'message');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** Counts the markers that arrived since the last count. */
    async count() {
      child.send('count');
      const [counts] = await once(child, 'message');
      return counts;
    },
    stop: () => child.disconnect(),
  };
}

/** Runs one contestant to its end. Undelivered data becomes an error in the result. */
async function race(sink, { name }, { workload, count, isQuick }) {
  const task = {
    name,
    workload,
    endpoint: sink.endpoint,
    count,
    rounds: isQuick ? 3 : 15,
    warmUpRounds: isQuick ? 2 : 6,
  };
  const { messages, problem } = await runChild('race.mjs', task);
  const rounds = messages.filter((message) => 'cpuUs' in message);
  const executions = messages.find((message) => 'executions' in message)?.executions ?? 0;
  const { markers, requests, bytes } = await sink.count();
  const expected = executions * workloads[workload].make(0).steps.length * 2;
  return {
    name,
    problem,
    executions,
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
    wallUs: median(rounds.map(({ wallUs }) => wallUs)),
    recordUs: median(rounds.map(({ recordUs }) => recordUs)),
    delivered: expected === 0 ? 0 : markers / expected,
    requests,
    bytesEach: executions === 0 ? 0 : bytes / executions,
  };
}

async function measureCosts(kind, endpoint, isQuick) {
  const { messages, problem } = await runChild('costs.mjs', { kind, endpoint, isQuick });
  return messages[0] ?? { lines: [`${kind}: failed: ${problem}`], problem };
}

async function runChild(file, task) {
  const child = fork(path.join(import.meta.dirname, file), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Settings of these libraries in the environment must not change the measurement.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  const messages = [];
  let printed = '';
  child.on('message', (message) => messages.push(message));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  const [code] = await once(child, 'close');
  return { messages, problem: code === 0 ? undefined : printed.slice(-500) || `exit ${code}` };
}

function describe(title, result, first) {
  if (result.problem !== undefined) return `${title.padEnd(28)}failed: ${result.problem}\n`;
  const isFloor = result.name === 'floor';
  return row(
    title,
    result.cpuUs.toFixed(1),
    first.name === 'floor' ? (result.cpuUs / first.cpuUs).toFixed(1) : '-',
    result.wallUs.toFixed(1),
    isFloor ? '-' : `${(result.delivered * 100).toFixed(2)} %`,
    isFloor ? '-' : String(result.requests),
    isFloor ? '-' : result.bytesEach.toFixed(0),
  );
}

function describeTarget({ title, figure, target, isMet }) {
  return `${title.padEnd(56)}${figure.padStart(11)}   ${target.padEnd(12)}${isMet ? 'met' : 'MISSED'}\n`;
}

function row(title, ...cells) {
  return `${title.padEnd(28)}${cells.map((cell) => cell.padStart(11)).join('')}\n`;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function machine() {
  const [cpu] = os.cpus();
  return `${process.version}, ${os.platform()} ${os.arch()}, ${os.cpus().length} x ${cpu?.model ?? 'unknown'}, load ${os.loadavg()[0]?.toFixed(1)}`;
}
