import { sql, type RawBuilder } from 'kysely';
import type { Driver } from './driver.js';
import { SUMMARY, toListed, type SummaryRow } from './executions.js';
import type { Changes, ChangesFilter } from './store.js';

type Db = Driver['db'];

type ChangeRow = SummaryRow & { xact: string };

/**
 * Rows written since a horizon, in the order of (xact, id). Transactions do not end in the order in
 * which they began. So rows at or above the new horizon may come again, together with rows that
 * were not visible yet. No new row appears below it.
 */
export async function readChanges(db: Db, filter: ChangesFilter): Promise<Changes> {
  // A single statement reads the horizon and the rows from one database snapshot.
  const { rows } = await sql<{ horizon: string } & Nullable<ChangeRow>>`
    SELECT horizon.xmin::text AS horizon, ${sql.join(SUMMARY.map((column) => sql.ref(`e.${column}`)))},
      e.xact::text AS xact
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS horizon
    LEFT JOIN LATERAL (
      SELECT * FROM xray.executions e
      WHERE ${isAfter(filter)} AND e.app = ${filter.app} AND ${filter.where}
      ORDER BY e.xact, e.id LIMIT ${filter.limit}
    ) AS e ON true
    ORDER BY e.xact, e.id`.execute(db);
  const changed = rows.filter((row): row is typeof row & ChangeRow => row.id !== null);
  const last = changed.at(-1);
  return {
    horizon: rows[0]?.horizon ?? filter.since,
    items: changed.map((row) => ({ ...toListed(row), xact: row.xact })),
    last: last && { xact: last.xact, id: last.id },
  };
}

type Nullable<T> = { [K in keyof T]: T[K] | null };

function isAfter({ since, after }: ChangesFilter): RawBuilder<unknown> {
  if (after === undefined) return sql`e.xact >= ${since}::text::xid8`;
  return sql`e.xact >= ${after.xact}::text::xid8
    AND (e.xact, e.id) > (${after.xact}::text::xid8, ${after.id}::bigint)`;
}

export async function readHorizon(db: Db): Promise<string> {
  const { rows } = await sql<{ horizon: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon`.execute(db);
  return rows[0]?.horizon ?? '0';
}
