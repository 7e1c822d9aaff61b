import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffer, text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { countText, type ProofState } from '@xray/core';
import { parseCheckpoint, parseNote, TILE_WIDTH, tilePath } from '@xray/proof';
import type { Administrator } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, type Terminal } from './terminal.js';

interface ExportOptions {
  app: string;
  out: string;
  query?: string;
}

/** `xray proof`. `xray proof verify` is a command of packages/proof. */
export function addProofCommands(program: Command, terminal: Terminal): void {
  const proof = program
    .command('proof')
    .description('the log of seals, with which others check an export')
    .addHelpText(
      'after',
      '\nxray proof verify FOLDER --key VKEY checks an export. It needs no server. See docs/proof.md.',
    );
  proof
    .command('status')
    .description('show how far an app’s log is signed, and its public key')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async ({ app, json }: { app: string; json?: true }) => {
      const state = await asAdministrator(terminal, (administrator) => stateOf(administrator, app));
      if (json) terminal.json(state);
      else terminal.say(...stateText(state));
    });
  proof
    .command('export')
    .description('write a folder that an auditor can verify')
    .requiredOption('--app <id>', 'the app')
    .requiredOption('--out <folder>', 'a folder that does not exist yet')
    .option('-q, --query <filter>', 'only executions that match; the others count as withheld')
    .action(async (options: ExportOptions) => {
      await asAdministrator(terminal, (administrator) =>
        exportFolder(terminal, administrator, options),
      );
    });
}

async function stateOf(administrator: Administrator, app: string, wait = ''): Promise<ProofState> {
  return await administrator.call<ProofState>('GET', appPath(app, `proof${wait}`));
}

function stateText({
  state,
  origin,
  size,
  signedAt,
  vkey,
  problem,
  waiting,
}: ProofState): string[] {
  const off = 'This server seals nothing. Set XRAY_PROOF=on and restart it.';
  if (state === 'off') return [off];
  if (state === 'empty') return ['Nothing is sealed yet.'];
  return [
    `Log:       ${origin}`,
    `Signed:    ${countText(size, 'entry', 'entries')}, ${signedAt ?? 'never'}`,
    `Key:       ${vkey ?? 'not on this server'}`,
    `Waiting:   ${countText(waiting.executions, 'execution')}`,
    ...(problem === null ? [] : [`Problem:   ${problem}`]),
  ];
}

async function exportFolder(
  terminal: Terminal,
  administrator: Administrator,
  { app, out, query }: ExportOptions,
): Promise<void> {
  await makeEmpty(out);
  // All that is stored now is sealed below this size.
  const before = await stateOf(administrator, app, '?wait=true');
  if (before.state !== 'sealing') throw new UsageError(stateText(before).join(' '));
  const filter = new URLSearchParams({ seals: 'true', ...(query && { q: query }) });
  const lines = await administrator.download(appPath(app, `export?${filter}`));
  await pipeline(lines, createWriteStream(path.join(out, 'records.ndjson')));
  // The log tells below this size which records were replaced or erased meanwhile.
  const after = await stateOf(administrator, app, '?wait=true');
  const checkpoint = await text(await administrator.download(appPath(app, 'proof/log/checkpoint')));
  const { size } = parseCheckpoint(parseNote(checkpoint).text);
  await writeFile(path.join(out, 'checkpoint'), checkpoint);
  await writeEntries(terminal, administrator, { app, out, size });
  const about = { app, whole: query === undefined, query, upTo: before.size, vkey: after.vkey };
  await writeFile(path.join(out, 'about.json'), `${JSON.stringify(about, null, 2)}\n`);
  const page = createRequire(import.meta.url).resolve('@xray/proof/verify.html');
  await copyFile(page, path.join(out, 'verify.html'));
  terminal.say(
    `Wrote ${out}, with ${countText(size, 'entry', 'entries')} of the log.`,
    `Check it: open ${path.join(out, 'verify.html')} in a browser, or run`,
    `  xray proof verify ${out} --key '${after.vkey}'`,
    'An auditor must get the key on another way than this export.',
  );
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new UsageError(`--out: ${folder} is not empty.`);
}

async function writeEntries(
  terminal: Terminal,
  administrator: Administrator,
  { app, out, size }: { app: string; out: string; size: number },
): Promise<void> {
  const file = path.join(out, 'entries');
  const progress = terminal.progress(size);
  await rm(file, { force: true });
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, size - from);
    const tile = tilePath('entries', from / TILE_WIDTH, width);
    const bundle = await buffer(await administrator.download(appPath(app, `proof/log/${tile}`)));
    await writeFile(file, bundle, { flag: 'a' });
    progress.show(from + width, countText(from + width, 'entry', 'entries'));
  }
  progress.end();
}
