import { sql } from 'kysely';
import type { Retention, RetentionRule } from '@xray/core';
import type { Driver } from './driver.js';
import { lockErasures } from './erasure-lock.js';

type Db = Driver['db'];

export async function readRetention(db: Db, app: string): Promise<Retention['items']> {
  const rows = await db
    .selectFrom('retention')
    .select(['environment', 'days', 'legal_hold', 'deleted', 'deleted_at'])
    .where('app', '=', app)
    .orderBy('environment')
    .execute();
  return rows.map((row) => ({
    environment: row.environment === '' ? null : row.environment,
    days: row.days,
    legalHold: row.legal_hold,
    deleted: row.deleted,
    lastDeletedAt: row.deleted_at?.toISOString() ?? null,
  }));
}

/** Waits for the running erasure, so that none continues with old rules. */
export async function replaceRetention(tx: Db, app: string, rules: RetentionRule[]): Promise<void> {
  const rows = rules.map((rule) => ({
    app,
    environment: rule.environment ?? '',
    days: rule.days,
    legal_hold: rule.legalHold,
  }));
  const environments = rows.map((row) => row.environment);
  await lockErasures(tx, { wait: true });
  await sql`
      DELETE FROM xray.retention
      WHERE app = ${app} AND environment <> ALL (${environments}::text[])`.execute(tx);
  if (rows.length === 0) return;
  await tx
    .insertInto('retention')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['app', 'environment']).doUpdateSet((row) => ({
        days: row.ref('excluded.days'),
        legal_hold: row.ref('excluded.legal_hold'),
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute();
}
