import { sql, type RawBuilder } from 'kysely';
import type { Driver } from '../driver.js';
import { eraseExecutions } from './erase-executions.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import type { ExecutionRecord } from '../../store/execution-record.js';
import { tombstoneName } from '../tombstones.js';

type Db = Driver['db'];

/** A record, and the environments that its sender may write; null: any. */
interface Placed {
  environment: string;
  senderEnvironments: string[] | null;
}

interface Below extends Placed {
  executionId: string;
  revision: number;
  subjects: { type: string; id: string }[];
  body: string;
}

type StoredBelow = Below & { id: number };

/**
 * Puts what spans say of a trace below the SDK's records of it, and takes executions of the trace's spans out of
 * the lists. Returns false, and changes nothing, if no record of the SDK may lead the given ones.
 */
export async function joinSpans(
  db: Db,
  { app, traceId }: { app: string; traceId: string },
  records: ExecutionRecord[],
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    const { rows: leads } = await sql<Placed>`
      SELECT environment, sender_environments AS "senderEnvironments" FROM xray.executions
      WHERE app = ${app} AND trace_id = ${traceId}::uuid AND NOT from_spans
      ORDER BY execution_id FOR KEY SHARE`.execute(tx);
    const isLed = (below: Placed): boolean => leads.some((lead) => mayLead(lead, below));
    const given = records.map(({ executionId, merge, header, body, senderEnvironments }) => ({
      executionId,
      revision: merge.winner.revision,
      subjects: header.subjects,
      environment: header.environment,
      senderEnvironments,
      body,
    }));
    if (leads.length === 0 || !given.every(isLed)) return false;
    const { rows: stored } = await sql<StoredBelow>`
      SELECT e.id, e.execution_id AS "executionId", e.revision, e.subjects, e.environment,
        e.sender_environments AS "senderEnvironments", b.body
      FROM xray.executions e JOIN xray.bodies b ON b.execution = e.id
      WHERE e.app = ${app} AND e.trace_id = ${traceId}::uuid AND e.from_spans
      ORDER BY e.execution_id FOR UPDATE OF e`.execute(tx);
    const taken = stored.filter(isLed);
    await save(tx, { app, traceId }, taken);
    await save(tx, { app, traceId }, given);
    await eraseExecutions(
      tx,
      taken.map(({ id }) => id),
      () => ({ type: 'erased', why: 'execution' }),
    );
    return true;
  });
}

/** Neither may change an environment that its sender may not write. */
function mayLead(lead: Placed, below: Placed): boolean {
  return (
    lead.senderEnvironments?.includes(below.environment) !== false &&
    below.senderEnvironments?.includes(lead.environment) !== false
  );
}

async function save(
  tx: Db,
  { app, traceId }: { app: string; traceId: string },
  below: Below[],
): Promise<void> {
  if (below.length === 0) return;
  const rows = below.map(({ executionId, revision, subjects, body }) => ({
    execution_id: executionId,
    revision,
    subjects,
    body,
  }));
  await sql`
    INSERT INTO xray.trace_spans AS s (app, trace_id, execution_id, revision, subjects, body)
    SELECT ${app}, ${traceId}::uuid, execution_id, revision, subjects, body
    FROM json_to_recordset(${jsonForPostgres(rows)}::json)
      AS r(execution_id text, revision bigint, subjects jsonb, body text)
    WHERE NOT EXISTS (SELECT FROM xray.tombstones t
      WHERE t.app = ${app} AND t.name = ${tombstoneName(sql`${app}::text`, sql`r.execution_id`)})
    ON CONFLICT (app, trace_id, execution_id) DO UPDATE
      SET revision = excluded.revision, subjects = excluded.subjects, body = excluded.body
      WHERE excluded.revision > s.revision`.execute(tx);
}

/**
 * A part of a statement that stores executions. It makes a trace due if it has records of both kinds, so that the
 * assembly joins them. A waiting trace learns in the same transaction that the SDK's record has come.
 */
export function makeDue(stored: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    INSERT INTO xray.otlp_traces AS t (app, trace_id, first_at, last_at, due_at, has_root, is_terminal, slices, spans, bytes, closed, led)
    SELECT DISTINCT n.app, uuid_send(n.trace_id), now(), now(), now(), false, true, 0, 0, 0, true, true
    FROM (${stored}) AS n
    WHERE n.trace_id IS NOT NULL AND (
      EXISTS (SELECT FROM xray.executions o
        WHERE o.app = n.app AND o.trace_id = n.trace_id AND o.from_spans <> n.from_spans)
      OR (NOT n.from_spans AND EXISTS (SELECT FROM xray.otlp_traces w
        WHERE w.app = n.app AND w.trace_id = uuid_send(n.trace_id))))
    ORDER BY 1, 2
    ON CONFLICT (app, trace_id) DO UPDATE SET led = true,
      due_at = CASE WHEN t.closed OR t.assembled > 0 THEN least(t.due_at, now()) ELSE t.due_at END`;
}

/** What spans say of the trace of a stored execution, as the texts of snapshots. */
export async function readSpans(db: Db, app: string, executionId: string): Promise<string[]> {
  const { rows } = await sql<{ body: string }>`
    SELECT s.body FROM xray.executions e JOIN xray.trace_spans s USING (app, trace_id)
    WHERE e.app = ${app} AND e.execution_id = ${executionId} AND NOT e.from_spans ORDER BY s.execution_id`.execute(
    db,
  );
  return rows.map(({ body }) => body);
}

/**
 * Deletes the spans below executions that are erased, and returns the ids that they would have had. Spans stay for
 * another record of their trace, unless a person or program asked for the erasure. A legal hold keeps them always.
 */
export async function eraseSpans(
  tx: Db,
  app: string,
  {
    traceIds,
    isNamed,
    isHeld,
  }: { traceIds: string[]; isNamed: boolean; isHeld: RawBuilder<unknown> },
): Promise<string[]> {
  if (traceIds.length === 0) return [];
  const keeps = isNamed ? isHeld : sql`true`;
  const { rows } = await sql<{ executionId: string }>`
    WITH doomed AS MATERIALIZED (
      SELECT DISTINCT d.id::uuid AS trace_id FROM unnest(${traceIds}::text[]) AS d(id)
      WHERE NOT EXISTS (SELECT FROM xray.executions e
        WHERE e.app = ${app} AND e.trace_id = d.id::uuid AND NOT e.from_spans AND ${keeps})
    ), gone AS (
      DELETE FROM xray.trace_spans s USING doomed
      WHERE s.app = ${app} AND s.trace_id = doomed.trace_id RETURNING s.execution_id
    )
    SELECT execution_id AS "executionId" FROM gone
    UNION SELECT encode(uuid_send(doomed.trace_id), 'hex') FROM doomed
      JOIN xray.otlp_traces w ON w.app = ${app} AND w.trace_id = uuid_send(doomed.trace_id)`.execute(
    tx,
  );
  return rows.map(({ executionId }) => executionId);
}
