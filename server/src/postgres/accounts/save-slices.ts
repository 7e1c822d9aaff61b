import { sql } from 'kysely';
import type { Driver } from '../driver.js';
import { instant } from '../instant.js';
import { WAITING_TIMES, type Slice, type SliceOutcome } from '../../store/waiting-trace.js';

type Db = Driver['db'];

/** The deflated bytes of one trace. */
const MAX_TRACE_BYTES = 32 * 1024 * 1024;
/** Stores slices in one transaction. Idempotent: a slice that is stored is a duplicate. */
export async function saveSlices(db: Db, slices: Slice[], now: Date): Promise<SliceOutcome[]> {
  if (slices.length === 0) return [];
  return await db.transaction().execute(async (tx) => {
    const known = await lockTraces(tx, slices);
    const outcomes = slices.map((slice): SliceOutcome | undefined => {
      const trace = known.get(keyOf(slice));
      if (trace === undefined) return undefined;
      if (trace.closed) return 'closed';
      return trace.bytes > MAX_TRACE_BYTES ? 'full' : undefined;
    });
    const open = slices.filter((_, index) => outcomes[index] === undefined);
    const added = await insertSlices(tx, open, now);
    for (const [index, slice] of slices.entries()) {
      // The same slice twice in a batch is added once.
      outcomes[index] ??= added.delete(`${keyOf(slice)} ${slice.hash}`) ? 'taken' : 'duplicate';
    }
    return outcomes.map((outcome) => outcome ?? 'duplicate');
  });
}

function keyOf({ app, traceId }: { app: string; traceId: string }): string {
  return `${app} ${traceId}`;
}

/** Locks the traces in one order. An execution without a waiting trace was completed and forgotten. */
async function lockTraces(
  tx: Db,
  slices: Slice[],
): Promise<Map<string, { closed: boolean; bytes: number }>> {
  const wanted = sql`unnest(${slices.map(({ app }) => app)}::text[], ${slices.map(({ traceId }) => traceId)}::text[]) AS w(app, trace)`;
  const { rows } = await sql<{ app: string; traceId: string; closed: boolean; bytes: number }>`
    SELECT t.app, encode(t.trace_id, 'hex') AS "traceId", t.closed, t.bytes
    FROM xray.otlp_traces t
    WHERE (t.app, t.trace_id) IN (SELECT w.app, decode(w.trace, 'hex') FROM ${wanted})
    ORDER BY t.app, t.trace_id FOR UPDATE`.execute(tx);
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  const stored = await sql<{ app: string; traceId: string }>`
    SELECT e.app, e.execution_id AS "traceId" FROM xray.executions e
    WHERE (e.app, e.execution_id) IN (SELECT w.app, w.trace FROM ${wanted})
    UNION SELECT s.app, encode(uuid_send(s.trace_id), 'hex') FROM xray.trace_spans s
    WHERE (s.app, s.trace_id) IN (SELECT w.app, w.trace::uuid FROM ${wanted})`.execute(tx);
  for (const row of stored.rows) {
    const key = keyOf(row);
    if (!known.has(key)) known.set(key, { ...row, closed: true, bytes: 0 });
  }
  return known;
}

/** Returns the keys of the slices that were new. */
async function insertSlices(tx: Db, slices: Slice[], now: Date): Promise<Set<string>> {
  if (slices.length === 0) return new Set();
  const at = instant(now.getTime());
  const { rootMs, rootlessMs } = WAITING_TIMES;
  const apps = slices.map(({ app }) => app);
  const traces = slices.map(({ traceId }) => traceId);
  await sql`
    INSERT INTO xray.otlp_traces (app, trace_id, first_at, last_at, due_at, has_root, slices, spans, bytes)
    SELECT DISTINCT app, decode(trace, 'hex'), ${at}, ${at}, ${at} + ${rootlessMs} * interval '1 ms', false, 0, 0, 0
    FROM unnest(${apps}::text[], ${traces}::text[]) AS s(app, trace)
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING`.execute(tx);
  const { rows } = await sql<{ app: string; traceId: string; hash: string }>`
    INSERT INTO xray.otlp_slices (app, trace_id, hash, environments, body)
    SELECT app, decode(trace, 'hex'), decode(hash, 'hex'), CASE WHEN limits = '' THEN NULL ELSE string_to_array(substr(limits, 2), chr(1)) END, decode(body, 'base64')
    FROM unnest(${apps}::text[], ${traces}::text[], ${slices.map(({ hash }) => hash)}::text[],
      ${slices.map(({ environments }) => (environments === null ? '' : `+${environments.join('\u0001')}`))}::text[],
      ${slices.map(({ body }) => Buffer.from(body).toString('base64'))}::text[]) AS s(app, trace, hash, limits, body)
    ON CONFLICT DO NOTHING
    RETURNING app, encode(trace_id, 'hex') AS "traceId", encode(hash, 'hex') AS hash`.execute(tx);
  const added = new Set(rows.map((row) => `${keyOf(row)} ${row.hash}`));
  const fresh = slices.filter((slice) => added.has(`${keyOf(slice)} ${slice.hash}`));
  const unique = [
    ...new Map(fresh.map((slice) => [`${keyOf(slice)} ${slice.hash}`, slice])).values(),
  ];
  if (unique.length === 0) return added;
  await sql`
    UPDATE xray.otlp_traces t SET
      last_at = greatest(t.last_at, ${at}),
      has_root = t.has_root OR s.has_root,
      slices = t.slices + s.slices,
      spans = t.spans + s.spans,
      bytes = t.bytes + s.bytes,
      due_at = CASE
        WHEN t.has_root OR s.has_root OR t.is_terminal THEN ${at} + ${rootMs} * interval '1 ms'
        WHEN t.assembled = 0 THEN t.due_at
        ELSE least(t.due_at, ${at} + greatest(${rootMs} * interval '1 ms', (${at} - t.first_at) / 10.0)) END
    FROM (
      SELECT app, decode(trace, 'hex') AS trace_id, bool_or(root) AS has_root, count(*)::int AS slices,
        sum(spans)::int AS spans, sum(bytes)::bigint AS bytes
      FROM unnest(${unique.map(({ app }) => app)}::text[], ${unique.map(({ traceId }) => traceId)}::text[],
        ${unique.map(({ hasRoot }) => hasRoot)}::boolean[], ${unique.map(({ spans }) => spans)}::int[],
        ${unique.map(({ body }) => body.length)}::int[]) AS u(app, trace, root, spans, bytes)
      GROUP BY 1, 2) s
    WHERE t.app = s.app AND t.trace_id = s.trace_id`.execute(tx);
  return added;
}
