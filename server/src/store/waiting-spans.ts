import { sql } from 'kysely';
import type { OtlpSettings } from '@xray/core';
import type { Driver } from './driver.js';
import { instant } from './instant.js';

type Db = Driver['db'];

/** The part of a trace that one request brought. */
export interface Slice {
  app: string;
  /** 32 hex digits. */
  traceId: string;
  /** SHA-256 of the content, in hex. */
  hash: string;
  hasRoot: boolean;
  spans: number;
  body: Uint8Array;
  /** The environments that its sender may write; null: any. */
  environments: string[] | null;
}

/** `closed`: the trace was completed long ago. `full`: it has as many bytes as one trace may. */
export type SliceOutcome = 'taken' | 'duplicate' | 'closed' | 'full';

export interface DueTrace {
  app: string;
  traceId: string;
  firstAt: Date;
  lastAt: Date;
  hasRoot: boolean;
  isTerminal: boolean;
  slices: number;
  assembled: number;
  closed: boolean;
  /** A record of the SDK has come since the last assembly. */
  led: boolean;
}

export interface OtlpCount {
  result: string;
  count: number;
  lastAt: Date;
  lastMessage: string;
}

/** When a trace is looked at, in ms. */
export interface WaitingTimes {
  /** After the last slice of a trace with its root. */
  rootMs: number;
  /** After the first slice of a trace without its root. */
  rootlessMs: number;
  /** Without a new slice for so long, a trace has no root. */
  quietMs: number;
  /** Without a new slice for so long, a trace is closed. */
  closeMs: number;
  /** A closed trace is remembered for so long. */
  rememberMs: number;
}

export const WAITING_TIMES: WaitingTimes = {
  rootMs: 3_000,
  rootlessMs: 5_000,
  quietMs: 10 * 60_000,
  closeMs: 60 * 60_000,
  rememberMs: 7 * 24 * 60 * 60_000,
};

/** The deflated bytes of one trace. */
const MAX_TRACE_BYTES = 32 * 1024 * 1024;
/** Another instance takes over a trace whose assembly has not ended by then, in ms. */
const LEASE_MS = 15_000;

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

/** Takes the next traces that are due. No other instance takes them until they are settled or the lease ends. */
export async function takeDue(db: Db, now: Date, limit: number): Promise<DueTrace[]> {
  const at = instant(now.getTime());
  const { rows } = await sql<DueTrace>`
    UPDATE xray.otlp_traces t SET due_at = ${at} + ${LEASE_MS} * interval '1 ms'
    WHERE (t.app, t.trace_id) IN (
      SELECT d.app, d.trace_id FROM xray.otlp_traces d WHERE d.due_at <= ${at} AND (NOT d.closed OR d.led)
      ORDER BY d.due_at, d.app, d.trace_id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING t.app, encode(t.trace_id, 'hex') AS "traceId", t.first_at AS "firstAt", t.last_at AS "lastAt",
      t.has_root AS "hasRoot", t.is_terminal AS "isTerminal", t.slices, t.assembled, t.closed, t.led`.execute(
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

/** Notes what was assembled of a trace. With more slices by now it is due again at once. */
export async function settleTrace(
  db: Db,
  { app, traceId, led }: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
  { slices, isTerminal, nextAt }: { slices: number; isTerminal: boolean; nextAt: Date },
): Promise<void> {
  await sql`
    UPDATE xray.otlp_traces SET
      assembled = greatest(assembled, ${slices}),
      is_terminal = is_terminal OR ${isTerminal},
      led = led AND NOT ${led},
      due_at = CASE WHEN slices <= ${slices} AND (${led} OR NOT led) THEN ${instant(nextAt.getTime())} ELSE due_at END
    WHERE app = ${app} AND trace_id = decode(${traceId}, 'hex') AND NOT closed`.execute(db);
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
      has_root AS "hasRoot", is_terminal AS "isTerminal", slices, assembled, closed, led
    FROM xray.otlp_traces
    WHERE app = ${app} AND NOT closed AND is_terminal AND assembled >= slices
    ORDER BY last_at, trace_id LIMIT ${limit}`.execute(db);
  return rows;
}

export interface Waiting {
  app: string;
  traces: number;
  spans: number;
  bytes: number;
  /** When the trace that waits longest for its root was first heard of. */
  oldestAt: Date | null;
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

/** Adds to the counts of an app. `message` tells people why the last was refused. */
export async function countOtlp(
  db: Db,
  app: string,
  counts: { result: string; count: number; message: string }[],
  now: Date,
): Promise<void> {
  for (const { result, count, message } of counts) {
    await sql`
      INSERT INTO xray.otlp_counts (app, result, count, last_at, last_message)
      VALUES (${app}, ${result}, ${count}, ${instant(now.getTime())}, ${message})
      ON CONFLICT (app, result) DO UPDATE SET count = otlp_counts.count + excluded.count,
        last_at = excluded.last_at, last_message = excluded.last_message`.execute(db);
  }
}

export async function readOtlpCounts(db: Db, app: string): Promise<OtlpCount[]> {
  const { rows } = await sql<OtlpCount>`
    SELECT result, count, last_at AS "lastAt", last_message AS "lastMessage"
    FROM xray.otlp_counts WHERE app = ${app} ORDER BY result`.execute(db);
  return rows;
}

export async function readOtlpSettings(db: Db, app: string): Promise<OtlpSettings | undefined> {
  const { rows } = await sql<{ body: OtlpSettings }>`
    SELECT body FROM xray.otlp_settings WHERE app = ${app}`.execute(db);
  return rows[0]?.body;
}

export async function writeOtlpSettings(tx: Db, app: string, body: OtlpSettings): Promise<void> {
  await sql`
    INSERT INTO xray.otlp_settings (app, body) VALUES (${app}, ${JSON.stringify(body)}::jsonb)
    ON CONFLICT (app) DO UPDATE SET body = excluded.body, updated_at = now()`.execute(tx);
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

/** All that the store does for spans that wait. */
export interface WaitingStore {
  saveSlices(slices: Slice[], now: Date): Promise<SliceOutcome[]>;
  takeDue(now: Date, limit: number): Promise<DueTrace[]>;
  forgetClosed(now: Date): Promise<void>;
  readSlices(trace: Pick<DueTrace, 'app' | 'traceId'>): ReturnType<typeof readSlices>;
  settleTrace(
    trace: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
    done: Parameters<typeof settleTrace>[2],
  ): Promise<void>;
  closeTrace(
    trace: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
    slices: number,
    forgetAt: Date,
  ): Promise<void>;
  listClosable(app: string, limit: number): Promise<DueTrace[]>;
  listOpenTraces: (app: string, after: string, limit: number) => ReturnType<typeof listOpenTraces>;
  measureWaiting(app?: string): Promise<Waiting[]>;
  count(app: string, counts: Parameters<typeof countOtlp>[2], now: Date): Promise<void>;
  readCounts(app: string): Promise<OtlpCount[]>;
  readSettings(app: string): Promise<OtlpSettings | undefined>;
  eraseWaiting(app: string, executionIds: string[]): Promise<void>;
}

export function waitingStore(db: Db): WaitingStore {
  return {
    saveSlices: (slices, now) => saveSlices(db, slices, now),
    takeDue: (now, limit) => takeDue(db, now, limit),
    forgetClosed: (now) => forgetClosed(db, now),
    readSlices: (trace) => readSlices(db, trace),
    settleTrace: (trace, done) => settleTrace(db, trace, done),
    closeTrace: (trace, slices, forgetAt) => closeTrace(db, trace, slices, forgetAt),
    listClosable: (app, limit) => listClosable(db, app, limit),
    listOpenTraces: (app, after, limit) => listOpenTraces(db, app, after, limit),
    measureWaiting: (app) => measureWaiting(db, app),
    count: (app, counts, now) => countOtlp(db, app, counts, now),
    readCounts: (app) => readOtlpCounts(db, app),
    readSettings: (app) => readOtlpSettings(db, app),
    eraseWaiting: (app, executionIds) => eraseWaiting(db, app, executionIds),
  };
}
