import { sql, type RawBuilder } from 'kysely';
import type {
  NewReplayRun,
  ReplayReport,
  ReplayResultPage,
  ReplayRun,
  ReportedResult,
  StoredResults,
} from '@xray/core';
import type { Driver } from '../driver.js';
import { keepErasuresOut } from '../erasure-lock.js';
import { instant } from '../instant.js';
import type { ReplayRuns, ResultFilter, ResultToSave } from '../../store/replay-store.js';
import { tombstoneName } from '../tombstones.js';

type Db = Driver['db'];

export function replayRuns(db: Db): ReplayRuns {
  return {
    start: (app, run, by) => start(db, app, run, by),
    save: (app, run, results) => save(db, app, run, results),
    finish: (app, run, report) => finish(db, app, run, report),
    find: (app, run) => find(db, app, run),
    list: (app, pipeline, after, limit) => list(db, app, pipeline, { after, limit }),
    listResults: (run, filter) => listResults(db, run, filter),
    readBody: (app, run, executionId) => readBody(db, app, run, executionId),
    deleteBefore: (before) => deleteBefore(db, before),
  };
}

/**
 * Deletes the replays of erased executions, and those about a person. An erasure calls it in its transaction.
 */
export async function eraseReplays(
  tx: Db,
  app: string,
  {
    executionIds,
    subject,
  }: { executionIds: string[]; subject: { type: string; id: string } | null },
): Promise<void> {
  const isAbout =
    subject === null
      ? sql`false`
      : sql`r.subjects @> ${JSON.stringify([{ type: subject.type, id: subject.id }])}::jsonb`;
  await sql`
    DELETE FROM xray.replay_results r USING xray.replay_runs runs
    WHERE runs.id = r.run AND runs.app = ${app}
      AND (r.execution_id = ANY (${executionIds}::text[]) OR ${isAbout})`.execute(tx);
}

type RunRow = Omit<ReplayRun, 'createdAt' | 'finishedAt'> & {
  createdAt: Date;
  finishedAt: Date | null;
};

const RUN = sql`id, name, pipelines, q, versions, plan, report, created_at AS "createdAt", created_by AS "createdBy",
  finished_at AS "finishedAt",
  (SELECT count(*)::integer FROM xray.replay_results WHERE run = replay_runs.id) AS stored`;

async function start(
  db: Db,
  app: string,
  { name, pipelines, q, versions, plan }: Required<NewReplayRun>,
  by: string | null,
): Promise<ReplayRun> {
  const { rows } = await sql<RunRow>`
    INSERT INTO xray.replay_runs (app, name, pipelines, q, versions, plan, created_by)
    VALUES (${app}, ${name}, ${pipelines}::text[], ${q}, ${JSON.stringify(versions)}::jsonb,
      ${JSON.stringify(plan)}::jsonb, ${by}) RETURNING ${RUN}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new TypeError('an insert returns its row');
  return toRun(row);
}

async function save(
  db: Db,
  app: string,
  run: string,
  results: readonly ResultToSave[],
): Promise<StoredResults> {
  const rows = results.map(({ result, body, subjects }) => ({
    execution_id: result.executionId,
    verdict: result.verdict,
    was: result.was.outcome,
    is_now: result.is?.outcome ?? null,
    decided: result.cause?.decided.rule ?? result.cause?.decided.name ?? null,
    why: result.why,
    result,
    subjects,
    body,
  }));
  return await db.transaction().execute(async (tx) => {
    // An erasure that runs meanwhile would not see these results.
    await keepErasuresOut(tx);
    const sent = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s(execution_id text, verdict text, was text,
      is_now text, decided text, why text, result jsonb, subjects jsonb, body text)`;
    const isErased = sql`EXISTS (SELECT FROM xray.tombstones t
      WHERE t.app = ${app} AND t.name = ${tombstoneName(sql`${app}::text`, sql`s.execution_id`)})`;
    const found = await sql<{ erased: number }>`
      SELECT count(*)::integer AS erased FROM ${sent} WHERE ${isErased}`.execute(tx);
    const { numAffectedRows = 0n } = await sql`
      INSERT INTO xray.replay_results (run, execution_id, verdict, was, is_now, decided, why, result, subjects, body)
      SELECT ${run}::uuid, s.execution_id, s.verdict, s.was, s.is_now, s.decided, s.why, s.result, s.subjects, s.body
      FROM ${sent} WHERE NOT ${isErased}
      ON CONFLICT (run, execution_id) DO NOTHING`.execute(tx);
    const erased = found.rows[0]?.erased ?? 0;
    const stored = Number(numAffectedRows);
    return { stored, duplicates: results.length - erased - stored, erased };
  });
}

async function finish(
  db: Db,
  app: string,
  run: string,
  report: ReplayReport,
): Promise<ReplayRun | undefined> {
  await sql`
    UPDATE xray.replay_runs SET report = ${JSON.stringify(report)}::jsonb, finished_at = now()
    WHERE app = ${app} AND id = ${run}::uuid AND report IS NULL`.execute(db);
  return await find(db, app, run);
}

async function find(db: Db, app: string, run: string): Promise<ReplayRun | undefined> {
  const { rows } = await sql<RunRow>`
    SELECT ${RUN} FROM xray.replay_runs WHERE app = ${app} AND id = ${run}::uuid`.execute(db);
  return rows[0] && toRun(rows[0]);
}

async function list(
  db: Db,
  app: string,
  pipeline: string | undefined,
  { after, limit }: { after: { at: Date; id: string } | undefined; limit: number },
): Promise<ReplayRun[]> {
  const conditions = [
    sql`app = ${app}`,
    ...(pipeline === undefined ? [] : [sql`${pipeline} = ANY (pipelines)`]),
    ...(after === undefined
      ? []
      : [sql`(created_at, id) < (${instant(after.at.getTime())}, ${after.id}::uuid)`]),
  ];
  const { rows } = await sql<RunRow>`
    SELECT ${RUN} FROM xray.replay_runs WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows.map(toRun);
}

async function listResults(
  db: Db,
  run: string,
  { verdict, was, is, cause, why, after, limit }: ResultFilter,
): Promise<ReplayResultPage['items']> {
  const same = (column: RawBuilder<unknown>, value: string | null | undefined) =>
    value === undefined ? [] : [sql`${column} IS NOT DISTINCT FROM ${value}::text`];
  const conditions = [
    sql`run = ${run}::uuid`,
    ...same(sql`verdict`, verdict),
    ...same(sql`was`, was),
    ...same(sql`is_now`, is),
    ...same(sql`decided`, cause),
    ...same(sql`why`, why),
    ...(after === undefined ? [] : [sql`execution_id > ${after}`]),
  ];
  const { rows } = await sql<{ result: ReportedResult; replayed: boolean }>`
    SELECT result, body IS NOT NULL AS replayed FROM xray.replay_results
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY execution_id LIMIT ${limit}`.execute(db);
  return rows.map(({ result, replayed }) => ({ ...result, replayed }));
}

async function readBody(
  db: Db,
  app: string,
  run: string,
  executionId: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ body: string | null }>`
    SELECT r.body FROM xray.replay_results r JOIN xray.replay_runs runs ON runs.id = r.run
    WHERE runs.app = ${app} AND r.run = ${run}::uuid AND r.execution_id = ${executionId}`.execute(
    db,
  );
  return rows[0]?.body ?? undefined;
}

async function deleteBefore(db: Db, before: Date): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM xray.replay_runs WHERE created_at < ${instant(before.getTime())}`.execute(db);
  return Number(numAffectedRows);
}

function toRun({ createdAt, finishedAt, ...run }: RunRow): ReplayRun {
  return {
    ...run,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
