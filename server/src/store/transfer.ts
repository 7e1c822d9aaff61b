import { sql } from 'kysely';
import type { AppTransfer, Status, Transferred } from '@xray/core';
import type { Driver } from './driver.js';
import { lockErasures } from './erasure-lock.js';
import { instant } from './instant.js';
import { readRetention } from './retention.js';
import type { ExportFilter, ExportedRow } from './store.js';

type Db = Driver['db'];

/**
 * A page ends at this many executions or body bytes, whichever comes first. A single body may be
 * larger.
 */
const PAGE_EXECUTIONS = 200;
const PAGE_BYTES = 4 * 1024 * 1024;

interface ExportRow {
  id: number;
  at: Date;
  body: string;
  bytes: number;
  status: Status;
  received_at: Date;
  conflict: boolean;
  contested: boolean;
  running_revision: number;
  instance_id: string | null;
  many_instances: boolean;
  spans: string[];
}

export async function findPlace(
  db: Db,
  app: string,
  executionId: string,
): Promise<ExportFilter['after']> {
  return await db
    .selectFrom('executions')
    .select(['at', 'id'])
    .where('app', '=', app)
    .where('execution_id', '=', executionId)
    .executeTakeFirst();
}

/** Bodies are read after the page is cut, so that only needed bodies are read. */
export async function exportExecutions(
  db: Db,
  { app, where, from, to, sort, after }: ExportFilter,
): Promise<ExportedRow[]> {
  const isDown = sort === '-at';
  const order = isDown ? sql`at DESC, id DESC` : sql`at, id`;
  const conditions = [
    sql`e.app = ${app}`,
    where,
    ...(from === undefined ? [] : [sql`e.at >= ${instant(from.getTime())}`]),
    ...(to === undefined ? [] : [sql`e.at < ${instant(to.getTime())}`]),
    ...(after === undefined
      ? []
      : [
          sql`(e.at, e.id) ${sql.raw(isDown ? '<' : '>')} (${instant(after.at.getTime())}, ${after.id}::bigint)`,
        ]),
  ];
  // The body is read by a subquery. Without statistics, as in a new PGlite, a join may read every
  // body for each page.
  const { rows } = await sql<ExportRow>`
    WITH page AS (
      SELECT id, at, bytes, status, received_at, conflict, contested, running_revision, instance_id, many_instances,
        CASE WHEN NOT from_spans THEN trace_id END AS trace_id, app,
        sum(bytes) OVER (ORDER BY ${order}) - bytes AS bytes_before
      FROM (
        SELECT * FROM xray.executions e WHERE ${sql.join(conditions, sql` AND `)}
        ORDER BY ${order} LIMIT ${PAGE_EXECUTIONS}
      ) AS next
    )
    SELECT id, at, bytes, status, received_at, conflict, contested, running_revision, instance_id, many_instances,
      (SELECT body FROM xray.bodies WHERE execution = page.id) AS body,
      ARRAY(SELECT s.body FROM xray.trace_spans s WHERE s.app = page.app AND s.trace_id = page.trace_id
        ORDER BY s.execution_id) AS spans
    FROM page WHERE bytes_before < ${PAGE_BYTES} ORDER BY ${order}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    body: row.body,
    bytes: row.bytes,
    status: row.status,
    receivedAt: row.received_at,
    conflict: row.conflict,
    spans: row.spans,
    merge: {
      contested: row.contested,
      runningRevision: row.running_revision,
      instanceId: row.instance_id,
      manyInstances: row.many_instances,
    },
  }));
}

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
