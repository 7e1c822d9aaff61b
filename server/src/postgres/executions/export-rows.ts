import { sql } from 'kysely';
import type { Status } from '@xray/core';
import type { Driver } from '../driver.js';
import type { ExportedExecution } from '../../store/execution-record.js';
import { instant } from '../instant.js';
import type { RowScope } from '../scope.js';

type Db = Driver['db'];

/** A stored execution with its place in the order of an export. */
type ExportedRow = ExportedExecution & { id: number; at: Date };

/** `after` is the last one of the previous page. */
interface ExportFilter extends RowScope {
  sort: 'at' | '-at';
  after: { at: Date; id: number } | undefined;
}

/**
 * A page ends at this many executions or body bytes, whichever comes first. A single body may be
 * larger.
 */
const PAGE_EXECUTIONS = 200;
const PAGE_BYTES = 4 * 1024 * 1024;

interface ExportRow {
  id: number;
  execution_id: string;
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

export async function findRow(
  db: Db,
  app: string,
  executionId: string,
): Promise<{ at: Date; id: number } | undefined> {
  return await db
    .selectFrom('executions')
    .select(['at', 'id'])
    .where('app', '=', app)
    .where('execution_id', '=', executionId)
    .executeTakeFirst();
}

/** Bodies are read after the page is cut, so that only needed bodies are read. */
export async function exportRows(
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
      SELECT id, execution_id, at, bytes, status, received_at, conflict, contested, running_revision, instance_id, many_instances,
        CASE WHEN NOT from_spans THEN trace_id END AS trace_id, app,
        sum(bytes) OVER (ORDER BY ${order}) - bytes AS bytes_before
      FROM (
        SELECT * FROM xray.executions e WHERE ${sql.join(conditions, sql` AND `)}
        ORDER BY ${order} LIMIT ${PAGE_EXECUTIONS}
      ) AS next
    )
    SELECT id, execution_id, at, bytes, status, received_at, conflict, contested, running_revision, instance_id, many_instances,
      (SELECT body FROM xray.bodies WHERE execution = page.id) AS body,
      ARRAY(SELECT s.body FROM xray.trace_spans s WHERE s.app = page.app AND s.trace_id = page.trace_id
        ORDER BY s.execution_id) AS spans
    FROM page WHERE bytes_before < ${PAGE_BYTES} ORDER BY ${order}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    executionId: row.execution_id,
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
