import type { AuditEntry } from '@xray/core';
import type { NewAuditEntry } from './access-store.js';
import type { Driver } from './driver.js';

type Db = Driver['db'];

export async function appendAudit(db: Db, entry: NewAuditEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      app: entry.appId,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      actor_name: entry.actor.name,
      action: entry.action,
      target: entry.target,
      details: JSON.stringify(entry.details),
      ip: entry.ip,
    })
    .execute();
}

export async function listAudit(
  db: Db,
  filter: { app: string | undefined; before: number | undefined; limit: number },
): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_log')
    .select([
      'id',
      'at',
      'app',
      'actor_kind',
      'actor_id',
      'actor_name',
      'action',
      'target',
      'details',
      'ip',
    ])
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.app !== undefined) query = query.where('app', '=', filter.app);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query.execute();
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    appId: row.app,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    action: row.action,
    target: row.target,
    details: row.details,
    ip: row.ip,
  }));
}
