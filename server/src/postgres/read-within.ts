import { sql } from 'kysely';
import type { Driver } from './driver.js';
import { ReadTooLong } from '../store/errors.js';
import { sqlStateOf } from './outage.js';

type Db = Driver['db'];

/** How long one read over many executions may take, in ms. */
export const READ_LIMIT_MS = 2_000;
/** The limit of one statement that counts a whole cohort or pipeline, in ms. */
export const AGGREGATE_LIMIT_MS = 5_000;

/**
 * Rows are stored roughly in time order and SSDs seek cheaply. With the default `random_page_cost` Postgres scans
 * a month to read a week. JIT compilation takes longer than any of these reads.
 */
const PLANNING = 'SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off';

/**
 * Reads in a read-only transaction. Each statement is ended after `limitMs` with a ReadTooLong. The
 * settings belong to the transaction, so they work through a pooler in transaction mode. PGlite
 * ends a statement only when it reads or writes a file (drivers/pglite-files.ts).
 */
export async function readWithin<T>(
  db: Db,
  limitMs: number,
  read: (tx: Db) => Promise<T>,
): Promise<T> {
  return await db.connection().execute(async (connection) => {
    const startedMs = performance.now();
    try {
      // Statements without parameters are sent as one message.
      await sql
        .raw(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limitMs}; ${PLANNING}`)
        .execute(connection);
      const result = await read(connection);
      await sql`COMMIT`.execute(connection);
      return result;
    } catch (error) {
      // If this fails, the connection is broken and its pool drops it.
      await sql`ROLLBACK`.execute(connection).catch(() => {});
      // Before the limit, somebody else has canceled it, for example an administrator.
      const isOver = performance.now() - startedMs >= limitMs;
      throw isOver && isCanceled(error) ? new ReadTooLong(limitMs, error) : error;
    }
  });
}

/** SQLSTATE query_canceled. */
function isCanceled(error: unknown): boolean {
  return sqlStateOf(error) === '57014';
}
