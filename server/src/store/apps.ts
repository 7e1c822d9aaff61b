import { sql } from 'kysely';
import type { ApiKey, App } from '@xray/core';
import type { Driver } from './driver.js';
import { MIGRATION_LOCK } from './migrations.js';
import type { KeyGrant, NewApiKey } from './store.js';

type Db = Driver['db'];

const KEY_COLUMNS = [
  'id',
  'app',
  'name',
  'scopes',
  'created_at',
  'last_used_at',
  'revoked_at',
] as const;

export async function initialize(
  db: Db,
  app: { id: string; name: string },
  key: NewApiKey,
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}::bigint)`.execute(tx);
    const any = await tx.selectFrom('apps').select('id').limit(1).executeTakeFirst();
    if (any !== undefined) return false;
    await tx.insertInto('apps').values(app).execute();
    await tx.insertInto('api_keys').values(key).execute();
    return true;
  });
}

export async function listApps(db: Db): Promise<App[]> {
  const rows = await db
    .selectFrom('apps')
    .select(['id', 'name', 'created_at'])
    .orderBy('name')
    .orderBy('id')
    .execute();
  return rows.map(toApp);
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
    .returning(['id', 'name', 'created_at'])
    .executeTakeFirst();
  return row && toApp(row);
}

export async function createKey(db: Db, key: NewApiKey): Promise<ApiKey> {
  const row = await db
    .insertInto('api_keys')
    .values(key)
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
  return toApiKey(row);
}

export async function listKeys(db: Db, app: string): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(KEY_COLUMNS)
    .where('app', '=', app)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toApiKey);
}

export async function revokeKey(db: Db, app: string, id: string): Promise<ApiKey | undefined> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
    .where('app', '=', app)
    .where('id', '=', id)
    .returning(KEY_COLUMNS)
    .executeTakeFirst();
  return row && toApiKey(row);
}

export async function findKey(db: Db, hash: Uint8Array): Promise<KeyGrant | undefined> {
  return await db
    .selectFrom('api_keys')
    .select(['id', 'app', 'scopes'])
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
}

export async function touchKey(db: Db, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

function toApp(row: { id: string; name: string; created_at: Date }): App {
  return { id: row.id, name: row.name, createdAt: row.created_at.toISOString() };
}

function toApiKey(row: {
  id: string;
  app: string;
  name: string;
  scopes: ApiKey['scopes'];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}): ApiKey {
  return {
    id: row.id,
    appId: row.app,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
