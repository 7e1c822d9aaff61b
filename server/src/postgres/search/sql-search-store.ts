import { sql, type RawBuilder } from 'kysely';
import { checkOf, type Entry } from '../../segments/directory.js';
import { SEGMENT_FORMAT, type Fate, type SegmentHead } from '../../segments/segment.js';
import type { Driver } from '../driver.js';
import { SUMMARY, toListed } from '../rows.js';
import { instant } from '../instant.js';
import * as building from './index-building.js';
import * as merging from './index-merging.js';
import * as outdated from './outdated.js';
import type { Document } from '../../segments/document.js';
import type {
  IndexState,
  SearchRange,
  SearchStore,
  StoredSegment,
  SubjectRow,
  Tail,
  WantedBlock,
} from './search-store.js';
import type { Condition, ListedExecution } from '../scope.js';

type Db = Driver['db'];

/** Further rows that are in no segment yet are only counted. */
const MAX_TAIL = 20_000;
/** This many segments of about the same size are merged into one. */
const MERGED_AT_ONCE = 8;
/** A segment with this many executions is not merged any more. */
const UNMERGED_FROM = 32_768;

export function sqlSearchStore(db: Db): SearchStore {
  return {
    readIndexState: () => readIndexState(db),
    listSegments: (range) => listSegments(db, range),
    readBlocks: (wanted) => readBlocks(db, wanted),
    readTail: (state, range, limit) => readTail(db, state, range, limit),
    readDocuments: (ids) => readDocuments(db, ids),
    listByIds: (ids, where) => listByIds(db, ids, where),
    findDead: (versions) => findDead(db, versions),
    readOutdated: (range, segments, limit) => outdated.readOutdated(db, range, segments, limit),
    readSubject: (ids, subject) => readSubject(db, ids, subject),
    countSubjectTypes: (ids, id) => countSubjectTypes(db, ids, id),

    leadIndexing: (instance, forMs) => building.leadIndexing(db, instance, forMs),
    readUnindexed: (after, limits) => building.readUnindexed(db, after, limits),
    addSegments: (state, to, segments) => building.addSegments(db, state, to, segments),
    findMergeable: () => findMergeable(db),
    listOutdated: (after, limit) => outdated.listOutdated(db, after, limit),
    forgetOutdated: (versions) => outdated.forgetOutdated(db, versions),
    listForSweep: () => readSegments(db, sql`true`),
    readBlockRanges: (kind, ranges) => merging.readBlockRanges(db, kind, ranges),
    nextSegmentId: () => building.nextSegmentId(db),
    writeBlocks: (segment, blocks) => building.writeBlocks(db, segment, blocks),
    replaceSegments: (old, made, state) => merging.replaceSegments(db, old, made, state),
    removeRemains: () => merging.removeRemains(db),
    adoptRows: () => merging.adoptRows(db),
    clearIndex: () => merging.clearIndex(db),
    measureLag: () => measureLag(db),
  };
}

interface StateRow {
  xact: string;
  last_id: number;
  erasures: number;
}

const STATE = sql`i.xact::text AS xact, i.last_id, i.erasures`;

function toState(row: StateRow | undefined): IndexState {
  if (row === undefined) throw new Error('xray.indexing has no row');
  return { position: { xact: row.xact, id: row.last_id }, erasures: row.erasures };
}

async function readIndexState(db: Db): Promise<IndexState> {
  const { rows } = await sql<StateRow>`SELECT ${STATE} FROM xray.indexing i`.execute(db);
  return toState(rows[0]);
}

const COLUMNS = sql`s.id, s.app, s.executions, s.from_at, s.to_at, s.starts, s.term_bits,
  s.candidate_bits, s.term_bytes, s.candidate_bytes, s.fates, s.made_at`;

/**
 * The state and the segments of one moment. Executions in none of them are in the tail after that
 * state.
 */
async function listSegments(
  db: Db,
  { app, from, to }: SearchRange,
): Promise<{ state: IndexState; segments: StoredSegment[] }> {
  const { rows } = await sql<StateRow & Partial<SegmentRow>>`
    SELECT ${STATE}, ${COLUMNS}
    FROM xray.indexing i
    LEFT JOIN xray.segments s ON s.format = ${SEGMENT_FORMAT}::smallint AND s.app = ${app}
      AND s.to_at >= ${instant(from)} AND s.from_at < ${instant(to)}
    ORDER BY s.id`.execute(db);
  return {
    state: toState(rows[0]),
    segments: rows.flatMap((row) => (isSegment(row) ? [toSegment(row)] : [])),
  };
}

interface SegmentRow {
  id: number;
  app: string;
  executions: number;
  from_at: Date;
  to_at: Date;
  starts: number[];
  term_bits: number;
  candidate_bits: number;
  term_bytes: number;
  candidate_bytes: number;
  fates: Fate[];
  made_at: Date;
}

async function readSegments(
  db: Db,
  isMeant: RawBuilder<unknown>,
): Promise<(StoredSegment & { madeAt: number })[]> {
  const { rows } = await sql<SegmentRow>`
    SELECT ${COLUMNS} FROM xray.segments s
    WHERE s.format = ${SEGMENT_FORMAT}::smallint AND ${isMeant} ORDER BY s.id`.execute(db);
  return rows.map((row) => ({ ...toSegment(row), madeAt: row.made_at.getTime() }));
}

/**
 * The oldest segments of one app and one size, if there are enough. Sizes are powers of
 * MERGED_AT_ONCE.
 */
async function findMergeable(db: Db): Promise<StoredSegment[]> {
  const { rows } = await sql<{ ids: number[] }>`
    SELECT array_agg(id ORDER BY id)::double precision[] AS ids
    FROM (
      SELECT id, app, executions, floor(ln(greatest(executions, 1)) / ln(${MERGED_AT_ONCE}::float8)) AS size
      FROM xray.segments
      WHERE executions < ${UNMERGED_FROM} AND format = ${SEGMENT_FORMAT}::smallint
    ) AS sized
    GROUP BY app, size HAVING count(*) >= ${MERGED_AT_ONCE}
    ORDER BY size LIMIT 1`.execute(db);
  const ids = rows[0]?.ids.slice(0, MERGED_AT_ONCE);
  return ids === undefined ? [] : await readSegments(db, sql`s.id = ANY (${ids}::bigint[])`);
}

async function measureLag(db: Db): Promise<{ executions: number; since: Date | null }> {
  const { position } = await readIndexState(db);
  const { rows } = await sql<{ executions: number; since: Date | null }>`
    SELECT count(*) AS executions, min(received_at) AS since FROM xray.executions
    WHERE (xact, id) > (${position.xact}::xid8, ${position.id}::bigint)`.execute(db);
  return rows[0] ?? { executions: 0, since: null };
}

function toSegment(row: SegmentRow): StoredSegment {
  const head: SegmentHead = {
    executions: row.executions,
    fromAt: row.from_at.getTime(),
    toAt: row.to_at.getTime(),
    starts: row.starts,
    bits: { terms: row.term_bits, candidates: row.candidate_bits },
    bytes: { terms: row.term_bytes, candidates: row.candidate_bytes },
    fates: row.fates,
  };
  return { id: row.id, app: row.app, head };
}

function isSegment(row: Partial<SegmentRow>): row is SegmentRow {
  return typeof row.id === 'number';
}

async function readBlocks(db: Db, wanted: WantedBlock[]): Promise<Uint8Array[] | undefined> {
  if (wanted.length === 0) return [];
  const { rows } = await sql<{ place: number; isThere: boolean; body: Uint8Array | null }>`
    SELECT w.place, b.body, s.id IS NOT NULL AS "isThere"
    FROM unnest(
      ${wanted.map(({ segment }) => segment)}::bigint[],
      ${wanted.map(({ kind }) => kind)}::smallint[],
      ${wanted.map(({ number }) => number)}::int[]
    ) WITH ORDINALITY AS w(segment, kind, number, place)
    LEFT JOIN xray.segments s ON s.id = w.segment
    LEFT JOIN xray.segment_blocks b USING (segment, kind, number)
    ORDER BY w.place`.execute(db);
  if (rows.some(({ isThere }) => !isThere)) return undefined;
  return rows.map(({ body }) => body ?? new Uint8Array());
}

/** The values are null if the tail has no rows in the range. */
type TailRow = { id: number; at: Date; xact: string; total: number } | { id: null };

async function readTail(
  db: Db,
  { position }: IndexState,
  range: SearchRange,
  limit: number,
): Promise<Tail> {
  const isAfter = sql`(e.xact, e.id) > (${position.xact}::xid8, ${position.id}::bigint)`;
  const isNear = sql`e.app = ${range.app}
    AND e.at >= ${instant(range.from)} AND e.at < ${instant(range.to)}`;
  const { rows } = await sql<TailRow & { tail: number }>`
    WITH tail AS MATERIALIZED (
      SELECT e.id, e.app, e.at, e.xact FROM xray.executions e WHERE ${isAfter}
      ORDER BY e.xact DESC, e.id DESC LIMIT ${MAX_TAIL}
    ), size AS (SELECT count(*) AS tail FROM tail)
    SELECT near.*, size.tail FROM size LEFT JOIN (
      SELECT e.id, e.at, e.xact::text AS xact, count(*) OVER () AS total FROM tail e
      WHERE ${isNear} ORDER BY e.at DESC, e.id DESC LIMIT ${limit}
    ) AS near ON true`.execute(db);
  const found = rows.flatMap((row) => (row.id === null ? [] : [row]));
  const entries = found.map(({ id, at, xact }) => ({
    id,
    at: at.getTime(),
    check: checkOf(xact),
  }));
  const tail = rows[0]?.tail ?? 0;
  const total = found[0]?.total ?? 0;
  if (tail < MAX_TAIL && total <= limit) return { entries, left: null };
  const read = entries.map(({ id }) => id);
  const { rows: left } = await sql<{ executions: number; from: Date | null; to: Date | null }>`
    SELECT count(*) AS executions, min(e.received_at) AS from, max(e.received_at) AS to
    FROM xray.executions e
    WHERE ${isAfter} AND ${isNear} AND e.id <> ALL (${read}::bigint[])`.execute(db);
  const [rest] = left;
  if (!rest?.from || !rest.to) return { entries, left: null };
  return { entries, left: { executions: rest.executions, from: rest.from, to: rest.to } };
}

async function readDocuments(db: Db, ids: number[]): Promise<Document[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<building.DocumentRow>`
    SELECT e.id, e.app, e.at, e.xact::text AS xact, b.body
    FROM xray.executions e JOIN xray.bodies b ON b.execution = e.id
    WHERE e.id = ANY (${ids}::bigint[])`.execute(db);
  return rows.map(building.toDocument);
}

async function listByIds(db: Db, ids: number[], where: Condition): Promise<ListedExecution[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('executions as e')
    .select(SUMMARY)
    .where(sql<boolean>`e.id = ANY (${ids}::bigint[])`)
    .where(where)
    .execute();
  return rows.map(toListed);
}

/**
 * The versions are looked up as one list, along the primary key, and grouped by transaction. One
 * row for each of thousands of executions would take longer than finding them.
 */
async function findDead(db: Db, versions: Pick<Entry, 'id' | 'check'>[]): Promise<Set<number>> {
  if (versions.length === 0) return new Set();
  const { rows } = await sql<{ xact: string; ids: string }>`
    SELECT e.xact::text AS xact, array_agg(e.id)::text AS ids FROM xray.executions e
    WHERE e.id = ANY (${`{${versions.map(({ id }) => id).join(',')}}`}::bigint[]) GROUP BY e.xact`.execute(
    db,
  );
  const checks = new Map<number, number>();
  for (const { xact, ids } of rows) {
    const check = checkOf(xact);
    for (const id of ids.slice(1, -1).split(',')) checks.set(Number(id), check);
  }
  const dead = new Set<number>();
  for (const [place, { id, check }] of versions.entries()) {
    if (checks.get(id) !== check) dead.add(place);
  }
  return dead;
}

async function readSubject(
  db: Db,
  ids: number[],
  subject: { type: string; id: string },
): Promise<SubjectRow[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('executions as e')
    .select(['id', 'at', 'outcome', 'reasons'])
    .where(sql<boolean>`e.id = ANY (${ids}::bigint[])`)
    .where(sql<boolean>`e.subjects @> ${JSON.stringify([subject])}::jsonb`)
    .execute();
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

async function countSubjectTypes(
  db: Db,
  ids: number[],
  id: string,
): Promise<{ type: string; executions: number }[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ type: string; executions: number }>`
    SELECT s.type, count(DISTINCT e.id) AS executions
    FROM xray.executions e, jsonb_to_recordset(e.subjects) AS s(type text, id text)
    WHERE e.id = ANY (${ids}::bigint[]) AND s.id = ${id}
    GROUP BY s.type ORDER BY executions DESC, s.type`.execute(db);
  return rows;
}
