import { sql } from 'kysely';
import type { AgeCount, Retention, RetentionRule } from '@xray/core';
import type { Driver } from '../driver.js';
import { lockErasures } from '../erasure-lock.js';
import { instant } from '../instant.js';
import { noteRules } from './proof-pending.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';

type Db = Driver['db'];

export async function readRetention(db: Db, app: string): Promise<Retention['items']> {
  const rows = await db
    .selectFrom('retention')
    .select(['environment', 'pipeline', 'days', 'legal_hold', 'deleted', 'deleted_at'])
    .where('app', '=', app)
    .orderBy('environment')
    .orderBy('pipeline')
    .execute();
  return rows.map((row) => ({
    environment: row.environment === '' ? null : row.environment,
    pipeline: row.pipeline === '' ? null : row.pipeline,
    days: row.days,
    legalHold: row.legal_hold,
    deleted: row.deleted,
    lastDeletedAt: row.deleted_at?.toISOString() ?? null,
  }));
}

/** Waits for the running erasure, so that none continues with old rules. */
export async function replaceRetention(tx: Db, app: string, rules: RetentionRule[]): Promise<void> {
  await writeRetention(tx, app, rules);
  await noteRules(tx, app);
}

async function writeRetention(tx: Db, app: string, rules: RetentionRule[]): Promise<void> {
  const rows = rules.map((rule) => ({
    app,
    environment: rule.environment ?? '',
    pipeline: rule.pipeline ?? '',
    days: rule.days,
    legal_hold: rule.legalHold,
  }));
  const environments = rows.map((row) => row.environment);
  const pipelines = rows.map((row) => row.pipeline);
  await lockErasures(tx, { wait: true });
  await sql`
      DELETE FROM xray.retention
      WHERE app = ${app} AND (environment, pipeline) NOT IN (
        SELECT * FROM unnest(${environments}::text[], ${pipelines}::text[]))`.execute(tx);
  if (rows.length === 0) return;
  await tx
    .insertInto('retention')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['app', 'environment', 'pipeline']).doUpdateSet((row) => ({
        days: row.ref('excluded.days'),
        legal_hold: row.ref('excluded.legal_hold'),
        updated_at: sql<Date>`now()`,
      })),
    )
    .execute();
}

/** The app's executions by environment, pipeline and whole days since they were received. Throws a ReadTooLong. */
export async function countByAge(db: Db, app: string, now: Date): Promise<AgeCount[]> {
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<AgeCount>`
      SELECT environment, pipeline, count(*)::integer AS executions,
        greatest(0, floor(extract(epoch FROM ${instant(now.getTime())} - received_at) / 86400))::integer AS "ageDays"
      FROM xray.executions WHERE app = ${app} GROUP BY 1, 2, 4 ORDER BY 1, 2, 4`.execute(tx),
  );
  return rows;
}
