import { sql } from 'kysely';
import type { AppTransfer, Transferred } from '@xray/core';
import type { Driver } from '../driver.js';
import { lockErasures } from '../erasure-lock.js';
import { readRetention } from './retention.js';

type Db = Driver['db'];

export async function readTransfer(db: Db, id: string): Promise<AppTransfer | undefined> {
  const app = await db
    .selectFrom('apps')
    .select(['id', 'name', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (app === undefined) return undefined;
  const keys = await db
    .selectFrom('api_keys')
    .select([
      'id',
      'name',
      'hash',
      'scopes',
      'environments',
      'requests_per_minute',
      'created_at',
      'created_by',
      'expires_at',
      'revoked_at',
    ])
    .where('app', '=', id)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const rules = await readRetention(db, id);
  return {
    app: { id: app.id, name: app.name, createdAt: app.created_at.toISOString() },
    retention: rules.map(({ environment, pipeline, days, legalHold }) => ({
      environment,
      pipeline,
      days,
      legalHold,
    })),
    keys: keys.map((key) => ({
      id: key.id,
      name: key.name,
      hash: Buffer.from(key.hash).toString('hex'),
      scopes: key.scopes,
      environments: key.environments,
      requestsPerMinute: key.requests_per_minute,
      createdAt: key.created_at.toISOString(),
      createdBy: key.created_by,
      expiresAt: key.expires_at?.toISOString() ?? null,
      revokedAt: key.revoked_at?.toISOString() ?? null,
    })),
  };
}

export async function addTransfer(
  tx: Db,
  app: string,
  { keys, retention }: Omit<AppTransfer, 'app'>,
): Promise<Transferred> {
  await lockErasures(tx, { wait: true });
  let addedKeys = 0;
  for (const key of keys) {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('api_keys')
      .values({
        id: key.id,
        app,
        name: key.name,
        hash: Buffer.from(key.hash, 'hex'),
        scopes: key.scopes,
        environments: key.environments,
        requests_per_minute: key.requestsPerMinute,
        created_at: new Date(key.createdAt),
        created_by: key.createdBy,
        expires_at: key.expiresAt === null ? null : new Date(key.expiresAt),
        revoked_at: key.revokedAt === null ? null : new Date(key.revokedAt),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    addedKeys += Number(numInsertedOrUpdatedRows);
  }
  let addedRules = 0;
  for (const { environment, pipeline, days, legalHold } of retention) {
    const { rows } = await sql<{ added: boolean }>`
        INSERT INTO xray.retention AS r (app, environment, pipeline, days, legal_hold)
        VALUES (${app}, ${environment ?? ''}, ${pipeline ?? ''}, ${days}::integer, ${legalHold})
        ON CONFLICT (app, environment, pipeline) DO UPDATE SET legal_hold = r.legal_hold OR excluded.legal_hold
        RETURNING xmax = 0 AS added`.execute(tx);
    if (rows[0]?.added) addedRules++;
  }
  return { keys: addedKeys, retentionRules: addedRules };
}
