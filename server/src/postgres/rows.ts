import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { ExecutionSort } from '@xray/core';
import type { Driver } from './driver.js';
import type { StoredExecution } from '../store/execution-record.js';
import { instant, isoOf } from './instant.js';
import { READ_LIMIT_MS, readWithin } from './read-within.js';
import type { Condition, RowFilter, RowScope, ListedExecution } from './scope.js';
import type { Tables } from './tables.js';

type Db = Driver['db'];

/** The expression is written exactly as in the index executions_duration. */
const DURATION = sql`coalesce(e.duration_ms, -1)`;

const KEYS: Record<ExecutionSort, { key: RawBuilder<unknown>; isTime: boolean }> = {
  at: { key: sql`e.at`, isTime: true },
  '-at': { key: sql`e.at`, isTime: true },
  duration: { key: DURATION, isTime: false },
  '-duration': { key: DURATION, isTime: false },
  received: { key: sql`e.received_at`, isTime: true },
  '-received': { key: sql`e.received_at`, isTime: true },
};

/** The columns of a summary. */
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
  'bytes',
] as const;

export type SummaryRow = Pick<Selectable<Tables['executions']>, (typeof SUMMARY)[number]>;

/** How much later than received_at an execution's `at` can be (records/read-snapshot.ts), in ms. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Reads only headers; at most `filter.limit` rows. */
export async function listRows(db: Db, filter: RowFilter): Promise<ListedExecution[]> {
  const { key, isTime } = KEYS[filter.sort];
  const order = filter.sort.startsWith('-') ? 'desc' : 'asc';
  let query = db
    .selectFrom('executions as e')
    .select(SUMMARY)
    .where(isWithin(filter))
    .where(filter.where)
    .orderBy(key, order)
    .orderBy('id', order)
    .limit(filter.limit);
  if (filter.from !== undefined && filter.sort === 'received') {
    // This follows from `at`, and tells the index where to begin.
    const earliest = instant(filter.from.getTime() - MAX_AHEAD_MS);
    query = query.where(sql<boolean>`e.received_at >= ${earliest}`);
  }
  if (filter.after !== undefined) {
    const last = isTime ? instant(filter.after.key) : sql`${filter.after.key}::double precision`;
    const beyond = sql.raw(order === 'desc' ? '<' : '>');
    query = query.where(
      sql<boolean>`(${key}, e.id) ${beyond} (${last}, ${filter.after.id}::bigint)`,
    );
  }
  const { rows } = await readWithin(db, filter.limitMs ?? READ_LIMIT_MS, (tx) =>
    tx.executeQuery(query),
  );
  return rows.map(toListed);
}

export function toListed(row: SummaryRow): ListedExecution {
  return {
    id: row.id,
    bytes: row.bytes,
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
      at: isoOf(row.at),
      receivedAt: isoOf(row.received_at),
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

/** The condition that every question over executions begins with. */
export function isWithin({ app, from, to }: Omit<RowScope, 'where'>): Condition {
  return sql`(${sql.join(
    [
      sql`e.app = ${app}`,
      ...(from === undefined ? [] : [sql`e.at >= ${instant(from.getTime())}`]),
      ...(to === undefined ? [] : [sql`e.at < ${instant(to.getTime())}`]),
    ],
    sql` AND `,
  )})`;
}
