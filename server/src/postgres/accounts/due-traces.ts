import { sql } from 'kysely';
import type { Driver } from '../driver.js';
import { instant } from '../instant.js';
import type { DueTrace, Settled, Waiting } from '../../store/waiting-trace.js';

type Db = Driver['db'];

/** Another instance takes over a trace whose assembly has not ended by then, in ms. */
const LEASE_MS = 15_000;

/** Takes the next traces that are due. No other instance takes them until they are settled or the lease ends. */
export async function takeDue(db: Db, now: Date, limit: number): Promise<DueTrace[]> {
  const at = instant(now.getTime());
  const { rows } = await sql<DueTrace>`
    UPDATE xray.otlp_traces t SET due_at = ${at} + ${LEASE_MS} * interval '1 ms'
    WHERE (t.app, t.trace_id) IN (
      SELECT d.app, d.trace_id FROM xray.otlp_traces d WHERE d.due_at <= ${at} AND (NOT d.closed OR d.led)
      ORDER BY d.due_at, d.app, d.trace_id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING t.app, encode(t.trace_id, 'hex') AS "traceId", t.first_at AS "firstAt", t.last_at AS "lastAt",
      t.has_root AS "hasRoot", t.is_terminal AS "isTerminal", t.slices, t.assembled, t.closed, t.unknown, t.led`.execute(
    db,
  );
  return rows;
}

/** Removes closed traces that were remembered long enough. */
export async function forgetClosed(db: Db, now: Date): Promise<void> {
  await sql`
    DELETE FROM xray.otlp_traces WHERE (app, trace_id) IN (
      SELECT app, trace_id FROM xray.otlp_traces
      WHERE closed AND NOT led AND due_at <= ${instant(now.getTime())} ORDER BY due_at LIMIT 1000)`.execute(
    db,
  );
}

export async function readSlices(
  db: Db,
  { app, traceId }: Pick<DueTrace, 'app' | 'traceId'>,
): Promise<{ body: Uint8Array; environments: string[] | null }[]> {
  const { rows } = await sql<{ body: Uint8Array; environments: string[] | null }>`
    SELECT body, environments FROM xray.otlp_slices
    WHERE app = ${app} AND trace_id = decode(${traceId}, 'hex') ORDER BY hash`.execute(db);
  return rows;
}

/** Notes what was assembled of traces. One with more slices by now is due again at once. */
export async function settleTraces(db: Db, settled: Settled[]): Promise<void> {
  const rows = settled.map(({ app, traceId, led, slices, isTerminal, unknown, nextAt }) => ({
    app,
    trace: traceId,
    led,
    slices,
    terminal: isTerminal,
    unknown,
    next: nextAt.toISOString(),
  }));
  await sql`
    UPDATE xray.otlp_traces t SET
      assembled = greatest(t.assembled, s.slices),
      is_terminal = t.is_terminal OR s.terminal,
      unknown = s.unknown,
      led = t.led AND NOT s.led,
      due_at = CASE WHEN t.slices <= s.slices AND (s.led OR NOT t.led) THEN s.next ELSE t.due_at END
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS s(app text, trace text, led boolean, slices int, terminal boolean, unknown boolean, next timestamptz)
    WHERE t.app = s.app AND t.trace_id = decode(s.trace, 'hex') AND NOT t.closed`.execute(db);
}

/** Drops the slices of a trace if no more have come. Late spans are refused until the row is forgotten. */
export async function closeTrace(
  db: Db,
  { app, traceId, led }: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
  slices: number,
  forgetAt: Date,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      UPDATE xray.otlp_traces SET closed = true, led = false, bytes = 0, due_at = ${instant(forgetAt.getTime())}
      WHERE app = ${app} AND trace_id = decode(${traceId}, 'hex') AND slices <= ${slices} AND (${led} OR NOT led)
      RETURNING 1`.execute(tx);
    if (rows.length === 0) return;
    await sql`
      DELETE FROM xray.otlp_slices WHERE app = ${app} AND trace_id = decode(${traceId}, 'hex')`.execute(
      tx,
    );
  });
}

/** Traces that ended and are stored, the longest quiet first: they may close early when there is no room. */
export async function listClosable(db: Db, app: string, limit: number): Promise<DueTrace[]> {
  const { rows } = await sql<DueTrace>`
    SELECT app, encode(trace_id, 'hex') AS "traceId", first_at AS "firstAt", last_at AS "lastAt",
      has_root AS "hasRoot", is_terminal AS "isTerminal", slices, assembled, closed, unknown, led
    FROM xray.otlp_traces
    WHERE app = ${app} AND NOT closed AND is_terminal AND assembled >= slices
    ORDER BY last_at, trace_id LIMIT ${limit}`.execute(db);
  return rows;
}

/** What waits, by app. */
export async function measureWaiting(db: Db, app?: string): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    SELECT app, count(*) FILTER (WHERE NOT is_terminal)::int AS traces,
      coalesce(sum(spans) FILTER (WHERE NOT is_terminal), 0)::int AS spans, sum(bytes)::bigint AS bytes,
      min(first_at) FILTER (WHERE NOT is_terminal) AS "oldestAt"
    FROM xray.otlp_traces
    WHERE NOT closed AND ${app === undefined ? sql`true` : sql`app = ${app}`}
    GROUP BY app ORDER BY app`.execute(db);
  return rows;
}

/** The traces of an app that still wait or could get late spans, in pages by trace id. */
export async function listOpenTraces(
  db: Db,
  app: string,
  after: string,
  limit: number,
): Promise<{ traceId: string; slices: number }[]> {
  const { rows } = await sql<{ traceId: string; slices: number }>`
    SELECT encode(trace_id, 'hex') AS "traceId", slices FROM xray.otlp_traces
    WHERE app = ${app} AND NOT closed AND trace_id > decode(${after}, 'hex')
    ORDER BY trace_id LIMIT ${limit}`.execute(db);
  return rows;
}

/**
 * Removes what waits of executions that are erased, and closes their traces, so that no late span brings them back.
 * Ids of executions that were no traces match none.
 */
export async function eraseWaiting(tx: Db, app: string, executionIds: string[]): Promise<void> {
  const traces = executionIds
    .map((id) => /^([0-9a-f]{32})(?:-[0-9a-f]{16})?$/.exec(id)?.[1])
    .filter((id) => id !== undefined);
  if (traces.length === 0) return;
  const ids = sql`(SELECT decode(t, 'hex') FROM unnest(${traces}::text[]) AS x(t))`;
  await sql`DELETE FROM xray.otlp_slices WHERE app = ${app} AND trace_id IN ${ids}`.execute(tx);
  await sql`
    UPDATE xray.otlp_traces SET closed = true, bytes = 0, due_at = now() + interval '7 days'
    WHERE app = ${app} AND trace_id IN ${ids}`.execute(tx);
}

/** Refuses spans of traces that may never have sent any, for as long as exporters could keep them. */
export async function refuseTraces(tx: Db, app: string, traceIds: string[]): Promise<void> {
  await sql`
    INSERT INTO xray.otlp_traces (app, trace_id, first_at, last_at, due_at, has_root, is_terminal, slices, spans, bytes, closed)
    SELECT DISTINCT ${app}, decode(t, 'hex'), now(), now(), now() + interval '7 days', false, true, 0, 0, 0, true
    FROM unnest(${traceIds}::text[]) AS x(t) ORDER BY 2
    ON CONFLICT DO NOTHING`.execute(tx);
}
