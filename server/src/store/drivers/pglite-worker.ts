import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { types as pg } from 'pg';
import { FilesWithTimers } from './pglite-files.js';
import {
  START,
  type Failure,
  type WorkerAnswer,
  type WorkerData,
  type WorkerQuery,
} from './pglite-thread.js';

// The embedded Postgres runs here, in a thread of its own, so that no query stalls the event loop.
const port = parentPort;
if (port === null) throw new Error('pglite-worker runs as a worker thread only');

const { dataDir, program, progress } = workerData as WorkerData;
/** The last line of its log that says why it gave up. */
let lastWord: string | undefined;
const database = await PGlite.create({
  fs: new FilesWithTimers(dataDir, () => Atomics.add(progress, 0, 1)),
  pgliteWasmModule: program,
  onStderr(line) {
    lastWord = /\b(?:PANIC|FATAL): +(.*)/.exec(line)?.[1] ?? lastWord;
    return true;
  },
  // A quarter of the default, which saves 100 MB of resident memory; the system caches the files anyway.
  startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'],
  // PGlite's own go byte by byte, which was a quarter of the time of ingest.
  serializers: { [types.BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}` },
  parsers: {
    [types.INT8]: Number,
    [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex'),
    // As on a Postgres: `Date` reads the years 1 to 99 as 1901 to 2099.
    [types.TIMESTAMPTZ]: pg.getTypeParser(pg.builtins.TIMESTAMPTZ),
  },
}).catch((error: unknown) => {
  throw new Error(lastWord, { cause: error });
});

async function answer(query: WorkerQuery): Promise<WorkerAnswer> {
  try {
    if (query.sql === null) {
      await database.close();
      return { id: query.id, rows: [], affectedRows: 0 };
    }
    // A text without parameters may hold several statements, as migrations do.
    const results =
      query.parameters.length === 0
        ? await database.exec(query.sql)
        : [await database.query(query.sql, query.parameters)];
    const last = results.at(-1);
    if (last?.command === undefined) throw new Unfinished();
    return { id: query.id, rows: last.rows, affectedRows: last.affectedRows ?? 0 };
  } catch (error) {
    return { id: query.id, failure: failureOf(error) };
  }
}

/**
 * A statement of which the database says neither that it ended nor that it failed. PGlite catches whatever
 * its WebAssembly throws, of a full stack for instance, and goes on as if all were well.
 */
class Unfinished extends Error {
  constructor() {
    super(lastWord ?? 'a statement came to no end');
  }
}

/** An Error loses its own properties on the way through a port, and the SQLSTATE is one. */
function failureOf(error: unknown): Failure {
  const { name, message, code, constraint, severity } = error as Error & {
    code?: string;
    constraint?: string;
    severity?: string;
  };
  const broken =
    error instanceof Unfinished ||
    name === 'RuntimeError' || // WebAssembly's own
    severity === 'PANIC' ||
    severity === 'FATAL';
  return { message, code, constraint, broken };
}

port.on('message', (query: WorkerQuery) => {
  void answer(query).then((reply) => port.postMessage(reply));
});
port.postMessage({ id: START, rows: [], affectedRows: 0 } satisfies WorkerAnswer);
