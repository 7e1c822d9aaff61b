import { sql, type RawBuilder } from 'kysely';
import type { CommitPosition } from '../store/commit-position.js';

/** At most this many executions, whose bodies have about this many bytes: at least one, unless there is none. */
export interface CommitLimits {
  executions: number;
  bytes: number;
}

/**
 * The first part of a statement: the rows of executions `e` behind a position, in the order in which transactions
 * end, as table `committed`. No new row can appear below the oldest running transaction.
 *
 * @param columns beside `id`, `xact` and `bytes`
 */
export function withCommitted(
  after: CommitPosition,
  { executions, bytes }: CommitLimits,
  columns: RawBuilder<unknown>[] = [],
  where: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const selected = [sql`e.id`, sql`e.xact`, sql`e.bytes`, ...columns];
  return sql`
    WITH next AS MATERIALIZED (
      SELECT ${sql.join(selected)} FROM xray.executions e
      WHERE (e.xact, e.id) > (${after.xact}::xid8, ${after.id}::bigint)
        AND e.xact < pg_snapshot_xmin(pg_current_snapshot()) AND ${where}
      ORDER BY e.xact, e.id LIMIT ${executions}
    ), committed AS (
      SELECT * FROM (SELECT next.*, sum(bytes) OVER (ORDER BY xact, id) - bytes AS before FROM next) AS sized
      WHERE before < ${bytes}
    )`;
}
