import type { Db } from './client.js';
import { Params } from './params.js';
import type { StoredRecord } from './records.js';

/** Writes the winner's header again with the bit of a conflict, so that counts and filters see it. Idempotent. */
export async function markConflict(
  db: Db,
  app: string,
  { executionId, atMs, encoded }: StoredRecord,
): Promise<void> {
  const params = new Params();
  const version = params.wide(encoded.rank << 1n);
  await db.run(
    `INSERT INTO executions
    SELECT * REPLACE (bitOr(version, toUInt128(1)) AS version, now64(3) AS stored_at) FROM (
      SELECT * FROM executions WHERE ${isKey(app, atMs, executionId, params)} AND version = ${version} LIMIT 1)`,
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
