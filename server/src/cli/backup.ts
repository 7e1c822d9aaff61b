import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { asAdministrator } from './ask.js';
import { UsageError, formatBytes, type Terminal } from './terminal.js';

export function addBackupCommands(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .description('write the embedded database to a file, with or without a running server')
    .argument('<file>', 'a new file, such as xray-2026-11-22.tar.gz')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const bytes = await backUp(terminal, file);
      if (json) terminal.json({ file, bytes });
      else terminal.say(`Backed up to ${file} (${formatBytes(bytes)}).`);
    });

  program
    .command('restore')
    .description('create the embedded database from a backup, in an empty data directory')
    .argument('<file>', 'a file that `xray backup` wrote')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const { restoreBackup } = await import('../restore.js');
      const restored = await restoreBackup(terminal.config(), file);
      if (json) terminal.json(restored);
      else terminal.say(`Restored into ${restored.dataDir}.`);
    });
}

/** The file gets its name only when it is complete and on the disk. */
async function backUp(terminal: Terminal, file: string): Promise<number> {
  if (existsSync(file)) throw new UsageError(`The file ${file} already exists.`);
  const partial = `${file}.partial`;
  const progress = terminal.progress(undefined);
  let bytes = 0;
  const target = await open(partial, 'w', 0o600);
  try {
    await asAdministrator(terminal, async (administrator) => {
      for await (const chunk of await administrator.download('/api/backup')) {
        const buffer = chunk as Buffer;
        await target.writeFile(buffer);
        bytes += buffer.length;
        progress.show(bytes, `${formatBytes(bytes)} written`);
      }
    });
    await target.sync();
    await target.close();
    await rename(partial, file);
  } catch (error) {
    await target.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  } finally {
    progress.end();
  }
  return bytes;
}
