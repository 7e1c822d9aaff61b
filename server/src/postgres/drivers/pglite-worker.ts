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

// The embedded Postgres runs in this thread, so that no query blocks the event loop.
const port = parentPort;
if (port === null) throw new Error('pglite-worker runs as a worker thread only');

const { dataDir, program, progress } = workerData as WorkerData;
/** The last line of the database's log that says why it stopped. */
let lastWord: string | undefined;
const database = await PGlite.create({
  fs: new FilesWithTimers(dataDir, () => Atomics.add(progress, 0, 1)),
  pgliteWasmModule: program,
  onStderr(line) {
    lastWord = /\b(?:PANIC|FATAL): +(.*)/.exec(line)?.[1] ?? lastWord;
    return true;
  },
  // This is a quarter of the default. It saves 100 MB of memory, and the system caches the files
  // anyway.
  startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'],
  // PGlite's own serializer works byte by byte, which took a quarter of the time of ingest.
  serializers: { [types.BYTEA]: (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}` },
  parsers: {
    [types.INT8]: Number,
    [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex'),
    // This parser is the same as for Postgres. `Date` would read the years 1 to 99 as 1901 to 2099.
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
    // A text without parameters may contain several statements, as migrations do.
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
 * A statement without an end or an error. PGlite catches every WebAssembly error, such as a full
 * stack, and continues as if nothing had happened.
 */
class Unfinished extends Error {
  constructor() {
    super(lastWord ?? 'a statement came to no end');
  }
}

/** An Error loses its own properties, such as the SQLSTATE, when it is sent through a port. */
function failureOf(error: unknown): Failure {
  const { name, message, code, constraint, severity } = error as Error & {
    code?: string;
    constraint?: string;
    severity?: string;
  };
  const broken =
    error instanceof Unfinished ||
    name === 'RuntimeError' || // WebAssembly throws this.
    severity === 'PANIC' ||
    severity === 'FATAL';
  return { message, code, constraint, broken };
}

port.on('message', (query: WorkerQuery) => {
  void answer(query).then((reply) => port.postMessage(reply));
});
port.postMessage({ id: START, rows: [], affectedRows: 0 } satisfies WorkerAnswer);
