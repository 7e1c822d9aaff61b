import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from './config.js';
import { lockDataDir } from './data-dir.js';
import { RestoreError } from './errors.js';
import { openPglite } from './postgres/drivers/pglite.js';
import { createStores } from './postgres/open.js';
import { TaskThreads } from './threads/task-threads.js';
import { ForeignEntryError, listFiles, unpackFiles } from './upkeep/backup.js';

/**
 * Creates the embedded database from a backup, in an empty data directory that is not in use. The
 * database is moved into place only after it was unpacked, opened and migrated.
 *
 * @throws RestoreError, DataDirInUseError
 */
export async function restoreBackup(
  { database }: Config,
  file: string,
): Promise<{ dataDir: string }> {
  if (database.kind === 'postgres') {
    throw new RestoreError(
      'DATABASE_URL is set, but a backup can only be restored into the embedded database. To move it there, restore it without' +
        'DATABASE_URL, then `xray export` and `xray import`.',
    );
  }
  const { dataDir } = database;
  const lock = await lockDataDir(dataDir);
  try {
    await refuseUnlessEmpty(dataDir, lock.socketName);
    await refuseUnlessWhole(file);
    const partial = path.join(dataDir, 'db.partial');
    try {
      await mkdir(partial, { mode: 0o700 });
      await unpackFiles(file, partial).catch((error: unknown) => {
        throw new RestoreError(`${file} could not be unpacked: ${messageOf(error)}`);
      });
      await tryOpening(partial, file);
      await rename(partial, path.join(dataDir, 'db'));
    } finally {
      // After a failure, other files may still be written, so the removal is repeated.
      await rm(partial, { recursive: true, force: true, maxRetries: 10 });
    }
  } finally {
    await lock.release();
  }
  return { dataDir };
}

async function refuseUnlessEmpty(dataDir: string, socketName: string): Promise<void> {
  const others = (await readdir(dataDir)).filter((name) => name !== socketName);
  if (others.length === 0) return;
  throw new RestoreError(
    `The data directory ${dataDir} is not empty (${others.join(', ')}). Restore into a new one with XRAY_DATA_DIR,` +
      'or move these files away first.',
  );
}

/**
 * An archive without a database would become an empty directory, and the next start would create a
 * new database in it.
 */
async function refuseUnlessWhole(file: string): Promise<void> {
  const names = await listFiles(file).catch((error: unknown) => {
    if (error instanceof ForeignEntryError) {
      throw new RestoreError(`${file} is not an X-Ray backup: ${error.message}`);
    }
    throw new RestoreError(`${file} is not a complete backup: ${messageOf(error)}`);
  });
  if (!names.has('PG_VERSION')) {
    throw new RestoreError(`${file} is not a backup: it contains no database.`);
  }
}

async function tryOpening(directory: string, file: string): Promise<void> {
  try {
    const driver = await openPglite(directory);
    const { accounts } = createStores(driver, new TaskThreads(1));
    try {
      await accounts.migrate();
    } finally {
      await accounts.close();
    }
  } catch (error) {
    throw new RestoreError(`The database in ${file} cannot be opened: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
