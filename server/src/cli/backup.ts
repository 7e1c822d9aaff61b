import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { asAdministrator } from './ask.js';
import { Progress, UsageError, formatBytes, printJson, say } from './terminal.js';

export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('write the embedded database to a file, while a server uses it or not')
    .argument('<file>', 'a new file, such as xray-2026-11-22.tar.gz')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const bytes = await backUp(file);
      if (json) printJson({ file, bytes });
      else say(`Backed up to ${file} (${formatBytes(bytes)}).`);
    });

  program
    .command('restore')
    .description('make the embedded database out of a backup, in an empty data directory')
    .argument('<file>', 'what `xray backup` wrote')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const { restoreBackup } = await import('../restore.js');
      const restored = await restoreBackup(loadConfig(process.env), file);
      if (json) printJson(restored);
      else say(`Restored into ${restored.dataDir}.`);
    });
}

/** The file appears when it is whole and on the disk. */
async function backUp(file: string): Promise<number> {
  if (existsSync(file)) throw new UsageError(`There is a file ${file} already.`);
  const partial = `${file}.partial`;
  const progress = new Progress(undefined);
  let bytes = 0;
  const target = await open(partial, 'w', 0o600);
  try {
    await asAdministrator(async (administrator) => {
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
