import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { constants, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type DatabaseConnection,
  type Dialect,
  type Driver as KyselyDriver,
  type QueryResult,
} from 'kysely';
import type { Driver } from '../driver.js';
import type { FileCopy } from '../../store/file-copy.js';
import { LastingPglite, type PgliteThread, type WhenStopped } from './pglite-thread.js';
import { translatingErrors } from './translate-errors.js';
import type { Tables } from '../tables.js';

/** The text between the name of a database's directory and the unique part of its copy's name. */
const COPY_MARK = '.copy-';
/** A data directory that was created by the build. Copying it is four times faster than initdb. */
const TEMPLATE = fileURLToPath(new URL('../../pglite-template', import.meta.url));

/**
 * The embedded Postgres in `directory`, which is created if it is missing. The caller must hold the
 * lock of the data directory: PGlite has none, and two processes in one directory would lose rows
 * silently.
 */
export async function openPglite(
  directory: string,
  whenStopped: WhenStopped = () => {},
): Promise<Driver> {
  await removeOldCopies(directory);
  if (!(await exists(directory))) await copyTemplate(directory);
  const database = await LastingPglite.start(directory, whenStopped);
  const db = new Kysely<Tables>({ dialect: translatingErrors(dialectOver(database)) }).withSchema(
    'xray',
  );
  return {
    kind: 'pglite',
    db,
    copyFiles: () => copyFiles(db, directory),
    close: () => db.destroy(),
  };
}

/**
 * Holds the only connection during the copy, so nothing can write. (PGlite's dumpDataDir would hold
 * the whole database in memory.)
 */
async function copyFiles(db: Kysely<Tables>, directory: string): Promise<FileCopy> {
  const copy = `${directory}${COPY_MARK}${randomUUID()}`;
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    await db.connection().execute(async (connection) => {
      await sql`CHECKPOINT`.execute(connection);
      // If the file system can, the copy shares its blocks with the original and takes no time.
      await cp(directory, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
      // This fails if the database stopped meanwhile, because its recovery would have written to
      // the files.
      await sql`SELECT 1`.execute(connection);
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory: copy, remove };
}

/** Removes the copies of processes that were killed during a backup. */
async function removeOldCopies(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  if (!(await exists(parent))) return;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${path.basename(directory)}${COPY_MARK}`)) continue;
    await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

async function copyTemplate(directory: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  if (!(await exists(TEMPLATE))) return;
  // The copy is renamed when it is complete, so a killed start leaves no half database.
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  copyFolder(TEMPLATE, partial);
  await rename(partial, directory);
}

/**
 * Copies a thousand small files. `cp` checks each file so thoroughly that it takes three times as
 * long.
 */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else copyFileSync(source, target);
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

/** A dialect with one connection. Callers wait for it, so transactions cannot mix. */
function dialectOver(database: LastingPglite): Dialect {
  let turn = Promise.resolve();
  let release = (): void => {};
  const driver: KyselyDriver = {
    async init() {},
    async acquireConnection() {
      const before = turn;
      const { promise, resolve } = deferred();
      turn = before.then(() => promise);
      await before;
      release = resolve;
      try {
        return connectionTo(database.current());
      } catch (error) {
        release();
        throw error;
      }
    },
    async releaseConnection() {
      release();
    },
    beginTransaction: (connection) => run(connection, 'BEGIN'),
    commitTransaction: (connection) => run(connection, 'COMMIT'),
    rollbackTransaction: (connection) => run(connection, 'ROLLBACK'),
    destroy: () => database.close(),
  };
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/**
 * A connection to one thread only. If the thread ends, its transaction cannot continue in the next
 * thread without its beginning.
 */
function connectionTo(thread: PgliteThread): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await thread.query(query.sql, query.parameters);
      return { rows: rows as Row[], numAffectedRows: BigInt(affectedRows) };
    },
    streamQuery() {
      throw new Error('the embedded database does not stream; page by key instead');
    },
  };
}

async function run(connection: DatabaseConnection, statement: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(statement));
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
