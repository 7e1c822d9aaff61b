import { sql } from 'kysely';
import type { Place } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import { UnusablePlace } from '../../store/errors.js';
import type { ExecutionRecord, StoredBody } from '../../store/execution-record.js';
import type { ExecutionStore } from '../../store/execution-store.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import { HEADER, MERGE, STEP, names, types } from './save-columns.js';
import { headerRow, stepRows } from './save-executions.js';

type Db = Driver['db'];

/** Bodies that are read at a time. */
const MAX_EXECUTIONS = 500;
const MAX_BYTES = 8 * 1024 * 1024;

/** How long one call works, in ms. */
const CALL_MS = 1_000;

interface BodyRow extends StoredBody {
  id: number;
  /** A rewrite uses it to check that the body has not changed. */
  bodyHash: string;
}

/** Columns and steps are rewritten here. The first call makes the index job rebuild the search index. */
export async function rebuild(
  { db, index }: Engine,
  after: Place | undefined,
  read: (stored: StoredBody) => ExecutionRecord | undefined,
): ReturnType<ExecutionStore['rebuild']> {
  let last = readId(after);
  if (after === undefined) await index.clearIndex();
  const end = performance.now() + CALL_MS;
  let executions = 0;
  do {
    const bodies = await readBodies(db, last);
    const next = bodies.at(-1);
    if (next === undefined) return { executions, next: undefined };
    const records = bodies.flatMap((row) => {
      const record = read(row);
      return record === undefined ? [] : [{ ...row, record }];
    });
    await rewriteDerived(db, records);
    executions += records.length;
    last = next.id;
  } while (performance.now() < end);
  return { executions, next: String(last) };
}

function readId(place: Place | undefined): number {
  if (place === undefined) return 0;
  if (!/^\d{1,15}$/.test(place)) throw new UnusablePlace();
  return Number(place);
}

/** The next bodies in the order of their rows' ids. */
async function readBodies(db: Db, after: number): Promise<BodyRow[]> {
  const { rows } = await sql<BodyRow>`
    WITH next AS MATERIALIZED (
      SELECT e.id, e.app, e.received_at, e.bytes, e.body_hash FROM xray.executions e
      WHERE e.id > ${after}::bigint ORDER BY e.id LIMIT ${MAX_EXECUTIONS}
    ), sized AS (
      SELECT id, app, received_at, body_hash, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM next
    )
    SELECT sized.id, sized.app, sized.received_at AS "receivedAt", b.body, sized.body_hash AS "bodyHash"
    FROM sized JOIN xray.bodies b ON b.execution = sized.id
    WHERE before < ${MAX_BYTES} ORDER BY sized.id`.execute(db);
  return rows;
}

/**
 * Rewrites the columns and steps that come from bodies. A row that has a newer body is left alone,
 * because its writer wrote these too. `xact` does not change, so the row keeps its place in the
 * search index.
 */
async function rewriteDerived(
  db: Db,
  records: { id: number; bodyHash: string; record: ExecutionRecord }[],
): Promise<void> {
  if (records.length === 0) return;
  const headers = records.map(({ id, bodyHash, record }) => ({
    id,
    hash: bodyHash,
    ...headerRow(record),
  }));
  const steps = records.flatMap(({ id, record }) => stepRows(record, id));
  const set = Object.keys(HEADER).map((column) => sql`${sql.ref(column)} = h.${sql.ref(column)}`);
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: number }>`
      UPDATE xray.executions e SET ${sql.join(set)}
      FROM json_to_recordset(${jsonForPostgres(headers)}::json)
        AS h(id bigint, hash ${sql.raw(MERGE.body_hash)}, ${types(HEADER)})
      WHERE e.id = h.id AND e.body_hash = h.hash RETURNING e.id`.execute(tx);
    const ids = rows.map((row) => row.id);
    await sql`DELETE FROM xray.steps WHERE execution = ANY (${ids}::bigint[])`.execute(tx);
    await sql`
      INSERT INTO xray.steps (execution, ${names(STEP)})
      SELECT place, ${names(STEP)}
      FROM json_to_recordset(${jsonForPostgres(steps)}::json) AS r(place bigint, ${types(STEP)})
      WHERE place = ANY (${ids}::bigint[])`.execute(tx);
  });
}
