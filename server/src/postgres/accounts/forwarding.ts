import type { CommitPosition } from '../../store/commit-position.js';
import { sql } from 'kysely';
import type { Driver } from '../driver.js';
import { withCommitted } from '../committed.js';
import type { ForwardedBody, ForwardLag, ForwardingStore } from '../../store/forwarding-store.js';

type Db = Driver['db'];

export function forwardingStore(db: Db): ForwardingStore {
  return {
    lead: (target, instance, forMs) => lead(db, target, instance, forMs),
    read: (after, limits) => read(db, after, limits),
    advance: (target, instance, to, refused) => advance(db, target, instance, to, refused),
    resign: (target, instance) => resign(db, target, instance),
    measureLag: (target) => measureLag(db, target),
  };
}

/**
 * The first lead of an endpoint begins with what is stored from now on. A position in the future is another
 * database's, from which this one was copied.
 */
async function lead(
  db: Db,
  target: string,
  instance: string,
  forMs: number,
): Promise<CommitPosition | undefined> {
  const { rows } = await sql<CommitPosition>`
    INSERT INTO xray.forwarding AS f (target, leader, leads_until, xact, last_id)
    VALUES (${target}, ${instance}::uuid, now() + ${forMs} * interval '1 ms', pg_snapshot_xmin(pg_current_snapshot()), 0)
    ON CONFLICT (target) DO UPDATE SET leader = excluded.leader, leads_until = excluded.leads_until,
      xact = CASE WHEN f.xact > excluded.xact THEN excluded.xact ELSE f.xact END
      WHERE f.leader = excluded.leader OR f.leader IS NULL OR f.leads_until < now()
    RETURNING f.xact::text AS xact, f.last_id AS id`.execute(db);
  return rows[0];
}

async function read(
  db: Db,
  after: CommitPosition,
  limits: { executions: number; bytes: number },
): Promise<ForwardedBody[]> {
  const { rows } = await sql<ForwardedBody>`
    ${withCommitted(after, limits, [], sql`e.terminal`)}
    SELECT c.id, c.xact::text AS xact, b.body
    FROM committed c JOIN xray.bodies b ON b.execution = c.id
    ORDER BY c.xact, c.id`.execute(db);
  return rows;
}

async function advance(
  db: Db,
  target: string,
  instance: string,
  to: CommitPosition,
  refused: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE xray.forwarding SET xact = ${to.xact}::xid8, last_id = ${to.id}::bigint, refused = refused + ${refused}
    WHERE target = ${target} AND leader = ${instance}::uuid`.execute(db);
  return numAffectedRows === 1n;
}

async function resign(db: Db, target: string, instance: string): Promise<void> {
  await sql`
    UPDATE xray.forwarding SET leader = NULL, leads_until = NULL
    WHERE target = ${target} AND leader = ${instance}::uuid`.execute(db);
}

async function measureLag(db: Db, target: string): Promise<ForwardLag> {
  const { rows } = await sql<ForwardLag>`
    SELECT count(*)::int AS executions, min(e.received_at) AS since
    FROM xray.forwarding f JOIN xray.executions e ON (e.xact, e.id) > (f.xact, f.last_id) AND e.terminal
    WHERE f.target = ${target}`.execute(db);
  return rows[0] ?? { executions: 0, since: null };
}
