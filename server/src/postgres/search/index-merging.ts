import { sql } from 'kysely';
import { SEGMENT_FORMAT, type Block, type SegmentHead } from '../../segments/segment.js';
import type { Driver } from '../driver.js';
import { insertSegment } from './index-building.js';
import type { IndexState, StoredSegment } from './search-store.js';

type Db = Driver['db'];

/** Rows that are written by one transaction. */
const ADOPTED_AT_ONCE = 5_000;

export async function readBlockRanges(
  db: Db,
  kind: Block['kind'],
  ranges: { segment: number; from: number; to: number }[],
): Promise<Uint8Array[][]> {
  const { rows } = await sql<{ place: number; body: Uint8Array }>`
    SELECT r.place - 1 AS place, b.body
    FROM unnest(
      ${ranges.map(({ segment }) => segment)}::bigint[],
      ${ranges.map(({ from }) => from)}::int[],
      ${ranges.map(({ to }) => to)}::int[]
    ) WITH ORDINALITY AS r(segment, low, high, place)
    JOIN xray.segment_blocks b ON b.segment = r.segment AND b.kind = ${kind}
      AND b.number >= r.low AND b.number < r.high
    ORDER BY r.place, b.number`.execute(db);
  const bodies = ranges.map((): Uint8Array[] => []);
  for (const { place, body } of rows) bodies[place]?.push(body);
  return bodies;
}

export async function replaceSegments(
  db: Db,
  old: StoredSegment[],
  made: { id: number; head: SegmentHead },
  state: IndexState,
): Promise<boolean> {
  const ids = old.map(({ id }) => id);
  const isDone = await db
    .transaction()
    .execute(async (tx) => {
      const { rows } = await sql<{ erasures: number }>`
      SELECT erasures FROM xray.indexing FOR UPDATE`.execute(tx);
      if (rows[0]?.erasures !== state.erasures) return false;
      const deleted = await sql`
      DELETE FROM xray.segments WHERE id = ANY (${ids}::bigint[])`.execute(tx);
      if (Number(deleted.numAffectedRows) === ids.length) {
        await sql`DELETE FROM xray.segment_blocks WHERE segment = ANY (${ids}::bigint[])`.execute(
          tx,
        );
        const [{ app } = { app: '' }] = old;
        if (made.head.executions > 0) await insertSegment(tx, made.id, app, made.head);
        return true;
      }
      // The old segments stay.
      throw new SegmentsChanged();
    })
    .catch((error: unknown) => {
      if (error instanceof SegmentsChanged) return false;
      throw error;
    });
  if (!isDone || made.head.executions === 0) {
    await sql`DELETE FROM xray.segment_blocks WHERE segment = ${made.id}`.execute(db);
  }
  return isDone;
}

class SegmentsChanged extends Error {}

export async function removeRemains(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Erasures lock in the same order: this row before any block.
    await sql`SELECT FROM xray.indexing FOR UPDATE`.execute(tx);
    const { rows } = await sql<{ id: number }>`
      SELECT id FROM xray.segments WHERE format <> ${SEGMENT_FORMAT}::smallint LIMIT 1`.execute(tx);
    if (rows.length > 0) await clear(tx);
    // A former leader may still write some of these blocks. It must not make a segment of the
    // others.
    const { numAffectedRows } = await sql`
      DELETE FROM xray.segment_blocks b
      WHERE NOT EXISTS (SELECT FROM xray.segments s WHERE s.id = b.segment)`.execute(tx);
    if (Number(numAffectedRows) > 0) {
      await sql`UPDATE xray.indexing SET erasures = erasures + 1`.execute(tx);
    }
  });
}

export async function clearIndex(db: Db): Promise<void> {
  await db.transaction().execute(clear);
}

async function clear(tx: Db): Promise<void> {
  await sql`
    UPDATE xray.indexing SET xact = '0', last_id = 0, erasures = erasures + 1`.execute(tx);
  await sql`DELETE FROM xray.segments`.execute(tx);
  await sql`DELETE FROM xray.segment_blocks`.execute(tx);
  await sql`DELETE FROM xray.outdated`.execute(tx);
}

export async function adoptRows(db: Db): Promise<boolean> {
  const { rows } = await sql<{ isForeign: boolean }>`
    SELECT greatest(i.xact, (SELECT e.xact FROM xray.executions e ORDER BY e.xact DESC, e.id DESC LIMIT 1))
        >= pg_snapshot_xmax(pg_current_snapshot()) AS "isForeign"
    FROM xray.indexing i`.execute(db);
  if (rows[0]?.isForeign !== true) return false;
  await clearIndex(db);
  for (;;) {
    const { numAffectedRows } = await sql`
      UPDATE xray.executions SET xact = pg_current_xact_id() WHERE id IN (
        SELECT id FROM xray.executions WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())
        ORDER BY xact DESC LIMIT ${ADOPTED_AT_ONCE})`.execute(db);
    if (Number(numAffectedRows) < ADOPTED_AT_ONCE) return true;
  }
}
