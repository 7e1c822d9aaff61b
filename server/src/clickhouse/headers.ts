import type { Db } from './client.js';
import { Params } from './params.js';
import type { StoredRecord } from './records.js';

/**
 * Writes the winner's header again with the bit of its conflict, so that counts and filters see it. A row that was
 * deleted at this key counts again. Idempotent.
 */
export async function writeHeader(
  db: Db,
  app: string,
  {
    executionId,
    atMs,
    encoded,
    conflict,
  }: Pick<StoredRecord, 'executionId' | 'atMs' | 'encoded' | 'conflict'>,
): Promise<void> {
  const params = new Params();
  const version = params.wide((encoded.rank << 1n) | BigInt(conflict));
  const without = params.wide(encoded.rank << 1n);
  await db.run(
    `INSERT INTO executions SELECT * REPLACE (${version} AS version, 0 AS gone, now64(3) AS stored_at) FROM (
      SELECT * FROM executions
      WHERE ${isKey(app, atMs, executionId, params)} AND version >= ${without} ORDER BY version DESC LIMIT 1)`,
    params,
  );
}

/** Deletes the row of an execution at a key that is not its winner's. Idempotent. */
export async function removeHeader(
  db: Db,
  app: string,
  atMs: number,
  executionId: string,
): Promise<void> {
  const params = new Params();
  await db.run(
    `INSERT INTO executions SELECT * REPLACE (1 AS gone, now64(3) AS stored_at) FROM (
      SELECT * FROM executions WHERE ${isKey(app, atMs, executionId, params)} ORDER BY version DESC LIMIT 1)`,
    params,
  );
}

function isKey(app: string, atMs: number, executionId: string, params: Params): string {
  return `app = ${params.text(app)} AND at = ${params.int(atMs)}
    AND execution_id = ${params.text(executionId)}`;
}
