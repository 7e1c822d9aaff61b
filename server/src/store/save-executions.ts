import { sql } from 'kysely';
import { compareRanks, isConflict, mergeStates, type MergeState } from '@xray/core';
import type { Driver } from './driver.js';
import { outageOf } from './outage.js';
import type { ExecutionRecord, SaveOutcome } from './store.js';

type Db = Driver['db'];

/** How often a record may find its row neither free to insert nor there to merge with (erased in between). */
const MAX_ATTEMPTS = 5;

/**
 * Stores a batch: what is new in one statement, the rest merged row by row. When the database refuses
 * the batch for what is in it, each record is tried alone, so that only the culprit is refused.
 */
export async function saveExecutions(db: Db, records: ExecutionRecord[]): Promise<SaveOutcome[]> {
  if (records.length === 0) return [];
  try {
    return await saveBatch(db, records);
  } catch (error) {
    if (outageOf(error) !== undefined || !isDataError(error)) throw error;
    if (records.length === 1) return [{ kind: 'refused', message: error.message }];
  }
  const outcomes: SaveOutcome[] = [];
  for (const record of records) outcomes.push(...(await saveExecutions(db, [record])));
  return outcomes;
}

/** SQLSTATE classes that speak of the data: 21 cardinality, 22 data, 23 integrity, 54 program limits. */
function isDataError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    /^(21|22|23|54)/.test(String((error as NodeJS.ErrnoException).code ?? ''))
  );
}

async function saveBatch(db: Db, records: ExecutionRecord[]): Promise<SaveOutcome[]> {
  const outcomes: SaveOutcome[] = records.map(() => ({ kind: 'superseded' }));
  let open = foldByKey(records, outcomes);
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > MAX_ATTEMPTS) throw new Error('an execution kept changing while it was stored');
    const inserted = await insertNew(db, open);
    const rest: Candidate[] = [];
    for (const [place, candidate] of open.entries()) {
      if (inserted.has(place)) outcomes[candidate.index] = { kind: 'accepted' };
      else rest.push(candidate);
    }
    open = [];
    for (const candidate of rest) {
      const outcome = await mergeIntoStored(db, candidate);
      if (outcome === undefined) open.push(candidate);
      else outcomes[candidate.index] = outcome;
    }
  }
  return outcomes;
}

/** The flush of one execution that speaks for all its flushes in the batch. */
interface Candidate {
  record: ExecutionRecord;
  /** Its place in the batch. */
  index: number;
  /** What all of the batch's flushes of this execution merge to. */
  merge: MergeState;
}

/**
 * One candidate an execution, the others already answered as duplicates or superseded. Sorted by key,
 * so that two batches lock their rows in one order and cannot wait for each other.
 */
function foldByKey(records: ExecutionRecord[], outcomes: SaveOutcome[]): Candidate[] {
  const byKey = new Map<string, Candidate>();
  for (const [index, record] of records.entries()) {
    const key = `${record.app}\n${record.executionId}`;
    const before = byKey.get(key);
    if (before === undefined) {
      byKey.set(key, { record, index, merge: record.merge });
      continue;
    }
    const order = compareRanks(record.merge.winner, before.record.merge.winner);
    const merge = mergeStates(record.merge, before.merge);
    if (order === 0) outcomes[index] = { kind: 'duplicate' };
    byKey.set(key, order > 0 ? { record, index, merge } : { ...before, merge });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/**
 * Inserts the executions that are not there yet, with their steps and bodies, in one statement and so
 * in one transaction. Returns the places of those it inserted.
 */
async function insertNew(db: Db, candidates: Candidate[]): Promise<Set<number>> {
  const headers = candidates.map(({ record, merge }, place) => ({
    place,
    app: record.app,
    execution_id: record.executionId,
    ...headerColumns(record),
    ...mergeColumns(merge),
  }));
  const steps = candidates.flatMap(({ record }, place) => stepColumns(record, { place }));
  const bodies = candidates.map(({ record }, place) => ({ place, body: record.body }));
  const { rows } = await sql<{ place: number }>`
    WITH input AS MATERIALIZED (
      SELECT * FROM json_to_recordset(${toJson(headers)}::json) AS h(place int, app text, execution_id text,
        ${sql.raw(HEADER_TYPES)}, ${sql.raw(MERGE_TYPES)})
    ), inserted AS (
      INSERT INTO xray.executions (app, execution_id, ${sql.raw(HEADER_NAMES)}, ${sql.raw(MERGE_NAMES)})
      SELECT app, execution_id, ${sql.raw(HEADER_NAMES)}, ${sql.raw(MERGE_NAMES)} FROM input ORDER BY place
      ON CONFLICT (app, execution_id) DO NOTHING
      RETURNING id, app, execution_id
    ), placed AS MATERIALIZED (
      SELECT inserted.id, input.place FROM inserted JOIN input USING (app, execution_id)
    ), stored_bodies AS (
      INSERT INTO xray.bodies (execution, body)
      SELECT placed.id, b.body
      FROM json_to_recordset(${toJson(bodies)}::json) AS b(place int, body text) JOIN placed USING (place)
    ), stored_steps AS (
      INSERT INTO xray.steps (execution, ${sql.raw(STEP_NAMES)})
      SELECT placed.id, ${sql.raw(STEP_NAMES)}
      FROM json_to_recordset(${toJson(steps)}::json) AS s(place int, ${sql.raw(STEP_TYPES)}) JOIN placed USING (place)
    )
    SELECT place FROM placed`.execute(db);
  return new Set(rows.map((row) => row.place));
}

/**
 * Applies the merge rule to an execution that is stored already, under a lock on its row. Undefined
 * when the row is gone.
 */
async function mergeIntoStored(db: Db, candidate: Candidate): Promise<SaveOutcome | undefined> {
  const { record } = candidate;
  return await db.transaction().execute(async (tx): Promise<SaveOutcome | undefined> => {
    const row = await tx
      .selectFrom('executions')
      .select([
        'id',
        'terminal',
        'revision',
        'body_hash',
        'contested',
        'running_revision',
        'instance_id',
        'many_instances',
      ])
      .where('app', '=', record.app)
      .where('execution_id', '=', record.executionId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const stored: MergeState = {
      winner: { terminal: row.terminal, revision: row.revision, bodyHash: row.body_hash },
      contested: row.contested,
      runningRevision: row.running_revision,
      instanceId: row.instance_id,
      manyInstances: row.many_instances,
    };
    const merged = mergeStates(stored, candidate.merge);
    const order = compareRanks(record.merge.winner, stored.winner);
    if (order > 0) {
      await replace(tx, row.id, candidate.record, merged);
      return { kind: 'accepted' };
    }
    await updateColumns(tx, row.id, mergeColumns(merged), MERGE_NAMES, MERGE_TYPES);
    return { kind: order === 0 ? 'duplicate' : 'superseded' };
  });
}

/** Puts the winner's header, steps and body where the loser's were. */
async function replace(tx: Db, id: number, record: ExecutionRecord, merge: MergeState) {
  await updateColumns(
    tx,
    id,
    { ...headerColumns(record), ...mergeColumns(merge) },
    `${HEADER_NAMES}, ${MERGE_NAMES}`,
    `${HEADER_TYPES}, ${MERGE_TYPES}`,
  );
  await sql`UPDATE xray.bodies SET body = ${record.body} WHERE execution = ${id}`.execute(tx);
  await sql`DELETE FROM xray.steps WHERE execution = ${id}`.execute(tx);
  await sql`
    INSERT INTO xray.steps (execution, ${sql.raw(STEP_NAMES)})
    SELECT ${id}::bigint, ${sql.raw(STEP_NAMES)}
    FROM json_to_recordset(${toJson(stepColumns(record, {}))}::json) AS s(${sql.raw(STEP_TYPES)})`.execute(
    tx,
  );
}

async function updateColumns(tx: Db, id: number, values: object, names: string, types: string) {
  await sql`
    UPDATE xray.executions SET (${sql.raw(names)}) = (
      SELECT ${sql.raw(names)} FROM json_to_record(${toJson(values)}::json) AS r(${sql.raw(types)})
    ) WHERE id = ${id}`.execute(tx);
}

const HEADER_TYPES = `pipeline text, environment text, status text, outcome text, adverse boolean,
  at timestamptz, received_at timestamptz, duration_ms double precision, versions jsonb, subjects jsonb,
  tags text[], reasons text[], step_count int, failed_step_count int, error_type text, bytes int`;
const MERGE_TYPES = `terminal boolean, revision bigint, body_hash text, contested boolean,
  running_revision bigint, instance_id text, many_instances boolean, conflict boolean`;
const STEP_TYPES = `ix int, sequence int, name text, kind text, status text,
  duration_ms double precision, candidates_in bigint, candidates_out bigint`;
const HEADER_NAMES = namesOf(HEADER_TYPES);
const MERGE_NAMES = namesOf(MERGE_TYPES);
const STEP_NAMES = namesOf(STEP_TYPES);

function namesOf(types: string): string {
  return types
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');
}

function headerColumns({ header, receivedAt, steps, bytes }: ExecutionRecord) {
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
  };
}

function mergeColumns(merge: MergeState) {
  return {
    terminal: merge.winner.terminal,
    revision: merge.winner.revision,
    body_hash: merge.winner.bodyHash,
    contested: merge.contested,
    running_revision: merge.runningRevision,
    instance_id: merge.instanceId,
    many_instances: merge.manyInstances,
    conflict: isConflict(merge),
  };
}

function stepColumns(record: ExecutionRecord, place: { place?: number }) {
  return record.steps.map((step, ix) => ({
    ...place,
    ix,
    sequence: step.sequence,
    name: step.name,
    kind: step.kind,
    status: step.status,
    duration_ms: step.durationMs,
    candidates_in: step.candidatesIn,
    candidates_out: step.candidatesOut,
  }));
}

/** JSON that Postgres can read into text: no NUL, which it cannot store, and no half of a surrogate pair. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\0', '\uFFFD').toWellFormed() : item,
  );
}
