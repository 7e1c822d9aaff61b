import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { Option, InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import {
  countText,
  LIMITS,
  appOutcomesSchema,
  appTransferSchema,
  dictionarySchema,
  pathSegment,
  type AppOutcomes,
  type AppTransfer,
  type IngestResult,
  type PipelineList,
  type StoredDictionary,
  type Transferred,
} from '@xray/core';
import type { Administrator } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, formatBytes, type Terminal } from './terminal.js';

const LINE_END = 0x0a;
/** Size of the bundles of lines that are sent to the server. */
const BUNDLE_BYTES = 2 * 1024 * 1024;
/** This keeps a call below the limit of a JSON body. */
const KEYS_A_CALL = 100;

/** The first line of an exported file. Files of earlier versions have no dictionary and no meanings. */
const headSchema = appTransferSchema.extend({
  dictionary: dictionarySchema.optional(),
  outcomes: appOutcomesSchema.shape.items.optional(),
});
type Head = z.infer<typeof headSchema>;

interface ExportOptions {
  app: string;
  from?: string;
  to?: string;
  withKeys?: true;
  format: 'ndjson' | 'otlp';
}

export function addTransferCommands(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('write an app’s executions to stdout as NDJSON, as they are stored')
    .requiredOption('--app <id>', 'the app')
    .option('--from <time>', 'only executions that started at this time or later', readTime)
    .option('--to <time>', 'only executions that started before this time', readTime)
    .option('--with-keys', 'include the hashes of API keys, so that the keys keep working')
    .addOption(
      new Option('--format <format>', 'otlp: one request of OpenTelemetry on each line')
        .choices(['ndjson', 'otlp'])
        .default('ndjson'),
    )
    .action(async (options: ExportOptions) => {
      await asAdministrator(terminal, (administrator) =>
        options.format === 'otlp'
          ? exportOtlp(terminal, administrator, options)
          : exportApp(terminal, administrator, options),
      );
    });

  program
    .command('import')
    .description('store the executions of an `xray export`; a second import changes nothing')
    .argument('<file>', 'the file, or - for stdin')
    .option('--app <id>', 'import into this app instead of the exported one')
    .option('--json', 'print JSON')
    .action(async (file: string, { app, json }: { app?: string; json?: true }) => {
      const imported = await asAdministrator(terminal, (administrator) =>
        importFile(terminal, administrator, file, app),
      );
      if (json) terminal.json(imported);
      else terminal.warn(describeImported(imported));
      if (imported.rejected > 0) terminal.exitCode = 1;
    });
}

/**
 * Writes one line for the app, one for each execution as the server sends it, and one with their
 * number.
 */
async function exportApp(
  terminal: Terminal,
  administrator: Administrator,
  options: ExportOptions,
): Promise<void> {
  const { stdout } = terminal.io;
  const { app, from, to } = options;
  const head = await readHead(administrator, app);
  await write(stdout, `${JSON.stringify({ ...head, keys: options.withKeys ? head.keys : [] })}\n`);
  const filter = new URLSearchParams({ ...(from && { from }), ...(to && { to }) });
  const total = filter.size > 0 ? undefined : await countExecutions(administrator, app);
  const progress = terminal.progress(total);
  let [executions, bytes] = [0, 0];
  for await (const chunk of await administrator.download(appPath(app, `export?${filter}`))) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    for (let at = buffer.indexOf(LINE_END); at >= 0; at = buffer.indexOf(LINE_END, at + 1)) {
      executions++;
    }
    await write(stdout, buffer);
    progress.show(executions, `${countText(executions, 'execution')}, ${formatBytes(bytes)}`);
  }
  await write(stdout, `${JSON.stringify({ end: { executions } })}\n`);
  progress.end();
  terminal.warn(
    `Exported ${countText(executions, 'execution')} of ${app} (${formatBytes(bytes)}).`,
  );
}

async function readHead(administrator: Administrator, app: string): Promise<Head> {
  const transfer = await administrator.call<AppTransfer>('GET', appPath(app, 'transfer'));
  const { dictionary, revision } = await administrator.call<StoredDictionary>(
    'GET',
    appPath(app, 'dictionary'),
  );
  const { items } = await administrator.call<AppOutcomes>('GET', appPath(app, 'outcomes'));
  return { ...transfer, ...(revision > 0 && { dictionary }), outcomes: items };
}

/** Writes what a Collector's file receiver reads. The lines are no file for `xray import`. */
async function exportOtlp(
  terminal: Terminal,
  administrator: Administrator,
  { app, from, to }: ExportOptions,
): Promise<void> {
  const filter = new URLSearchParams({
    format: 'otlp',
    ...(from && { from }),
    ...(to && { to }),
  });
  for await (const chunk of await administrator.download(appPath(app, `export?${filter}`))) {
    await write(terminal.io.stdout, chunk as Buffer);
  }
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
  dictionary: boolean;
  /** Pipelines whose outcomes got their meanings. */
  outcomes: number;
}

async function importFile(
  terminal: Terminal,
  administrator: Administrator,
  file: string,
  intoApp: string | undefined,
): Promise<Imported> {
  const isStdin = file === '-';
  const size = isStdin ? undefined : (await stat(file)).size;
  const lines = linesOf(isStdin ? terminal.io.stdin : createReadStream(file));
  const first = await lines.next();
  const head = first.done ? undefined : readJson(first.value);
  if (head === undefined) {
    throw new UsageError(`${file} does not start with the first line of an \`xray export\`.`);
  }
  const { dictionary, outcomes = [], ...transfer } = head;
  const app = intoApp ?? transfer.app.id;
  const imported: Imported = {
    app,
    executions: 0,
    accepted: 0,
    duplicates: 0,
    superseded: 0,
    rejected: 0,
    ...(await addApp(administrator, app, transfer)),
    dictionary: dictionary !== undefined && (await addDictionary(administrator, app, dictionary)),
    outcomes: await addOutcomes(administrator, app, outcomes),
  };
  const progress = terminal.progress(size);
  let doneBytes = 0;
  let end: number | undefined;
  for await (const bundle of bundlesOf(lines)) {
    const last = bundle.at(-1);
    end = last && readEnd(last);
    if (end !== undefined) bundle.pop();
    await importBundle(terminal, administrator, bundle, imported);
    for (const line of bundle) doneBytes += line.length + 1;
    progress.show(doneBytes, countText(imported.executions, 'execution'));
  }
  progress.end();
  if (end !== imported.executions) {
    throw new UsageError(
      `${file} is incomplete: it has ${countText(imported.executions, 'execution')} and no last line with their number.` +
        'They were stored. Import the complete file again; no execution is stored twice.',
    );
  }
  return imported;
}

/** A key grants access to one app, so keys are imported only into the app they came from. */
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

/** Returns false and changes nothing if the app has a dictionary. */
async function addDictionary(
  administrator: Administrator,
  app: string,
  dictionary: NonNullable<Head['dictionary']>,
): Promise<boolean> {
  const path = appPath(app, 'dictionary');
  const { revision } = await administrator.call<StoredDictionary>('GET', path);
  if (revision > 0) return false;
  const body = Buffer.from(JSON.stringify(dictionary));
  await administrator.send(`${path}?revision=0`, 'application/json', body, 'PUT');
  return true;
}

/** Adds the meanings of outcomes for pipelines that have none. Returns their number. */
async function addOutcomes(
  administrator: Administrator,
  app: string,
  outcomes: AppOutcomes['items'],
): Promise<number> {
  const { items } = await administrator.call<AppOutcomes>('GET', appPath(app, 'outcomes'));
  const known = new Set(items.map(({ pipeline }) => pipeline));
  const added = outcomes.filter(({ pipeline }) => !known.has(pipeline));
  for (const { pipeline, ...meanings } of added) {
    const path = appPath(app, `pipelines/${pathSegment(pipeline)}/outcomes`);
    await administrator.call('PUT', path, meanings);
  }
  return added.length;
}

async function importBundle(
  terminal: Terminal,
  administrator: Administrator,
  bundle: Buffer[],
  imported: Imported,
): Promise<void> {
  if (bundle.length === 0) return;
  const body = Buffer.concat(bundle.flatMap((line) => [line, Buffer.from('\n')]));
  const path = appPath(imported.app, 'import');
  const result = await administrator.send<IngestResult>(path, 'application/x-ndjson', body);
  for (const { index, executionId, message } of result.rejected) {
    // The first line of the file describes the app.
    const line = imported.executions + index + 2;
    terminal.warn(`line ${line} (${executionId ?? 'no id'}) was rejected: ${message}`);
  }
  imported.executions += bundle.length;
  imported.accepted += result.accepted;
  imported.duplicates += result.duplicates;
  imported.superseded += result.superseded;
  imported.rejected += result.rejected.length;
}

/** Yields lines without their line ends. The last line may have none. */
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
    if (bytes > LIMITS.requestBytes)
      throw new UsageError('A line is longer than the limit for an export.');
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

/** The number in the last line of an export. */
function readEnd(line: Buffer): number | undefined {
  const [, executions] = /^\{"end":\{"executions":(\d+)\}\}$/.exec(line.toString('latin1')) ?? [];
  return executions === undefined ? undefined : Number(executions);
}

function readJson(line: Buffer): Head | undefined {
  try {
    return headSchema.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

async function write(stdout: Writable, data: string | Buffer): Promise<void> {
  if (!stdout.write(data)) await once(stdout, 'drain');
}

function describeImported(imported: Imported): string {
  const { app, executions, accepted, duplicates, superseded, rejected } = imported;
  const counts = [
    `${accepted} stored`,
    `${duplicates} already stored`,
    ...(superseded > 0 ? [`${superseded} already stored in a later revision`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ];
  const added = [
    countText(imported.keys, 'key'),
    countText(imported.retentionRules, 'retention rule'),
    ...(imported.dictionary ? ['the dictionary'] : []),
    ...(imported.outcomes > 0
      ? [`meanings of outcomes for ${countText(imported.outcomes, 'pipeline')}`]
      : []),
  ];
  const last = added.pop();
  return `Imported ${countText(executions, 'execution')} into ${app}: ${counts.join(', ')}; added ${added.join(', ')} and ${last}.`;
}

function readTime(text: string): string {
  // `new Date` would read a 1 as the year 2001.
  const day = z.iso.date().safeParse(text).success ? `${text}T00:00:00Z` : text;
  const time = z.iso.datetime({ offset: true }).safeParse(day);
  if (!time.success)
    throw new InvalidArgumentError('Write a time such as 2026-11-01T12:00:00Z, or a day.');
  return time.data;
}
