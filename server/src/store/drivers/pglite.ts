import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  type CompiledQuery,
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
import type { Driver, FileCopy } from '../driver.js';
import type { Tables } from '../tables.js';

export interface WorkerQuery {
  id: number;
  /** Null asks the database to close. */
  sql: string | null;
  parameters: unknown[];
}
export type WorkerAnswer =
  | { id: number; rows: unknown[]; affectedRows: number }
  | {
      id: number;
      failure: { message: string; code: string | undefined; constraint: string | undefined };
    };

/** Between the name of a database's directory and what makes the name of its copy unique. */
const COPY_MARK = '.copy-';
/** A data directory made at build time: starting from a copy of it is four times faster than initdb. */
const TEMPLATE = fileURLToPath(new URL('../../pglite-template', import.meta.url));

/**
 * The embedded Postgres over `directory`, which is made when it is missing. The caller holds the lock of
 * the data directory: PGlite has none, and two openers of one directory lose rows silently.
 */
export async function openPglite(directory: string): Promise<Driver> {
  await removeOldCopies(directory);
  if (!(await exists(directory))) await copyTemplate(directory);
  const thread = await WorkerThread.start(directory);
  const db = new Kysely<Tables>({ dialect: dialectOver(thread) }).withSchema('xray');
  return {
    kind: 'pglite',
    db,
    copyFiles: () => copyFiles(db, directory),
    close: () => db.destroy(),
  };
}

/**
 * Holds the one connection meanwhile: then nothing is written, for PGlite has no process beside the one
 * that runs queries. (Its own dumpDataDir would hold the whole database in memory.)
 */
async function copyFiles(db: Kysely<Tables>, directory: string): Promise<FileCopy> {
  const copy = `${directory}${COPY_MARK}${randomUUID()}`;
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    await db.connection().execute(async (connection) => {
      await sql`CHECKPOINT`.execute(connection);
      // Where the file system can, a copy shares its blocks with the original and takes no time.
      await cp(directory, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    });
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory: copy, remove };
}

/** Left behind by a process that was killed while it made a backup. */
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
  // Renamed into place, so that a start killed in the middle leaves no half of a database behind.
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(TEMPLATE, partial, { recursive: true });
  await rename(partial, directory);
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

type Answered = Exclude<WorkerAnswer, { failure: unknown }>;

/** Numbers the questions to the thread and hands each answer to the one who asked. */
class WorkerThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answered) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;
  #dead: Error | undefined;

  static async start(dataDir: string): Promise<WorkerThread> {
    const worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
      workerData: { dataDir },
    });
    await once(worker, 'message');
    return new WorkerThread(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#die(error));
    worker.on('exit', (code) => this.#die(new Error(`its thread ended with code ${code}`)));
  }

  async query(sql: string | null, parameters: readonly unknown[]): Promise<Answered> {
    if (this.#dead !== undefined) throw this.#dead;
    const id = ++this.#lastId;
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, sql, parameters: [...parameters] } satisfies WorkerQuery);
    });
  }

  async close(): Promise<void> {
    await this.query(null, []);
    await this.#worker.terminate();
  }

  #settle(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('failure' in answer) {
      const { message, code, constraint } = answer.failure;
      waiting?.reject(Object.assign(new Error(message), { code, constraint }));
    } else {
      waiting?.resolve(answer);
    }
  }

  #die(cause: Error): void {
    // 57P01 is Postgres' own word for a server that went away, so that both drivers' outages read alike.
    this.#dead ??= Object.assign(new Error(`the embedded database stopped: ${cause.message}`), {
      code: '57P01',
    });
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}

/** A dialect with one connection: who wants it waits for who has it, so transactions cannot mix. */
function dialectOver(thread: WorkerThread): Dialect {
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await thread.query(query.sql, query.parameters);
      return { rows: rows as Row[], numAffectedRows: BigInt(affectedRows) };
    },
    streamQuery() {
      throw new Error('the embedded database does not stream; page by key instead');
    },
  };
  let turn = Promise.resolve();
  let release = (): void => {};
  const run = async (statement: string): Promise<void> => {
    await thread.query(statement, []);
  };
  const driver: KyselyDriver = {
    async init() {},
    async acquireConnection() {
      const before = turn;
      const { promise, resolve } = deferred();
      turn = before.then(() => promise);
      await before;
      release = resolve;
      return connection;
    },
    async releaseConnection() {
      release();
    },
    beginTransaction: () => run('BEGIN'),
    commitTransaction: () => run('COMMIT'),
    rollbackTransaction: () => run('ROLLBACK'),
    destroy: () => thread.close(),
  };
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
