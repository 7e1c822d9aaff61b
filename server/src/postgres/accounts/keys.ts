import { sql } from 'kysely';
import type { ApiKey } from '@xray/core';
import type { KeyGrant, KeyRotation, NewApiKey } from '../../store/access-store.js';
import type { Driver } from '../driver.js';

type Db = Driver['db'];

const COLUMNS = [
  'id',
  'app',
  'name',
  'scopes',
  'environments',
  'requests_per_minute',
  'created_at',
  'created_by',
  'expires_at',
  'replaces',
  'last_used_at',
  'revoked_at',
] as const;

export async function insertKey(db: Db, key: NewApiKey): Promise<ApiKey> {
  const row = await db
    .insertInto('api_keys')
    .values({
      id: key.id,
      app: key.app,
      name: key.name,
      hash: key.hash,
      scopes: key.scopes,
      environments: key.environments,
      requests_per_minute: key.requestsPerMinute,
      expires_at: key.expiresAt,
      created_by: key.createdBy,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return toApiKey(row);
}

export async function listKeys(db: Db, app: string): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(COLUMNS)
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
    .returning(COLUMNS)
    .executeTakeFirst();
  return row && toApiKey(row);
}

/** The new key gets the same lifetime as the old one, from now on. */
export async function rotateKey(tx: Db, rotation: KeyRotation): Promise<ApiKey | undefined> {
  const old = await tx
    .selectFrom('api_keys')
    .select(['name', 'scopes', 'environments', 'requests_per_minute', 'expires_at', 'created_at'])
    .where('app', '=', rotation.app)
    .where('id', '=', rotation.oldId)
    .where('revoked_at', 'is', null)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', sql<Date>`now()`)]))
    .forUpdate()
    .executeTakeFirst();
  if (old === undefined) return undefined;
  await tx
    .updateTable('api_keys')
    .set({
      expires_at: sql<Date>`least(expires_at, ${rotation.oldExpiresAt}::timestamptz)`,
    })
    .where('id', '=', rotation.oldId)
    .execute();
  const lifeMs =
    old.expires_at === null ? null : old.expires_at.getTime() - old.created_at.getTime();
  const row = await tx
    .insertInto('api_keys')
    .values({
      id: rotation.id,
      app: rotation.app,
      name: old.name,
      hash: rotation.hash,
      scopes: old.scopes,
      environments: old.environments,
      requests_per_minute: old.requests_per_minute,
      expires_at: lifeMs === null ? null : sql<Date>`now() + ${lifeMs} * interval '1 millisecond'`,
      replaces: rotation.oldId,
      created_by: rotation.createdBy,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return toApiKey(row);
}

export async function findKey(db: Db, hash: Uint8Array): Promise<KeyGrant | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .innerJoin('apps', 'apps.id', 'api_keys.app')
    .select([
      'api_keys.id',
      'app',
      'scopes',
      'environments',
      'requests_per_minute',
      'expires_at',
      'revoked_at',
      'archived_at',
    ])
    .where('hash', '=', hash)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      app: row.app,
      scopes: row.scopes,
      environments: row.environments,
      requestsPerMinute: row.requests_per_minute,
      expiresAt: row.expires_at,
      isRevoked: row.revoked_at !== null,
      isAppArchived: row.archived_at !== null,
    }
  );
}

export async function touchKey(db: Db, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

function toApiKey(row: {
  id: string;
  app: string;
  name: string;
  scopes: ApiKey['scopes'];
  environments: string[] | null;
  requests_per_minute: number | null;
  created_at: Date;
  created_by: string | null;
  expires_at: Date | null;
  replaces: string | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}): ApiKey {
  return {
    id: row.id,
    appId: row.app,
    name: row.name,
    scopes: row.scopes,
    environments: row.environments,
    requestsPerMinute: row.requests_per_minute,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    replaces: row.replaces,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
