import { sql } from 'kysely';
import { checkOf, type Entry } from '../../segments/directory.js';
import type { Driver } from '../driver.js';
import { instant } from '../instant.js';
import type { Outdated, SearchRange } from './search-store.js';

type Db = Driver['db'];

/**
 * One statement reads both. Forgotten versions are in no existing segment, so these segments miss
 * none of their versions.
 */
export async function readOutdated(
  db: Db,
  { app, from, to }: SearchRange,
  segments: number[],
  limit: number,
): Promise<Pick<Entry, 'id' | 'check'>[] | undefined> {
  const { rows } = await sql<{ areThere: boolean; id: number | null; xact: string | null }>`
    SELECT present.segments = ${segments.length} AS "areThere", o.id, o.xact
    FROM (SELECT count(*) AS segments FROM xray.segments WHERE id = ANY (${segments}::bigint[])) AS present
    LEFT JOIN (
      SELECT id, xact::text AS xact FROM xray.outdated
      WHERE app = ${app} AND at >= ${instant(from)} AND at < ${instant(to)} LIMIT ${limit}
    ) AS o ON true`.execute(db);
  if (rows[0]?.areThere !== true) return undefined;
  return rows.flatMap(({ id, xact }) =>
    id === null || xact === null ? [] : [{ id, check: checkOf(xact) }],
  );
}

export async function listOutdated(
  db: Db,
  after: Outdated | undefined,
  limit: number,
): Promise<Outdated[]> {
  const isAfter =
    after === undefined
      ? sql`true`
      : sql`(app, at, id, xact) > (${after.app}, ${instant(after.at)}, ${after.id}::bigint, ${after.xact}::xid8)`;
  const { rows } = await sql<Omit<Outdated, 'at'> & { at: Date }>`
    SELECT app, at, id, xact::text AS xact FROM xray.outdated WHERE ${isAfter}
    ORDER BY app, at, id, outdated.xact LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

export async function forgetOutdated(db: Db, versions: Outdated[]): Promise<void> {
  if (versions.length === 0) return;
  await sql`
    DELETE FROM xray.outdated o USING unnest(
      ${versions.map(({ app }) => app)}::text[],
      ${versions.map(({ at }) => new Date(at).toISOString())}::timestamptz[],
      ${versions.map(({ id }) => id)}::bigint[],
      ${versions.map(({ xact }) => xact)}::text[]
    ) AS v(app, at, id, xact)
    WHERE (o.app, o.at, o.id, o.xact) = (v.app, v.at, v.id, v.xact::xid8)`.execute(db);
}
