import { sql } from 'kysely';
import type { ErasureCount } from '@xray/core';
import type { Driver } from '../driver.js';
import { breakSeals, type Erasing } from '../accounts/proof-pending.js';

type Db = Driver['db'];

/**
 * Every table with data of an execution besides its header, in the column `execution`. Data in a
 * table that is not named here survives an erasure. The search index packs many executions into a
 * row, so it has its own code (erase-from-index.ts).
 */
const TABLES_BESIDE = ['bodies', 'steps', 'names'] as const;

export interface ErasedRows extends ErasureCount {
  executionIds: string[];
  /** Traces of the records that did not come from spans, in hex. */
  traceIds: string[];
}

/**
 * The only function that deletes executions: the header, and all rows in other tables. `erasingOf` says for the log
 * of seals why an execution is deleted.
 */
export async function eraseExecutions(
  tx: Db,
  ids: number[],
  erasingOf: (id: number) => Erasing,
): Promise<ErasedRows> {
  const erased: ErasedRows = { executions: 0, steps: 0, bytes: 0, executionIds: [], traceIds: [] };
  if (ids.length === 0) return erased;
  await breakSeals(tx, ids, erasingOf);
  for (const table of TABLES_BESIDE) {
    const { numAffectedRows } = await sql`
      DELETE FROM ${sql.table(`xray.${table}`)} WHERE execution = ANY (${ids}::bigint[])`.execute(
      tx,
    );
    if (table === 'steps') erased.steps = Number(numAffectedRows);
  }
  const { rows } = await sql<{ bytes: number; executionId: string; traceId: string | null }>`
    DELETE FROM xray.executions WHERE id = ANY (${ids}::bigint[])
    RETURNING bytes, execution_id AS "executionId",
      CASE WHEN NOT from_spans THEN encode(uuid_send(trace_id), 'hex') END AS "traceId"`.execute(
    tx,
  );
  erased.executions = rows.length;
  for (const { bytes } of rows) erased.bytes += bytes;
  erased.executionIds = rows.map(({ executionId }) => executionId);
  erased.traceIds = rows.flatMap(({ traceId }) => (traceId === null ? [] : [traceId]));
  return erased;
}
