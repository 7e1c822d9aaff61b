import { sql, type RawBuilder } from 'kysely';
import { compareRanks, mergeStates, type MergeState } from '@xray/core';
import type { Driver } from '../driver.js';
import { StoreOutage } from '../../store/errors.js';
import { jsonForPostgres } from '../json-for-postgres.js';
import { sqlStateOf } from '../outage.js';
import { HEADER, MERGE, MERGE_INTO_STORED, SENDER, STEP, names, types } from './save-columns.js';
import type { ExecutionRecord, SaveOutcome } from '../../store/execution-record.js';
import { tombstoneName } from '../tombstones.js';
import { makeDue } from './trace-spans.js';

type Db = Driver['db'];
/** All columns of a header's row that come with a flush, besides its key. */
const ROW = { ...HEADER, ...MERGE, ...SENDER };

/**
 * Stores a batch: new executions with one statement, existing ones in a transaction. If the
 * database refuses the batch because of its data, each half is tried again, until only the faulty
 * records are refused.
 */
export async function saveExecutions(db: Db, records: ExecutionRecord[]): Promise<SaveOutcome[]> {
  if (records.length === 0) return [];
  try {
    return await saveBatch(db, records);
  } catch (error) {
    if (error instanceof StoreOutage || !isDataError(error)) throw error;
    if (records.length === 1) return [{ kind: 'refused', message: error.message }];
  }
  const middle = Math.ceil(records.length / 2);
  return [
    ...(await saveExecutions(db, records.slice(0, middle))),
    ...(await saveExecutions(db, records.slice(middle))),
  ];
}

/**
 * SQLSTATE classes that concern the data: 21 cardinality, 22 data, 23 integrity, 54 program limits.
 */
function isDataError(error: unknown): error is Error {
  return error instanceof Error && /^(21|22|23|54)/.test(sqlStateOf(error));
}

async function saveBatch(db: Db, records: ExecutionRecord[]): Promise<SaveOutcome[]> {
  const outcomes: SaveOutcome[] = records.map(() => ({ kind: 'superseded' }));
  // Flushes of one execution by senders with different limits are stored one after the other.
  for (const round of roundsOf(records)) await saveRound(db, round, outcomes);
  return outcomes;
}

interface Placed {
  record: ExecutionRecord;
  /** The record's index in the batch. */
  index: number;
}

/** Splits a batch so that in each part all flushes of an execution have senders with the same limits. */
function roundsOf(records: ExecutionRecord[]): Placed[][] {
  const rounds: Placed[][] = [];
  const byKey = new Map<string, { limits: string; round: number }>();
  for (const [index, record] of records.entries()) {
    const limits = JSON.stringify(record.senderEnvironments);
    const last = byKey.get(keyOf(record));
    const round = last === undefined ? 0 : last.round + Number(last.limits !== limits);
    byKey.set(keyOf(record), { limits, round });
    (rounds[round] ??= []).push({ record, index });
  }
  return rounds;
}

async function saveRound(db: Db, round: Placed[], outcomes: SaveOutcome[]): Promise<void> {
  const candidates = foldByKey(round, outcomes);
  const inserted = await insertNew(db, candidates);
  const rest: Candidate[] = [];
  for (const [place, candidate] of candidates.entries()) {
    if (inserted.has(place)) outcomes[candidate.index] = { kind: 'accepted' };
    else rest.push(candidate);
  }
  if (rest.length === 0) return;
  const merged = new Map((await mergeStored(db, rest)).map((row) => [row.place, row]));
  for (const [place, candidate] of rest.entries()) {
    const row = merged.get(place);
    if (row === undefined) {
      // Its execution was erased by name, so no statement took it.
      for (const index of candidate.folded) outcomes[index] = { kind: 'erased' };
      continue;
    }
    const { won, same, allowed } = row;
    if (allowed) {
      outcomes[candidate.index] = { kind: won ? 'accepted' : same ? 'duplicate' : 'superseded' };
    } else {
      for (const index of candidate.folded) outcomes[index] = { kind: 'outside_limits' };
    }
  }
}

/** The flush that represents all flushes of its execution in the round. */
interface Candidate extends Placed {
  /** The merged state of all the round's flushes of this execution. */
  merge: MergeState;
  /** The indices in the batch of all these flushes, including its own. */
  folded: number[];
}

function keyOf(record: ExecutionRecord): string {
  return `${record.app}\n${record.executionId}`;
}

/**
 * Chooses one candidate for each execution; the others are already answered as duplicates or
 * superseded. Candidates are sorted by key, so that two batches lock their rows in the same order
 * and cannot deadlock.
 */
function foldByKey(round: Placed[], outcomes: SaveOutcome[]): Candidate[] {
  const byKey = new Map<string, Candidate>();
  for (const { record, index } of round) {
    const key = keyOf(record);
    const before = byKey.get(key);
    if (before === undefined) {
      byKey.set(key, { record, index, merge: record.merge, folded: [index] });
      continue;
    }
    const order = compareRanks(record.merge.winner, before.record.merge.winner);
    const merge = mergeStates(record.merge, before.merge);
    const folded = [...before.folded, index];
    if (order === 0) outcomes[index] = { kind: 'duplicate' };
    byKey.set(key, order > 0 ? { record, index, merge, folded } : { ...before, merge, folded });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/**
 * Inserts the executions that do not exist yet, with bodies and steps, in one statement and one
 * transaction. Returns the indices of the inserted ones.
 */
async function insertNew(db: Db, candidates: Candidate[]): Promise<Set<number>> {
  const { headers, bodies } = pack(candidates);
  const { rows } = await sql<{ place: number }>`
    WITH input AS MATERIALIZED (${readHeaders(headers)}), inserted AS (
      INSERT INTO xray.executions (app, execution_id, ${names(ROW)})
      SELECT app, execution_id, ${names(ROW)} FROM input ORDER BY place
      ON CONFLICT (app, execution_id) DO NOTHING
      RETURNING id, app, execution_id, trace_id, from_spans
    ), placed AS MATERIALIZED (
      SELECT inserted.*, input.place, input.body_from, input.body_bytes
      FROM inserted JOIN input USING (app, execution_id)
    ), new_bodies AS (
      INSERT INTO xray.bodies (execution, body) SELECT id, ${cutBody(bodies)} FROM placed
    ), new_steps AS (
      INSERT INTO xray.steps (execution, ${names(STEP)})
      SELECT placed.id, ${names(STEP)} FROM (${readSteps(candidates)}) AS s JOIN placed USING (place)
    ), due AS (${makeDue(sql`SELECT app, trace_id, from_spans FROM placed`)})
    SELECT place FROM placed`.execute(db);
  return new Set(rows.map((row) => row.place));
}

interface MergedRow {
  place: number;
  /** The candidate is stored now, and was not before. */
  won: boolean;
  /** The stored row has the candidate's body. */
  same: boolean;
  /** The candidate's sender may change what is stored. */
  allowed: boolean;
}

/**
 * Applies the merge rule to executions that exist already. Two statements are needed: the first
 * locks the rows. Only the second has a newer database snapshot that is sure to contain the losers'
 * steps and bodies.
 */
async function mergeStored(db: Db, candidates: Candidate[]): Promise<MergedRow[]> {
  const { headers, bodies } = pack(candidates);
  return await db.transaction().execute(async (tx) => {
    const merged = await sql<MergedRow & { id: number }>`
      WITH input AS MATERIALIZED (${readHeaders(headers)}), saved AS (
        INSERT INTO xray.executions AS e (app, execution_id, ${names(ROW)})
        SELECT app, execution_id, ${names(ROW)} FROM input ORDER BY place
        ON CONFLICT (app, execution_id) DO UPDATE SET ${MERGE_INTO_STORED}
        RETURNING e.id, e.app, e.execution_id, e.body_hash, e.received_at
      )
      -- A row that nothing would change is not returned: the candidate was a duplicate or superseded.
      SELECT saved.id, input.place, input.body_from, input.body_bytes,
        saved.body_hash = input.body_hash AS same,
        saved.body_hash = input.body_hash AND saved.received_at = input.received_at AS won,
        true AS allowed
      FROM saved JOIN input USING (app, execution_id)`.execute(tx);
    const won = merged.rows.filter((row) => row.won);
    if (won.length > 0) {
      await sql`
        WITH won AS MATERIALIZED (
          SELECT * FROM json_to_recordset(${JSON.stringify(won)}::json)
            AS r(id bigint, place int, body_from int, body_bytes int)
        ), gone AS (
          DELETE FROM xray.steps USING won WHERE execution = won.id RETURNING 1
        ), new_bodies AS (
          INSERT INTO xray.bodies (execution, body) SELECT id, ${cutBody(bodies)} FROM won
          ON CONFLICT (execution) DO UPDATE SET body = excluded.body
        ), due AS (${makeDue(sql`
          SELECT e.app, e.trace_id, e.from_spans FROM won JOIN xray.executions e ON e.id = won.id`)})
        INSERT INTO xray.steps (execution, ${names(STEP)})
        SELECT won.id, ${names(STEP)} FROM (${readSteps(candidates)}) AS s JOIN won USING (place)
        -- Counting makes the delete happen first, which Postgres does not promise else.
        WHERE (SELECT count(*) FROM gone) >= 0`.execute(tx);
    }
    return [...merged.rows, ...(await unchanged(tx, candidates, merged.rows))];
  });
}

/**
 * Separates duplicates, superseded and refused flushes among the candidates that changed nothing.
 */
async function unchanged(
  tx: Db,
  candidates: Candidate[],
  merged: MergedRow[],
): Promise<MergedRow[]> {
  const changed = new Set(merged.map((row) => row.place));
  const keys = candidates
    .map(({ record, merge }, place) => ({
      place,
      app: record.app,
      execution_id: record.executionId,
      body_hash: merge.winner.bodyHash,
      sender_environments: record.senderEnvironments,
    }))
    .filter(({ place }) => !changed.has(place));
  if (keys.length === 0) return [];
  const { rows } = await sql<MergedRow>`
    SELECT input.place, false AS won, e.body_hash = input.body_hash AS same,
      input.sender_environments IS NULL OR e.environment = ANY (input.sender_environments) AS allowed
    FROM json_to_recordset(${jsonForPostgres(keys)}::json)
      AS input(place int, app text, execution_id text, body_hash text, ${types(SENDER)})
    JOIN xray.executions AS e USING (app, execution_id)`.execute(tx);
  return rows;
}

/** The headers of a batch, without executions that were erased by name: a late flush brings nothing back. */
function readHeaders(headers: object[]): RawBuilder<unknown> {
  return sql`SELECT * FROM json_to_recordset(${jsonForPostgres(headers)}::json) AS h(place int, body_from int,
    body_bytes int, app text, execution_id text, ${types(ROW)})
    WHERE NOT EXISTS (SELECT FROM xray.tombstones t
      WHERE t.app = h.app AND t.name = ${tombstoneName(sql`h.app`, sql`h.execution_id`)})`;
}

function readSteps(candidates: Candidate[]): RawBuilder<unknown> {
  const steps = candidates.flatMap(({ record }, place) => stepRows(record, place));
  return sql`SELECT * FROM json_to_recordset(${jsonForPostgres(steps)}::json) AS r(place int, ${types(STEP)})`;
}

function cutBody(bodies: Buffer): RawBuilder<unknown> {
  return sql`convert_from(substring(${bodies}::bytea FROM body_from FOR body_bytes), 'UTF8')`;
}

/**
 * Bodies are sent as one buffer with a position for each, because within JSON they would be escaped
 * twice.
 */
function pack(candidates: Candidate[]): { headers: object[]; bodies: Buffer } {
  const bodies: Buffer[] = [];
  let from = 1; // Postgres counts from one.
  const headers = candidates.map(({ record, merge }, place) => {
    const body = Buffer.from(record.body);
    bodies.push(body);
    const header = {
      place,
      body_from: from,
      body_bytes: body.length,
      app: record.app,
      execution_id: record.executionId,
      ...headerRow(record),
      ...mergeRow(merge),
      sender_environments: record.senderEnvironments,
    };
    from += body.length;
    return header;
  });
  return { headers, bodies: Buffer.concat(bodies) };
}

export function headerRow({
  header,
  receivedAt,
  steps,
  bytes,
}: ExecutionRecord): Row<typeof HEADER> {
  return {
    pipeline: header.pipeline,
    environment: header.environment,
    status: header.status,
    outcome: header.outcome,
    adverse: header.adverse,
    at: header.at,
    received_at: receivedAt,
    duration_ms: header.durationMs,
    versions: header.versions,
    subjects: header.subjects,
    tags: header.tags,
    reasons: header.reasons,
    step_count: steps.length,
    failed_step_count: header.failedStepCount,
    error_type: header.errorType,
    bytes,
    metadata: header.metadata,
    rules: header.rules,
    decisive: header.decisive,
    course: header.course,
    has_people: header.hasPeople,
    linked: header.links.map(({ executionId }) => executionId),
    relations: header.links.map(({ relation }) => relation),
    trace_id: header.traceId,
    from_spans: header.fromSpans,
  };
}

function mergeRow(merge: MergeState): Row<typeof MERGE> {
  return {
    terminal: merge.winner.terminal,
    revision: merge.winner.revision,
    body_hash: merge.winner.bodyHash,
    contested: merge.contested,
    running_revision: merge.runningRevision,
    instance_id: merge.instanceId,
    many_instances: merge.manyInstances,
  };
}

/** `place` is the index of the execution that the steps belong to. */
export function stepRows(
  record: ExecutionRecord,
  place: number,
): (Row<typeof STEP> & { place: number })[] {
  return record.steps.map((step, ix) => ({
    place,
    ix,
    sequence: step.sequence,
    name: step.name,
    kind: step.kind,
    status: step.status,
    duration_ms: step.durationMs,
    candidates_in: step.candidatesIn,
    candidates_out: step.candidatesOut,
    drops: step.drops,
    rules: step.rules,
    cost_usd: step.costUsd,
  }));
}

type Row<Columns extends object> = Record<keyof Columns, unknown>;
