import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { faultOf, type ReplayConfig } from './define.js';
import { junitOf } from './output/junit.js';
import { markdownOf } from './output/markdown.js';
import { textOf } from './output/text.js';
import { pullRecords, SPREADS, type SpreadBy } from './pull.js';
import type { Report } from './report.js';
import { readRecords } from './records.js';
import { runReplay } from './run.js';
import type { Server } from './server.js';
import { runOf, StoredRun, type StoredPart } from './store-run.js';
import { UsageError } from './usage-error.js';

/** The streams of a command. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

const USAGE = 2;
const CONFIGS = ['xray.replay.mjs', 'xray.replay.js', 'xray.replay.ts'];

interface PullArguments {
  app: string;
  query?: string;
  max: number;
  spread: SpreadBy[];
  out: string;
  endpoint?: string;
  apiKey?: string;
}

interface RunArguments {
  config?: string;
  control?: string;
  json?: string;
  markdown?: string;
  junit?: string;
  concurrency: number;
  repeat: number;
  shuffle?: true;
  expectChange?: true;
  store?: StoredPart | true;
  name?: string;
  app?: string;
  endpoint?: string;
  apiKey?: string;
}

/**
 * Runs one command and resolves with its exit code: 0 the gate holds, 1 it does not, 2 wrong usage or configuration, 3 the
 * result is not to be trusted.
 */
export async function main(args: string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = new Command('xray-replay')
    .description('Replay recorded decisions on new code, and gate a change in CI.')
    .showHelpAfterError('(xray-replay --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });

  program
    .command('pull')
    .description('download recorded executions into a file that only you can read')
    .requiredOption('--app <id>', 'the app')
    .option('-q, --query <filter>', 'a filter, such as "pipeline:loan-approval started:>-30d"')
    .option('--max <number>', 'the most records to draw', readCount, 2_000)
    .option(
      '--spread <properties>',
      `draw at least 20 of each combination of ${SPREADS.join(', ')}`,
      readSpread,
      [],
    )
    .requiredOption('-o, --out <file>', 'the file; with .gz it is compressed')
    .option('--endpoint <url>', 'the server; default: XRAY_ENDPOINT, else http://127.0.0.1:4000')
    .option('--api-key <key>', 'a key with the scope replay or read; default: XRAY_API_KEY')
    .addHelpText('after', '\nThe file holds inputs and outputs. Do not commit it.')
    .action(async (options: PullArguments) => {
      const progress = progressOn(io, 'read');
      const { population, records, strata } = await pullRecords({
        ...serverOf(options, io),
        app: options.app,
        q: options.query,
        max: options.max,
        spread: options.spread,
        out: options.out,
        onProgress: progress.show,
      });
      progress.end();
      const over = options.spread.length > 0 ? ` over ${strata} strata` : '';
      io.stderr.write(`Drew ${records} of ${population} executions${over} into ${options.out}.\n`);
      if (records === 0) throw new UsageError('The filter finds no execution.');
    });

  program
    .command('run')
    .description('replay the records of a file on the code of this folder')
    .argument('<file>', 'a file of `xray-replay pull` or of `xray export`')
    .option('--config <file>', `the configuration; default: ${CONFIGS.join(', ')}`)
    .option(
      '--control <file>',
      'the JSON report of the same records on the code without the change',
    )
    .option('--json <file>', 'write the report as JSON, also for a later --control; - is stdout')
    .option('--markdown <file>', 'write the report for a pull request; - is stdout')
    .option('--junit <file>', 'write the report as JUnit XML; - is stdout')
    .option('--concurrency <number>', 'replays at once', readCount, 8)
    .option(
      '--repeat <number>',
      'replay each record so often; a flip must show each time',
      readCount,
      1,
    )
    .option('--shuffle', 'replay in another order too; what differs is undecided')
    .option('--store [part]', 'store the run on the server: changed (default) or all', readPart)
    .option('--name <name>', 'the name of the stored run; default: the branch and commit')
    .option('--app <id>', 'the app of the stored run; default: the app of the records')
    .option('--endpoint <url>', 'the server; default: XRAY_ENDPOINT, else http://127.0.0.1:4000')
    .option('--api-key <key>', 'a key with the scope replay; default: XRAY_API_KEY')
    .option('--expect-change', 'exit with 3 if no function that ran has changed')
    .addHelpText(
      'after',
      '\nExit codes: 0 the gate holds, 1 it does not, 2 wrong usage, 3 the result is not to be trusted.',
    )
    .action(async (file: string, options: RunArguments) => {
      if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
      const server = options.store === undefined ? undefined : serverOf(options, io);
      // A client without a key would warn that it records nothing. A replay sends nothing in any case.
      process.env['XRAY_API_KEY'] ||= 'xr_replay';
      const progress = progressOn(io, 'replayed');
      const config = await loadConfig(options.config);
      const control =
        options.control === undefined ? undefined : await loadControl(options.control);
      const store = server && (await storeRun({ server, file, config, options, env: io.env }));
      const report = await runReplay({
        records: file,
        config,
        control,
        concurrency: options.concurrency,
        repeat: options.repeat,
        shuffles: options.shuffle === true,
        expectsChange: options.expectChange === true,
        onProgress: progress.show,
        onResult: async (result, snapshot) => await store?.run.add(result, snapshot),
      });
      progress.end();
      await store?.run.finish(report);
      if (store !== undefined) io.stderr.write(`Stored: ${store.address}\n`);
      await give(io, options.json, `${JSON.stringify(report)}\n`);
      await give(io, options.markdown, `${markdownOf(report)}\n`);
      await give(io, options.junit, junitOf(report));
      const isSpoken = [options.json, options.markdown, options.junit].includes('-');
      if (!isSpoken) io.stdout.write(`${textOf(report)}\n`);
      exitCode = report.exitCode;
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`xray-replay: ${error.message}\n`);
    return USAGE;
  }
}

function serverOf(
  { endpoint, apiKey = '' }: { endpoint?: string; apiKey?: string },
  { env }: Io,
): Server {
  const key = apiKey || env['XRAY_API_KEY'];
  if (!key) {
    throw new UsageError('Set XRAY_API_KEY, or give --api-key: a key with the scope replay.');
  }
  return { endpoint: endpoint ?? env['XRAY_ENDPOINT'] ?? 'http://127.0.0.1:4000', apiKey: key };
}

/** Starts the stored run, and says where people look at it. */
async function storeRun({
  server,
  file,
  config,
  options,
  env,
}: {
  server: Server;
  file: string;
  config: ReplayConfig;
  options: RunArguments;
  env: NodeJS.ProcessEnv;
}): Promise<{ run: StoredRun; address: string }> {
  const app = options.app ?? (await appOf(file));
  const run = await StoredRun.start(server, app, {
    run: runOf(config, { ...nameOf(options.name, env), q: null }),
    part: options.store === 'all' ? 'all' : 'changed',
  });
  return { run, address: run.address(app) };
}

async function appOf(file: string): Promise<string> {
  for await (const { snapshot } of readRecords(file)) {
    if (typeof snapshot.appId === 'string') return snapshot.appId;
  }
  return 'none';
}

/** The name of a run: as given, else the branch and commit that CI or git says. */
function nameOf(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
): { name: string; versions: Record<string, string> } {
  const commit = (env['GITHUB_SHA'] ?? env['CI_COMMIT_SHA'] ?? git('rev-parse', 'HEAD')).slice(
    0,
    12,
  );
  const branch =
    env['GITHUB_HEAD_REF'] ||
    env['GITHUB_REF_NAME'] ||
    env['CI_COMMIT_REF_NAME'] ||
    git('rev-parse', '--abbrev-ref', 'HEAD');
  const name = given ?? ([branch, commit].filter((part) => part !== '').join(' · ') || 'replay');
  return { name: name.slice(0, 128), versions: commit === '' ? {} : { commit } };
}

/** Empty without git, or outside of a repository. */
function git(...args: string[]): string {
  const { stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

async function loadConfig(given: string | undefined): Promise<ReplayConfig> {
  const file = given ?? CONFIGS.find((name) => existsSync(name));
  if (file === undefined || !existsSync(file)) {
    throw new UsageError(
      `There is no ${given ?? CONFIGS[0]}. It exports defineReplay({ pipeline: { run } }); see docs/replay.md.`,
    );
  }
  let loaded: { default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path.resolve(file)).href)) as typeof loaded;
  } catch (error) {
    throw new UsageError(
      `${file} does not load: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const fault = faultOf(loaded.default);
  if (fault !== undefined) throw new UsageError(`${file}: ${fault}.`);
  return loaded.default as ReplayConfig;
}

async function loadControl(file: string): Promise<{ file: string; report: Report }> {
  let report: Report;
  try {
    report = JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch (error) {
    throw new UsageError(`--control: ${file} cannot be read: ${String(error)}`);
  }
  if (report.format !== 'xray-replay-report/1') {
    throw new UsageError(`--control: ${file} is no report of \`xray-replay run --json\`.`);
  }
  return { file, report };
}

async function give(io: Io, file: string | undefined, text: string): Promise<void> {
  if (file === '-') io.stdout.write(text);
  else if (file !== undefined) await writeFile(file, text);
}

/** Shows progress on a terminal, about ten times a second. */
function progressOn(io: Io, verb: string): { show(done: number): void; end(): void } {
  if (io.stderr.isTTY !== true) return { show: () => {}, end: () => {} };
  let shownMs = 0;
  return {
    show(done) {
      const nowMs = performance.now();
      if (nowMs - shownMs < 100) return;
      shownMs = nowMs;
      io.stderr.write(`\r${done} ${verb}`);
    },
    end: () => io.stderr.write('\r\u001B[K'),
  };
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a number from 1.');
  return Number(text);
}

function readPart(text: string): StoredPart {
  if (text === 'changed' || text === 'all') return text;
  throw new InvalidArgumentError('Write changed or all.');
}

function readSpread(text: string): SpreadBy[] {
  return text.split(',').map((name) => {
    const known = SPREADS.find((spread) => spread === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`Write some of ${SPREADS.join(',')}.`);
    return known;
  });
}
