import { sql } from 'kysely';
import type { App, AppChange, Role } from '@xray/core';
import type { NewApiKey } from '../../store/access-store.js';
import type { Driver } from '../driver.js';
import { insertKey } from './keys.js';
import { MIGRATION_LOCK } from '../migrations.js';

type Db = Driver['db'];

const COLUMNS = ['id', 'name', 'created_at', 'archived_at'] as const;

export async function initialize(
  tx: Db,
  app: { id: string; name: string },
  key: NewApiKey,
): Promise<boolean> {
  await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}::bigint)`.execute(tx);
  const any = await tx.selectFrom('apps').select('id').limit(1).executeTakeFirst();
  if (any !== undefined) return false;
  await tx.insertInto('apps').values(app).execute();
  await insertKey(tx, key);
  return true;
}

export async function listApps(db: Db, userId: string | undefined): Promise<App[]> {
  if (userId === undefined) {
    const rows = await db
      .selectFrom('apps')
      .select(COLUMNS)
      .orderBy('name')
      .orderBy('id')
      .execute();
    return rows.map((row) => toApp(row));
  }
  const rows = await db
    .selectFrom('apps')
    .innerJoin('app_members', 'app_members.app', 'apps.id')
    .select(['id', 'name', 'apps.created_at', 'archived_at', 'role'])
    .where('user_id', '=', userId)
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map((row) => toApp(row, row.role));
}

export async function appExists(db: Db, id: string): Promise<boolean> {
  const row = await db.selectFrom('apps').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

export async function createApp(db: Db, id: string, name: string): Promise<App | undefined> {
  const row = await db
    .insertInto('apps')
    .values({ id, name })
    .onConflict((conflict) => conflict.doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  return row && toApp(row);
}

export async function changeApp(db: Db, id: string, change: AppChange): Promise<App> {
  const row = await db
    .updateTable('apps')
    .set({
      id,
      ...(change.name !== undefined && { name: change.name }),
      ...(change.archived !== undefined && {
        archived_at: change.archived ? sql<Date>`coalesce(archived_at, now())` : null,
      }),
    })
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return toApp(row);
}

function toApp(
  row: { id: string; name: string; created_at: Date; archived_at: Date | null },
  role: Role | null = null,
): App {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    role,
  };
}
