import { sql, type RawBuilder } from 'kysely';
import type { ErasureCount, ErasureReceipt, Tombstone } from '@xray/core';
import type { Driver } from './driver.js';
import type { ErasureScope, NamedErasure } from '../store/execution-store.js';

type Db = Driver['db'];

/** The newest receipts that one question gets. */
const MAX_RECEIPTS = 100;

/** The name of an execution in the table of tombstones. A hash, because an execution's id can hold a person's. */
export function tombstoneName(
  app: RawBuilder<unknown>,
  executionId: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`sha256(convert_to(${app} || E'\\n' || ${executionId}, 'UTF8'))`;
}

/** Opens a receipt, or goes on with one, and leaves a tombstone for each execution. Gives the receipt's id. */
export async function leaveTombstones(
  tx: Db,
  { app, what }: ErasureScope,
  named: NamedErasure,
  ids: number[],
): Promise<string> {
  const receipt = named.receipt ?? (await openReceipt(tx, app, what, named));
  await sql`
    INSERT INTO xray.tombstones (app, name, erasure)
    SELECT e.app, ${tombstoneName(sql`e.app`, sql`e.execution_id`)}, ${receipt}::uuid
    FROM xray.executions e WHERE e.id = ANY (${ids}::bigint[])
    ON CONFLICT (app, name) DO UPDATE SET erasure = excluded.erasure, at = excluded.at`.execute(tx);
  return receipt;
}

/** Leaves tombstones for ids that no execution has, but that spans of the erased ones would have. */
export async function leaveNamed(
  tx: Db,
  app: string,
  receipt: string,
  executionIds: string[],
): Promise<void> {
  await sql`
    INSERT INTO xray.tombstones (app, name, erasure)
    SELECT DISTINCT ${app}, ${tombstoneName(sql`${app}::text`, sql`n.id`)}, ${receipt}::uuid
    FROM unnest(${executionIds}::text[]) AS n(id)
    ON CONFLICT (app, name) DO UPDATE SET erasure = excluded.erasure, at = excluded.at`.execute(tx);
}

async function openReceipt(
  tx: Db,
  app: string,
  what: ErasureScope['what'],
  { reason, askedBy }: NamedErasure,
): Promise<string> {
  const subjectType = what.kind === 'subject' ? what.type : null;
  const { rows } = await sql<{ id: string }>`
    INSERT INTO xray.erasures (app, kind, subject_type, reason, asked_by)
    VALUES (${app}, ${what.kind}, ${subjectType}, ${reason}, ${askedBy}) RETURNING id`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new TypeError('an insert returns its row');
  return row.id;
}

interface ReceiptRow extends Omit<ErasureReceipt, 'at' | 'erased'>, ErasureCount {
  at: Date;
}

const RECEIPT = sql`id, kind, subject_type AS "subjectType", reason, asked_by AS "askedBy", at, executions, steps, bytes`;

export async function addToReceipt(
  tx: Db,
  id: string,
  { executions, steps, bytes }: ErasureCount,
): Promise<ErasureReceipt> {
  const { rows } = await sql<ReceiptRow>`
    UPDATE xray.erasures SET executions = executions + ${executions}::bigint,
      steps = steps + ${steps}::bigint, bytes = bytes + ${bytes}::bigint
    WHERE id = ${id}::uuid RETURNING ${RECEIPT}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new TypeError('the receipt was opened or checked before');
  return toReceipt(row);
}

export async function readReceipt(
  db: Db,
  app: string,
  id: string,
): Promise<ErasureReceipt | undefined> {
  const { rows } = await sql<ReceiptRow>`
    SELECT ${RECEIPT} FROM xray.erasures WHERE app = ${app} AND id = ${id}::uuid`.execute(db);
  return rows[0] && toReceipt(rows[0]);
}

export async function listReceipts(db: Db, app: string): Promise<ErasureReceipt[]> {
  const { rows } = await sql<ReceiptRow>`
    SELECT ${RECEIPT} FROM xray.erasures WHERE app = ${app}
    ORDER BY at DESC, id DESC LIMIT ${MAX_RECEIPTS}`.execute(db);
  return rows.map(toReceipt);
}

export async function readTombstone(
  db: Db,
  app: string,
  executionId: string,
): Promise<Tombstone | undefined> {
  const { rows } = await sql<{ receipt: string; at: Date; reason: string }>`
    SELECT t.erasure AS receipt, t.at, r.reason
    FROM xray.tombstones t JOIN xray.erasures r ON r.id = t.erasure
    WHERE t.app = ${app} AND t.name = ${tombstoneName(sql`${app}::text`, sql`${executionId}::text`)}`.execute(
    db,
  );
  const [row] = rows;
  return row && { receipt: row.receipt, at: row.at.toISOString(), reason: row.reason };
}

function toReceipt({ executions, steps, bytes, at, ...receipt }: ReceiptRow): ErasureReceipt {
  return { ...receipt, at: at.toISOString(), erased: { executions, steps, bytes } };
}
