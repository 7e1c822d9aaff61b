import { sql, type Selectable } from 'kysely';
import type { Driver } from './driver.js';
import type { ExecutionFilter, ListedExecution, StoredExecution } from './store.js';
import type { Tables } from './tables.js';

type Db = Driver['db'];

/** The columns that a summary is made of. */
export const SUMMARY = [
  'id',
  'execution_id',
  'pipeline',
  'environment',
  'status',
  'outcome',
  'adverse',
  'reasons',
  'subjects',
  'versions',
  'tags',
  'step_count',
  'failed_step_count',
  'error_type',
  'at',
  'received_at',
  'duration_ms',
  'revision',
  'conflict',
] as const;

export type SummaryRow = Pick<Selectable<Tables['executions']>, (typeof SUMMARY)[number]>;

/** Headers alone, newest first; at most `filter.limit` rows. */
export async function listExecutions(db: Db, filter: ExecutionFilter): Promise<ListedExecution[]> {
  let query = db
    .selectFrom('executions')
    .select(SUMMARY)
    .where('app', '=', filter.app)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  if (filter.environment !== undefined) query = query.where('environment', '=', filter.environment);
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('at', '<', filter.to);
  if (filter.after !== undefined) {
    query = query.where(
      sql<boolean>`(at, id) < (${filter.after.at}::timestamptz, ${filter.after.id}::bigint)`,
    );
  }
  return (await query.execute()).map(toListed);
}

export function toListed(row: SummaryRow): ListedExecution {
  return {
    id: row.id,
    summary: {
      executionId: row.execution_id,
      pipeline: row.pipeline,
      environment: row.environment,
      status: row.status,
      outcome: row.outcome,
      adverse: row.adverse,
      reasons: row.reasons,
      subjects: row.subjects,
      versions: row.versions,
      tags: row.tags,
      stepCount: row.step_count,
      failedStepCount: row.failed_step_count,
      errorType: row.error_type,
      at: row.at.toISOString(),
      receivedAt: row.received_at.toISOString(),
      durationMs: row.duration_ms,
      revision: row.revision,
      conflict: row.conflict,
    },
  };
}

export async function readExecution(
  db: Db,
  app: string,
  executionId: string,
): Promise<StoredExecution | undefined> {
  const row = await db
    .selectFrom('executions')
    .innerJoin('bodies', 'bodies.execution', 'executions.id')
    .select(['body', 'bytes', 'status', 'received_at', 'conflict'])
    .where('app', '=', app)
    .where('execution_id', '=', executionId)
    .executeTakeFirst();
  return (
    row && {
      body: row.body,
      bytes: row.bytes,
      status: row.status,
      receivedAt: row.received_at,
      conflict: row.conflict,
    }
  );
}
