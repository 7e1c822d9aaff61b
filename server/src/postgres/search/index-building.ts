import type { CommitPosition } from '../../store/commit-position.js';
import { sql, type RawBuilder } from 'kysely';
import { SEGMENT_FORMAT, type Block, type SegmentHead } from '../../segments/segment.js';
import type { Driver } from '../driver.js';
import { withCommitted } from '../committed.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import { keepErasuresOut } from '../erasure-lock.js';
import { writeNames } from '../executions/names.js';
import type { Document } from '../../segments/document.js';
import type { IndexState, NewSegment } from './search-store.js';

type Db = Driver['db'];

export interface DocumentRow {
  id: number;
  app: string;
  at: Date;
  xact: string;
  body: string;
}

export function toDocument({ id, app, at, xact, body }: DocumentRow): Document {
  return { id, app, at: at.getTime(), xact, body };
}

/**
 * This is a lease and not a lock, because a lock ends with its transaction and indexing takes many.
 */
export async function leadIndexing(db: Db, instance: string, forMs: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE xray.indexing
    SET leader = ${instance}::uuid, leads_until = now() + ${forMs} * interval '1 ms'
    WHERE leader = ${instance}::uuid OR leader IS NULL OR leads_until < now()`.execute(db);
  return numAffectedRows === 1n;
}

export async function readUnindexed(
  db: Db,
  after: CommitPosition,
  limits: { executions: number; bytes: number },
): Promise<Document[]> {
  const { rows } = await sql<DocumentRow>`
    ${withCommitted(after, limits, [sql`e.app`, sql`e.at`])}
    SELECT c.id, c.app, c.at, c.xact::text AS xact, b.body
    FROM committed c JOIN xray.bodies b ON b.execution = c.id
    ORDER BY c.xact, c.id`.execute(db);
  return rows.map(toDocument);
}

export async function addSegments(
  db: Db,
  state: IndexState,
  to: CommitPosition,
  segments: NewSegment[],
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    // Erasures lock in the same order. After this, an execution that is there stays there until the commit.
    await keepErasuresOut(tx);
    const { numAffectedRows } = await sql`
      UPDATE xray.indexing SET xact = ${to.xact}::xid8, last_id = ${to.id}::bigint
      WHERE xact = ${state.position.xact}::xid8 AND last_id = ${state.position.id}::bigint
        AND erasures = ${state.erasures}::bigint`.execute(tx);
    if (numAffectedRows !== 1n) return false;
    for (const { app, head, blocks, names, executions } of segments) {
      const id = await nextSegmentId(tx);
      await writeBlocks(tx, id, blocks);
      await insertSegment(tx, id, app, head);
      await writeNames(tx, app, executions, names);
    }
    return true;
  });
}

export async function nextSegmentId(db: Db): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    SELECT nextval(pg_get_serial_sequence('xray.segments', 'id')) AS id`.execute(db);
  return rows[0]?.id ?? 0;
}

export async function insertSegment(
  db: Db,
  id: number,
  app: string,
  head: SegmentHead,
): Promise<void> {
  await sql`
    INSERT INTO xray.segments (id, app, executions, from_at, to_at, starts, term_bits, candidate_bits,
      term_bytes, candidate_bytes, fates, format)
    VALUES (${id}, ${app}, ${head.executions}, ${new Date(head.fromAt).toISOString()},
      ${new Date(head.toAt).toISOString()}, ${head.starts}::double precision[], ${head.bits.terms},
      ${head.bits.candidates}, ${head.bytes.terms}, ${head.bytes.candidates},
      ${jsonForPostgres(head.fates)}::jsonb, ${SEGMENT_FORMAT})`.execute(db);
}

export async function writeBlocks(db: Db, segment: number, blocks: Block[]): Promise<void> {
  if (blocks.length === 0) return;
  const { pack, from } = packBlocks(blocks);
  await sql`
    INSERT INTO xray.segment_blocks (segment, kind, number, body)
    SELECT ${segment}::bigint, t.kind, t.number, ${cutBlock(pack)} FROM ${from}`.execute(db);
}

/** All bodies as one buffer with a position for each, so that only one value is bound. */
export function packBlocks(blocks: Block[]): { pack: Buffer; from: RawBuilder<unknown> } {
  let next = 1; // Postgres counts from one.
  const places = blocks.map(({ body }) => {
    next += body.length;
    return next - body.length;
  });
  const from = sql`unnest(
      ${blocks.map(({ kind }) => kind)}::smallint[],
      ${blocks.map(({ number }) => number)}::int[],
      ${places}::int[],
      ${blocks.map(({ body }) => body.length)}::int[]
    ) AS t(kind, number, place, length)`;
  return { pack: Buffer.concat(blocks.map(({ body }) => body)), from };
}

/** Cuts the body of block `t` out of the pack. */
export function cutBlock(pack: Buffer): RawBuilder<unknown> {
  return sql`substring(${pack}::bytea FROM t.place FOR t.length)`;
}
