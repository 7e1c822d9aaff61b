import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { contestants } from './contestants/index.mjs';
import { judge } from './targets.mjs';
import { races, workloads } from './workloads.mjs';

const costs = {
  'record-step': true,
  candidates: true,
  'event-loop': true,
  memory: true,
  'server-down': true,
};

/** The parts of the clone that must be built first. */
export const parts = ['sdk'];

export const HELP = `npm run bench -- sdk [--quick] [--rounds 5] [--races name,name] [--only name,name] [--costs name,name] [--json]
  What recording a decision costs its process, CPU of all threads until the last acknowledgement: X-Ray as it is
  published beside JSON.stringify, OpenTelemetry, Langfuse and Opik, each in its own process, in turn, with a local sink
  in another process. All without compression, except for the contestant x-ray-brotli.
  It ends with the figures beside their targets. Some ten minutes on two cores. Run it with another Node to measure that.
  --quick   one round and a tenth of the executions: about a minute, and before all is compiled, so rougher
  --rounds  how often each contestant runs; the median counts
  --races   of ${Object.keys(races).join(', ')}; "none" for none
  --only    of the contestants: ${contestants.map(({ name }) => name).join(', ')}
  --costs   of ${Object.keys(costs).join(', ')}; "none" for none
  --json    the figures as one JSON object, for machines
`;

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      races: { type: 'string' },
      only: { type: 'string' },
      costs: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const isQuick = values.quick === true;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 5));
  const only = values.only?.split(',');
  const chosen = contestants.filter(({ name, isExtra }) => only?.includes(name) ?? !isExtra);
  const chosenRaces = namesOf(races, values.races);
  const say = (text) => void (values.json === true ? process.stderr : process.stdout).write(text);

  const sdk = await installPacked();
  const sink = await startSink();
  const report = { machine: machine(), rounds, races: {}, costs: {} };
  try {
    say(`${report.machine}\n`);
    for (const name of chosenRaces) {
      const race = isQuick ? { ...races[name], count: races[name].count / 10 } : races[name];
      say(`\n${name}: ${workloads[race.workload].title}, ${race.shape} records, `);
      say(`${race.count} executions after ${race.warmUp}, median of ${rounds}; ${load()}\n`);
      say(row('', 'CPU µs', 'x floor', 'x ours', 'wall µs', 'RSS MB', 'delivered', 'bytes each'));
      const results = await runRace(sink, sdk, chosen, race, rounds);
      for (const result of results) say(describe(result, results));
      report.races[name] = results;
    }
    for (const kind of namesOf(costs, values.costs)) {
      const { lines, ...figures } = await measureCosts(sdk, kind, sink.endpoint, isQuick);
      say(`\n${lines.join('\n')}; ${load()}\n`);
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

function namesOf(all, chosen) {
  return Object.keys(all).filter((name) => chosen?.split(',').includes(name) ?? true);
}

/** Installs the packed SDK as a user does, and returns the file that an import loads. */
async function installPacked() {
  const packed = path.join(import.meta.dirname, '../../packages/xray-sdk/out/xray-sdk.tgz');
  const dir = await mkdtemp(path.join(os.tmpdir(), 'xray-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  await writeFile(path.join(dir, 'package.json'), '{"private":true}');
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', packed];
  await promisify(execFile)('npm', install, { cwd: dir });
  return pathToFileURL(createRequire(path.join(dir, 'x.js')).resolve('@xray/sdk')).href.replace(
    /\.cjs$/,
    '.js',
  );
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

/** Runs the contestants in turn, so that other work on the machine meets all of them. */
async function runRace(sink, sdk, chosen, race, rounds) {
  const runs = new Map(chosen.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of chosen) {
      runs.get(contestant).push(await runOnce(sink, sdk, contestant, race));
    }
  }
  return [...runs].map(([{ name, title }, results]) => ({
    name,
    title,
    problem: results.find(({ problem }) => problem !== undefined)?.problem,
    ...medians(results, ['cpuUs', 'wallUs', 'rssMb', 'bytesEach']),
    delivered: Math.min(...results.map(({ delivered }) => delivered)),
  }));
}

/** Undelivered data becomes a share in the result. */
async function runOnce(sink, sdk, { name }, { workload, ...race }) {
  const task = { name, workload, endpoint: sink.endpoint, ...race };
  const { messages, problem } = await runChild(sdk, 'race.mjs', task);
  const [result] = messages;
  const { markers, bytes } = await sink.count();
  const executions = result?.executions ?? 0;
  const expected = executions * workloads[workload].make(0).steps.length * 2;
  return {
    ...result,
    problem,
    delivered: expected === 0 ? 0 : markers / expected,
    bytesEach: executions === 0 ? 0 : bytes / executions,
  };
}

function medians(results, keys) {
  return Object.fromEntries(keys.map((key) => [key, median(results.map((each) => each[key]))]));
}

async function measureCosts(sdk, kind, endpoint, isQuick) {
  const { messages, problem } = await runChild(sdk, 'costs.mjs', { kind, endpoint, isQuick });
  return messages[0] ?? { lines: [`${kind}: failed: ${problem}`], problem };
}

async function runChild(sdk, file, task) {
  const child = fork(path.join(import.meta.dirname, file), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Settings of these libraries in the environment must not change the measurement.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], XRAY_BENCH_SDK: sdk },
    execArgv: ['--expose-gc'],
  });
  const messages = [];
  let printed = '';
  child.on('message', (message) => messages.push(message));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  const [code] = await once(child, 'close');
  return { messages, problem: code === 0 ? undefined : printed.slice(-500) || `exit ${code}` };
}

function describe(result, results) {
  if (result.problem !== undefined) return `${result.title.padEnd(28)}failed: ${result.problem}\n`;
  const cpuOf = (name) => results.find((each) => each.name === name)?.cpuUs;
  const times = (base) => (base === undefined ? '-' : (result.cpuUs / base).toFixed(2));
  const isFloor = result.name === 'floor';
  return row(
    result.title,
    result.cpuUs.toFixed(1),
    times(cpuOf('floor')),
    times(cpuOf('x-ray')),
    result.wallUs.toFixed(1),
    result.rssMb.toFixed(0),
    isFloor ? '-' : `${(result.delivered * 100).toFixed(2)} %`,
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
  return `${process.version}, ${os.platform()} ${os.arch()}, ${os.cpus().length} x ${cpu?.model ?? 'unknown'}, ${load()}`;
}

function load() {
  return `load ${os.loadavg()[0]?.toFixed(1)}`;
}
