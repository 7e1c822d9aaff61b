import { sql, type RawBuilder } from 'kysely';
import type { Driver } from './driver.js';
import { SUMMARY, toListed, type SummaryRow } from './rows.js';
import type { Condition, ListedExecution } from './scope.js';

type Db = Driver['db'];

interface ChangesFilter {
  app: string;
  where: Condition;
  /** The transaction to start from. Without it no row is read. */
  since: string | undefined;
  /** The last row of the previous page. */
  after: { xact: string; id: number } | undefined;
  limit: number;
}

/** A row of the list, with the transaction that wrote its current version. */
export type ChangedRow = ListedExecution & { xact: string };

type Row = SummaryRow & { xact: string };
type Nullable<T> = { [K in keyof T]: T[K] | null };

/**
 * Rows written since a transaction, in the order of (xact, id), and the oldest running transaction. Transactions do
 * not end in the order in which they began, so rows above it can still appear.
 */
export async function readChangedRows(
  db: Db,
  filter: ChangesFilter,
): Promise<{ horizon: string; rows: ChangedRow[] }> {
  // A single statement reads the horizon and the rows from one database snapshot.
  const { rows } = await sql<{ horizon: string } & Nullable<Row>>`
    SELECT horizon.xmin::text AS horizon, ${sql.join(SUMMARY.map((column) => sql.ref(`e.${column}`)))},
      e.xact::text AS xact
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS horizon
    LEFT JOIN LATERAL (
      SELECT * FROM xray.executions e
      WHERE ${isAfter(filter)} AND e.app = ${filter.app} AND ${filter.where}
      ORDER BY e.xact, e.id LIMIT ${filter.limit}
    ) AS e ON true
    ORDER BY e.xact, e.id`.execute(db);
  const [first] = rows;
  if (first === undefined) throw new TypeError('a left join keeps the horizon');
  const changed = rows.filter((row): row is typeof row & Row => row.id !== null);
  return {
    horizon: first.horizon,
    rows: changed.map((row) => ({ ...toListed(row), xact: row.xact })),
  };
}

function isAfter({ since, after }: ChangesFilter): RawBuilder<unknown> {
  if (since === undefined) return sql`false`;
  if (after === undefined) return sql`e.xact >= ${since}::text::xid8`;
  return sql`e.xact >= ${after.xact}::text::xid8
    AND (e.xact, e.id) > (${after.xact}::text::xid8, ${after.id}::bigint)`;
}
