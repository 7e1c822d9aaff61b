import { sql, type RawBuilder } from 'kysely';
import type { AuditEntry } from '@xray/core';
import type { AuditFilter, NewAuditEntry } from '../store/access-store.js';
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

export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditEntry[]> {
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
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.target !== undefined) query = query.where('target', '=', filter.target);
  if (filter.actor !== undefined) query = query.where(isActor(filter.actor));
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

/**
 * Matches part of the name, or the id. The command line is found by its fixed name and the system
 * user's name.
 */
function isActor(text: string): RawBuilder<boolean> {
  return sql<boolean>`(actor_id = ${text} OR strpos(
    lower(CASE WHEN actor_kind = 'administrator' THEN 'command line (' || coalesce(actor_name, '') || ')'
      ELSE coalesce(actor_name, '') END),
    lower(${text}::text)) > 0)`;
}
