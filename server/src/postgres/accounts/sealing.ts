import type { CommitPosition } from '../../store/commit-position.js';
import { sql, type RawBuilder } from 'kysely';
import type { Driver } from '../driver.js';
import { withCommitted } from '../committed.js';
import { keepErasuresOut } from '../erasure-lock.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import { readRules } from './proof-pending.js';
import type {
  Addition,
  Pending,
  ProofStore,
  SealedExecution,
  SealingTransaction,
  SealHorizon,
  StoredLog,
  StoredSeal,
  Unsealed,
} from '../../store/proof-store.js';

type Db = Driver['db'];

/** The number of pending entries that one batch takes. */
const PENDING_AT_ONCE = 1_000;

export function proofStore(db: Db): ProofStore {
  return {
    lead: (instance, forMs) => lead(db, instance, forMs),
    async resign(instance) {
      await sql`UPDATE xray.proof_state SET leader = NULL, leads_until = '-infinity'
        WHERE leader = ${instance}::uuid`.execute(db);
    },
    readUnsealed: (after, limits) => readUnsealed(db, after, limits),
    async hasPending() {
      const { rows } = await sql`SELECT FROM xray.proof_pending LIMIT 1`.execute(db);
      return rows.length > 0;
    },
    append: (instance, from, to, work) => append(db, instance, { from, to }, work),
    listUnsigned: () => listLogs(db, sql`size > signed_size AND problem IS NULL`),
    readEntries: (log, from, to) => readEntries(db, log, from, to),
    readTiles: (log, tiles) => readTiles(db, log, tiles),
    sign: (log, note) => sign(db, log, note),
    async markBroken(log, problem) {
      await sql`UPDATE xray.proof_logs SET problem = ${problem} WHERE id = ${log}`.execute(db);
    },
    readLog: async (app) => (await listLogs(db, sql`app = ${app}`))[0],
    readSealed: (app, executionIds) => readSealed(db, app, executionIds),
    readHorizon: () => readHorizon(db),
    isSealedUpTo: (horizon) => isSealedUpTo(db, horizon),
    measureLag: () => measureLag(db),
  };
}

async function lead(db: Db, instance: string, forMs: number): Promise<CommitPosition | undefined> {
  const { rows } = await sql<CommitPosition>`
    UPDATE xray.proof_state
    SET leader = ${instance}::uuid, leads_until = now() + ${forMs} * interval '1 ms'
    WHERE leader = ${instance}::uuid OR leader IS NULL OR leads_until < now()
    RETURNING xact::text AS xact, last_id AS id`.execute(db);
  return rows[0];
}

const SEALED_COLUMNS = [sql`e.app`, sql`e.execution_id`, sql`e.received_at`, sql`e.terminal`];

interface UnsealedRow extends Omit<Unsealed, 'seal'> {
  leaf: number | null;
  key: Uint8Array | null;
  nameKey: Uint8Array | null;
  digest: Uint8Array | null;
}

async function readUnsealed(
  db: Db,
  after: CommitPosition,
  limits: { executions: number; bytes: number },
): Promise<Unsealed[]> {
  const { rows } = await sql<UnsealedRow>`
    ${withCommitted(after, limits, SEALED_COLUMNS)}
    SELECT c.id, c.app, c.execution_id AS "executionId", c.received_at AS "receivedAt", c.terminal AS "isFinal",
      c.xact::text AS xact, b.body, s.leaf, s.key, s.name_key AS "nameKey", s.digest
    FROM committed c JOIN xray.bodies b ON b.execution = c.id LEFT JOIN xray.proof_seals s ON s.execution = c.id
    ORDER BY c.xact, c.id`.execute(db);
  return rows.map(({ leaf, key, nameKey, digest, ...row }) => {
    // One join gives them: all or none.
    if (leaf === null || !key || !nameKey || !digest) return { ...row, seal: undefined };
    return { ...row, seal: { leaf, key, nameKey, digest } };
  });
}

async function append(
  db: Db,
  instance: string,
  { from, to }: { from: CommitPosition; to: CommitPosition },
  work: (tx: SealingTransaction) => Promise<void>,
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    // After this, an execution that is stored stays stored until the commit.
    await keepErasuresOut(tx);
    const { numAffectedRows } = await sql`
      UPDATE xray.proof_state SET xact = ${to.xact}::xid8, last_id = ${to.id}::bigint
      WHERE leader = ${instance}::uuid AND xact = ${from.xact}::xid8 AND last_id = ${from.id}::bigint`.execute(
      tx,
    );
    if (numAffectedRows !== 1n) return false;
    await work({
      readStored: (ids) => readStored(tx, ids),
      takePending: () => takePending(tx),
      readLog: async (app) => (await listLogs(tx, sql`app = ${app}`))[0],
      openLog: (app, origin) => openLog(tx, app, origin),
      readRules: (app) => readRules(tx, app),
      write: (addition) => write(tx, addition),
    });
    return true;
  });
}

async function readStored(tx: Db, ids: number[]): Promise<Map<number, string>> {
  const { rows } = await sql<{ id: number; xact: string }>`
    SELECT id, xact::text AS xact FROM xray.executions WHERE id = ANY (${ids}::bigint[])
    ORDER BY execution_id FOR KEY SHARE`.execute(tx);
  return new Map(rows.map(({ id, xact }) => [id, xact]));
}

async function takePending(tx: Db): Promise<{ app: string; entry: Pending }[]> {
  const { rows } = await sql<{ id: number; app: string; entry: Pending }>`
    DELETE FROM xray.proof_pending WHERE id IN (
      SELECT id FROM xray.proof_pending ORDER BY id LIMIT ${PENDING_AT_ONCE})
    RETURNING id, app, entry`.execute(tx);
  return rows.toSorted((a, b) => a.id - b.id);
}

async function listLogs(db: Db, where: RawBuilder<unknown>): Promise<StoredLog[]> {
  const { rows } = await sql<{ [Key in keyof StoredLog]: StoredLog[Key] | null }>`
    SELECT id, app, origin, size, frontier, signed_size AS "signedSize", signed_frontier AS "signedFrontier",
      note, signed_at AS "signedAt", problem
    FROM xray.proof_logs WHERE ${where} ORDER BY id`.execute(db);
  return rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value ?? undefined]),
      ) as unknown as StoredLog,
  );
}

async function openLog(tx: Db, app: string, origin: string): Promise<StoredLog> {
  await sql`
    INSERT INTO xray.proof_logs (app, origin, size, frontier) VALUES (${app}, ${origin}, 0, '')`.execute(
    tx,
  );
  const [log] = await listLogs(tx, sql`app = ${app}`);
  if (log === undefined) throw new TypeError('the log was just opened');
  return log;
}

async function write(tx: Db, { log, from, size, frontier, entries, tiles, seals }: Addition) {
  const { numAffectedRows } = await sql`
    UPDATE xray.proof_logs SET size = ${size}, frontier = ${frontier}
    WHERE id = ${log} AND size = ${from}`.execute(tx);
  if (numAffectedRows !== 1n) throw new Error('another instance has written to this log of seals');
  for (const { leaf, bytes } of entries) {
    await sql`
      INSERT INTO xray.proof_entries (log, leaf, entries) VALUES (${log}, ${leaf}, ${bytes})`.execute(
      tx,
    );
  }
  for (const { level, n, hashes } of tiles) {
    await sql`
      INSERT INTO xray.proof_tiles AS t (log, level, n, hashes) VALUES (${log}, ${level}, ${n}, ${hashes})
      ON CONFLICT (log, level, n) DO UPDATE SET hashes = t.hashes || excluded.hashes`.execute(tx);
  }
  if (seals.length === 0) return;
  const rows = seals.map(({ key, nameKey, digest, ...seal }) => ({
    ...seal,
    key: hexOf(key),
    name_key: hexOf(nameKey),
    digest: hexOf(digest),
  }));
  await sql`
    INSERT INTO xray.proof_seals (execution, log, leaf, xact, digest, key, name_key)
    SELECT execution, ${log}::integer, leaf, xact::xid8, decode(digest, 'hex'), decode(key, 'hex'), decode(name_key, 'hex')
    FROM json_to_recordset(${jsonForPostgres(rows)}::json)
      AS r(execution bigint, leaf bigint, xact text, digest text, key text, name_key text)
    ON CONFLICT (execution) DO UPDATE SET log = excluded.log, leaf = excluded.leaf, xact = excluded.xact, digest = excluded.digest,
      key = excluded.key, name_key = excluded.name_key`.execute(tx);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function readEntries(
  db: Db,
  log: number,
  from: number,
  to: number,
): Promise<{ leaf: number; entries: Uint8Array }[]> {
  const { rows } = await sql<{ leaf: number; entries: Uint8Array }>`
    SELECT leaf, entries FROM xray.proof_entries
    WHERE log = ${log} AND leaf < ${to} AND leaf >= coalesce((
      SELECT max(leaf) FROM xray.proof_entries WHERE log = ${log} AND leaf <= ${from}), 0)
    ORDER BY leaf`.execute(db);
  return rows;
}

async function readTiles(
  db: Db,
  log: number,
  tiles: { level: number; n: number }[],
): Promise<Uint8Array[]> {
  if (tiles.length === 0) return [];
  const { rows } = await sql<{ place: number; hashes: Uint8Array | null }>`
    SELECT t.place, p.hashes
    FROM unnest(${tiles.map(({ level }) => level)}::smallint[], ${tiles.map(({ n }) => n)}::bigint[])
      WITH ORDINALITY AS t(level, n, place)
    LEFT JOIN xray.proof_tiles p ON p.log = ${log} AND p.level = t.level AND p.n = t.n
    ORDER BY t.place`.execute(db);
  return rows.map(({ hashes }) => hashes ?? new Uint8Array());
}

async function sign(db: Db, log: StoredLog, note: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE xray.proof_logs
    SET signed_size = ${log.size}, signed_frontier = ${log.frontier}, note = ${note}, signed_at = now()
    WHERE id = ${log.id} AND signed_size = ${log.signedSize} AND problem IS NULL`.execute(db);
  return numAffectedRows === 1n;
}

async function readSealed(db: Db, app: string, executionIds: string[]): Promise<SealedExecution[]> {
  const { rows } = await sql<Omit<SealedExecution, keyof StoredSeal> & StoredSeal>`
    SELECT e.execution_id AS "executionId", b.body, e.received_at AS "receivedAt", e.conflict,
      s.leaf, s.key, s.name_key AS "nameKey"
    FROM xray.executions e JOIN xray.bodies b ON b.execution = e.id
      JOIN xray.proof_seals s ON s.execution = e.id AND s.xact = e.xact
    WHERE e.app = ${app} AND e.execution_id = ANY (${executionIds}::text[])`.execute(db);
  return rows;
}

async function readHorizon(db: Db): Promise<SealHorizon> {
  const { rows } = await sql<SealHorizon>`
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xact,
      (SELECT coalesce(max(id), 0) FROM xray.proof_pending) AS pending`.execute(db);
  const [horizon] = rows;
  if (horizon === undefined) throw new TypeError('a SELECT without FROM has one row');
  return horizon;
}

async function isSealedUpTo(db: Db, { xact, pending }: SealHorizon): Promise<boolean> {
  const { rows } = await sql`
    SELECT WHERE NOT EXISTS (SELECT FROM xray.proof_state s JOIN xray.executions e
        ON (e.xact, e.id) > (s.xact, s.last_id) AND e.xact < ${xact}::xid8)
      AND NOT EXISTS (SELECT FROM xray.proof_pending WHERE id <= ${pending})
      AND NOT EXISTS (SELECT FROM xray.proof_logs WHERE size > signed_size AND problem IS NULL)`.execute(
    db,
  );
  return rows.length > 0;
}

async function measureLag(
  db: Db,
): Promise<{ executions: number; since: Date | null; pending: number }> {
  const { rows } = await sql<{ executions: number; since: Date | null; pending: number }>`
    SELECT count(*)::int AS executions, min(e.received_at) AS since,
      (SELECT count(*)::int FROM xray.proof_pending) AS pending
    FROM xray.proof_state s JOIN xray.executions e ON (e.xact, e.id) > (s.xact, s.last_id)`.execute(
    db,
  );
  return rows[0] ?? { executions: 0, since: null, pending: 0 };
}
