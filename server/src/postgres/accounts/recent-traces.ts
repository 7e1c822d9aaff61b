import { sql } from 'kysely';
import type { Driver } from '../driver.js';
import type { RecordOfSpans } from '../../store/waiting-store.js';
import type { DueTrace } from '../../store/waiting-trace.js';

type Db = Driver['db'];

/** So many of the newest executions are searched for those that spans gave. */
const SEARCHED = 5_000;

export async function listRecent(db: Db, app: string, limit: number): Promise<DueTrace[]> {
  const { rows } = await sql<DueTrace>`
    SELECT app, encode(trace_id, 'hex') AS "traceId", first_at AS "firstAt", last_at AS "lastAt",
      has_root AS "hasRoot", is_terminal AS "isTerminal", slices, assembled, closed, unknown, led
    FROM xray.otlp_traces WHERE app = ${app} AND NOT closed
    ORDER BY last_at DESC, trace_id LIMIT ${limit}`.execute(db);
  return rows;
}

export async function listRecords(db: Db, app: string, limit: number): Promise<RecordOfSpans[]> {
  const { rows } = await sql<RecordOfSpans>`
    WITH newest AS MATERIALIZED (
      SELECT id, at, trace_id, from_spans FROM xray.executions
      WHERE app = ${app} ORDER BY at DESC, id DESC LIMIT ${SEARCHED}
    )
    SELECT encode(uuid_send(n.trace_id), 'hex') AS "traceId", b.body
    FROM newest n JOIN xray.bodies b ON b.execution = n.id
    WHERE n.from_spans AND NOT EXISTS (SELECT FROM xray.otlp_traces t
      WHERE t.app = ${app} AND t.trace_id = uuid_send(n.trace_id) AND NOT t.closed)
    ORDER BY n.at DESC, n.id DESC LIMIT ${limit}`.execute(db);
  return rows;
}
