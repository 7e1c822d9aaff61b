import { readFileSync, readdirSync } from 'node:fs';
import { sql } from 'kysely';
import type { Driver } from './driver.js';

interface Migration {
  id: number;
  name: string;
  sql: string;
}

const FOLDER = new URL('../../migrations/postgres/', import.meta.url);
/** The advisory lock of migrations. The number only has to be unique. */
export const MIGRATION_LOCK = 7_247_913;

const BOOTSTRAP = `CREATE SCHEMA IF NOT EXISTS xray;
CREATE TABLE IF NOT EXISTS xray.migrations (
  id integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE xray.migrations ENABLE ROW LEVEL SECURITY;
`;

export function readMigrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      id: Number(file.slice(0, 4)),
      name: file.slice(0, -'.sql'.length),
      sql: readFileSync(new URL(file, FOLDER), 'utf8'),
    }));
}

/**
 * Applies the missing migrations, each in a transaction of its own. An advisory lock ends with the
 * transaction, so instances that start together take turns. Returns the names of the applied
 * migrations.
 */
export async function migrate(driver: Driver): Promise<string[]> {
  const applied: string[] = [];
  for (const migration of readMigrations()) {
    const ran = await driver.db.transaction().execute(async (tx) => {
      // Hosts may set limits that are too short for a migration of many rows.
      await sql.raw('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0').execute(tx);
      await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK}::bigint)`.execute(tx);
      if (!(await isSetUp(tx))) await sql.raw(BOOTSTRAP).execute(tx);
      const known = await tx
        .selectFrom('migrations')
        .select('id')
        .where('id', '=', migration.id)
        .executeTakeFirst();
      if (known !== undefined) return false;
      await sql.raw(migration.sql).execute(tx);
      await tx
        .insertInto('migrations')
        .values({ id: migration.id, name: migration.name })
        .execute();
      return true;
    });
    if (ran) applied.push(migration.name);
  }
  return applied;
}

// This is checked first, because CREATE … IF NOT EXISTS needs the right to create even if nothing
// is missing.
async function isSetUp(tx: Driver['db']): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT to_regclass('xray.migrations') IS NOT NULL AS found`.execute(tx);
  return rows[0]?.found === true;
}
