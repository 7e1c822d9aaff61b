import { sql } from 'kysely';
import type { Driver } from '../driver.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import type { Pending } from '../../store/proof-store.js';

type Db = Driver['db'];

/** Why executions are deleted, as the log of seals says it. */
export type Erasing = Omit<Extract<Pending, { type: 'erased' }>, 'leaves'>;

/** Deletes the seals of executions that are being erased, and notes what their logs must tell. */
export async function breakSeals(
  tx: Db,
  ids: number[],
  erasingOf: (id: number) => Erasing,
): Promise<void> {
  const { rows } = await sql<{ id: number; app: string; leaf: number }>`
    DELETE FROM xray.proof_seals s USING xray.proof_logs l
    WHERE s.execution = ANY (${ids}::bigint[]) AND l.id = s.log
    RETURNING s.execution AS id, l.app, s.leaf`.execute(tx);
  const byCause = new Map<string, { app: string; entry: Extract<Pending, { type: 'erased' }> }>();
  for (const { id, app, leaf } of rows) {
    const erasing = erasingOf(id);
    const cause = JSON.stringify([app, erasing]);
    const known = byCause.get(cause) ?? { app, entry: { ...erasing, leaves: [] } };
    known.entry.leaves.push(leaf);
    byCause.set(cause, known);
  }
  await addPending(tx, [...byCause.values()]);
}

/** Notes the rules of an app after a change. An app without a log gets them when its log opens. */
export async function noteRules(tx: Db, app: string): Promise<void> {
  const { rows } = await sql`SELECT FROM xray.proof_logs WHERE app = ${app}`.execute(tx);
  if (rows.length > 0) await addPending(tx, [{ app, entry: await readRules(tx, app) }]);
}

export async function readRules(db: Db, app: string): Promise<Extract<Pending, { type: 'rules' }>> {
  const rows = await db
    .selectFrom('retention')
    .select(['environment', 'pipeline', 'days', 'legal_hold'])
    .where('app', '=', app)
    .orderBy('environment')
    .orderBy('pipeline')
    .execute();
  const scoped = rows.map(({ environment, pipeline, days, legal_hold: isHeld }) => ({
    scope: scopeOf(environment, pipeline),
    days,
    isHeld,
  }));
  return {
    type: 'rules',
    retention: scoped.flatMap(({ scope, days }) => (days === null ? [] : [{ ...scope, days }])),
    holds: scoped.filter(({ isHeld }) => isHeld).map(({ scope }) => scope),
  };
}

/** An empty text in the database means any. */
export function scopeOf(
  environment: string | null,
  pipeline: string | null,
): { environment?: string; pipeline?: string } {
  return {
    ...(environment !== null && environment !== '' && { environment }),
    ...(pipeline !== null && pipeline !== '' && { pipeline }),
  };
}

async function addPending(tx: Db, pending: { app: string; entry: Pending }[]): Promise<void> {
  if (pending.length === 0) return;
  await sql`
    INSERT INTO xray.proof_pending (app, entry)
    SELECT app, entry FROM json_to_recordset(${jsonForPostgres(pending)}::json) AS r(app text, entry jsonb)`.execute(
    tx,
  );
}
