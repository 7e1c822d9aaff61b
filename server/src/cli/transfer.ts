import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { InvalidArgumentError, type Command } from 'commander';
import {
  LIMITS,
  appTransferSchema,
  type AppTransfer,
  type IngestResult,
  type PipelineList,
  type Transferred,
} from '@xray/core';
import type { Administrator } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { Progress, UsageError, formatBytes, printJson } from './terminal.js';

const LINE_END = 0x0a;
/** Lines go to the server in bundles of about so many bytes. */
const BUNDLE_BYTES = 2 * 1024 * 1024;
/** So that they stay below what a JSON body may have. */
const KEYS_A_CALL = 100;

interface ExportOptions {
  app: string;
  from?: string;
  to?: string;
  withKeys?: true;
}

export function addTransferCommands(program: Command): void {
  program
    .command('export')
    .description('write an app’s executions to stdout as NDJSON, for `xray import` or for you')
    .requiredOption('--app <id>', 'the app')
    .option('--from <time>', 'those that started at this time or later', readTime)
    .option('--to <time>', 'those that started before this time', readTime)
    .option('--with-keys', 'take the hashes of API keys along, so that the keys go on working')
    .action(async (options: ExportOptions) => {
      await asAdministrator((administrator) => exportApp(administrator, options));
    });

  program
    .command('import')
    .description('store what `xray export` wrote; doing it twice changes nothing')
    .argument('<file>', 'the file, or - for stdin')
    .option('--app <id>', 'into this app instead of the one it came from')
    .option('--json', 'print JSON')
    .action(async (file: string, { app, json }: { app?: string; json?: true }) => {
      const imported = await asAdministrator((administrator) =>
        importFile(administrator, file, app),
      );
      if (json) printJson(imported);
      else process.stderr.write(`${describeImported(imported)}\n`);
      if (imported.rejected > 0) process.exitCode = 1;
    });
}

/** First the app, then the executions as the server sends them, at the end how many there were. */
async function exportApp(administrator: Administrator, options: ExportOptions): Promise<void> {
  const { app, from, to } = options;
  // Who reads, such as `head`, may have had enough.
  process.stdout.once('error', () => process.exit(1));
  const transfer = await administrator.call<AppTransfer>('GET', appPath(app, 'transfer'));
  await write(`${JSON.stringify({ ...transfer, keys: options.withKeys ? transfer.keys : [] })}\n`);
  const filter = new URLSearchParams({ ...(from && { from }), ...(to && { to }) });
  const total = filter.size > 0 ? undefined : await countExecutions(administrator, app);
  const progress = new Progress(total);
  let [executions, bytes] = [0, 0];
  for await (const chunk of await administrator.download(appPath(app, `export?${filter}`))) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    for (let at = buffer.indexOf(LINE_END); at >= 0; at = buffer.indexOf(LINE_END, at + 1)) {
      executions++;
    }
    await write(buffer);
    progress.show(executions, `${executions} executions, ${formatBytes(bytes)}`);
  }
  await write(`${JSON.stringify({ end: { executions } })}\n`);
  progress.end();
  process.stderr.write(`Exported ${executions} executions of ${app} (${formatBytes(bytes)}).\n`);
}

async function countExecutions(administrator: Administrator, app: string): Promise<number> {
  const { items } = await administrator.call<PipelineList>('GET', appPath(app, 'pipelines'));
  return items.reduce((sum, { executions }) => sum + executions, 0);
}

interface Imported {
  app: string;
  executions: number;
  accepted: number;
  duplicates: number;
  superseded: number;
  rejected: number;
  keys: number;
  retentionRules: number;
}

async function importFile(
  administrator: Administrator,
  file: string,
  intoApp: string | undefined,
): Promise<Imported> {
  const isStdin = file === '-';
  const size = isStdin ? undefined : (await stat(file)).size;
  const lines = linesOf(isStdin ? process.stdin : createReadStream(file));
  const first = await lines.next();
  const transfer = first.done ? undefined : readJson(first.value, appTransferSchema);
  if (transfer === undefined) {
    throw new UsageError(`${file} does not begin with the line that \`xray export\` begins with.`);
  }
  const app = intoApp ?? transfer.app.id;
  const imported: Imported = {
    app,
    executions: 0,
    accepted: 0,
    duplicates: 0,
    superseded: 0,
    rejected: 0,
    ...(await addApp(administrator, app, transfer)),
  };
  const progress = new Progress(size);
  let doneBytes = 0;
  let end: number | undefined;
  for await (const bundle of bundlesOf(lines)) {
    const last = bundle.at(-1);
    end = last && readEnd(last);
    if (end !== undefined) bundle.pop();
    await importBundle(administrator, bundle, imported);
    for (const line of bundle) doneBytes += line.length + 1;
    progress.show(doneBytes, `${imported.executions} executions`);
  }
  progress.end();
  if (end !== imported.executions) {
    throw new UsageError(
      `${file} was cut short: it has ${imported.executions} executions and no line at its end that says so. ` +
        'They were stored; import it again when it is whole, which stores none of them twice.',
    );
  }
  return imported;
}

/** A key grants one app alone, so into another than its own none is taken. */
async function addApp(
  administrator: Administrator,
  app: string,
  transfer: AppTransfer,
): Promise<Transferred> {
  const isSame = app === transfer.app.id;
  const name = isSame ? transfer.app.name : app;
  await administrator.call('POST', '/api/apps', { id: app, name }, ['conflict']);
  const keys = isSame ? transfer.keys : [];
  const added = { keys: 0, retentionRules: 0 };
  for (let from = 0; from === 0 || from < keys.length; from += KEYS_A_CALL) {
    const some = { ...transfer, keys: keys.slice(from, from + KEYS_A_CALL) };
    const now = await administrator.call<Transferred>('POST', appPath(app, 'transfer'), some);
    added.keys += now.keys;
    added.retentionRules += now.retentionRules;
  }
  return added;
}

async function importBundle(
  administrator: Administrator,
  bundle: Buffer[],
  imported: Imported,
): Promise<void> {
  if (bundle.length === 0) return;
  const body = Buffer.concat(bundle.flatMap((line) => [line, Buffer.from('\n')]));
  const path = appPath(imported.app, 'import');
  const result = await administrator.send<IngestResult>(path, 'application/x-ndjson', body);
  for (const { index, executionId, message } of result.rejected) {
    // The first line of the file is the app's.
    const line = imported.executions + index + 2;
    process.stderr.write(`line ${line} (${executionId ?? 'no id'}) was rejected: ${message}\n`);
  }
  imported.executions += bundle.length;
  imported.accepted += result.accepted;
  imported.duplicates += result.duplicates;
  imported.superseded += result.superseded;
  imported.rejected += result.rejected.length;
}

/** The lines without their ends; a last one that has none is one too. */
async function* linesOf(source: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    let rest = chunk as Buffer;
    for (let at = rest.indexOf(LINE_END); at >= 0; at = rest.indexOf(LINE_END)) {
      yield Buffer.concat([...parts, rest.subarray(0, at)]);
      rest = rest.subarray(at + 1);
      [parts, bytes] = [[], 0];
    }
    bytes += rest.length;
    if (bytes > LIMITS.requestBytes) throw new UsageError('A line is longer than any export has.');
    if (rest.length > 0) parts.push(rest);
  }
  if (bytes > 0) yield Buffer.concat(parts);
}

async function* bundlesOf(lines: AsyncGenerator<Buffer>): AsyncGenerator<Buffer[]> {
  let bundle: Buffer[] = [];
  let bytes = 0;
  for await (const line of lines) {
    if (bytes + line.length > BUNDLE_BYTES && bundle.length > 0) {
      yield bundle;
      [bundle, bytes] = [[], 0];
    }
    bundle.push(line);
    bytes += line.length;
  }
  if (bundle.length > 0) yield bundle;
}

/** What the last line of an export says. */
function readEnd(line: Buffer): number | undefined {
  const [, executions] = /^\{"end":\{"executions":(\d+)\}\}$/.exec(line.toString('latin1')) ?? [];
  return executions === undefined ? undefined : Number(executions);
}

function readJson(line: Buffer, schema: typeof appTransferSchema): AppTransfer | undefined {
  try {
    return schema.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

async function write(data: string | Buffer): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, 'drain');
}

function describeImported(imported: Imported): string {
  const { app, executions, accepted, duplicates, superseded, rejected } = imported;
  const counts = [
    `${accepted} stored`,
    `${duplicates} were there already`,
    ...(superseded > 0 ? [`${superseded} were there in a later revision`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ];
  const beside = `${imported.keys} keys and ${imported.retentionRules} retention rules were added`;
  return `Imported ${executions} executions into ${app}: ${counts.join(', ')}; ${beside}.`;
}

function readTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Such as 2026-11-01T12:00:00Z.');
  return time.toISOString();
}
