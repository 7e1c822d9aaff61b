import path from 'node:path';
import { sql } from 'kysely';
import { openPglite } from '#server/postgres/drivers/pglite.js';
import { openPostgres } from '#server/postgres/drivers/postgres.js';
import type { Driver } from '#server/postgres/driver.js';
import type { Place } from './databases.js';

/** The database of a place that no server has open, without the store. */
export async function openDriver(place: Place): Promise<Driver> {
  const url = place.env.DATABASE_URL;
  if (url === undefined) return await openPglite(path.join(place.env.XRAY_DATA_DIR ?? '', 'db'));
  return openPostgres({
    connectionString: url,
    caCert: undefined,
    maxConnections: 4,
    onConnectionError: () => {},
  });
}

/**
 * The number of executions in each table that has data of executions. The tables come from the
 * database itself, so a table that an erasure forgets is found.
 */
export async function executionsByTable(place: Place): Promise<Record<string, number>> {
  const { db, close } = await openDriver(place);
  try {
    const { rows: tables } = await sql<{ name: string }>`
      SELECT DISTINCT table_name AS name FROM information_schema.columns
      WHERE table_schema = 'xray' AND column_name = 'execution'
        -- The index writes names a moment later, and only a server that seals writes seals.
        AND table_name NOT IN ('names', 'proof_seals')
      ORDER BY 1`.execute(db);
    const counts: Record<string, number> = {};
    for (const [name, column] of [
      ['executions', 'id'],
      ...tables.map((table) => [table.name, 'execution']),
    ] as [string, string][]) {
      const { rows } = await sql<{ count: number }>`
        SELECT count(DISTINCT ${sql.ref(column)}) AS count FROM ${sql.table(`xray.${name}`)}`.execute(
        db,
      );
      counts[name] = rows[0]?.count ?? 0;
    }
    return counts;
  } finally {
    await close();
  }
}
