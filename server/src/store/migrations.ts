import { readFileSync, readdirSync } from 'node:fs';
import { sql } from 'kysely';
import type { Driver } from './driver.js';

interface Migration {
  id: number;
  name: string;
  sql: string;
}

const FOLDER = new URL('../../migrations/postgres/', import.meta.url);
/** The advisory lock of migrations. Any number that nothing else uses will do. */
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
 * Applies what is missing, each migration in a transaction of its own under an advisory lock that ends
 * with it, so that instances that start together take turns. Returns the names of those it applied.
 */
export async function migrate(driver: Driver): Promise<string[]> {
  const applied: string[] = [];
  for (const migration of readMigrations()) {
    const ran = await driver.db.transaction().execute(async (tx) => {
      // Hosts set limits that a migration of many rows cannot keep.
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

// Asked first, because CREATE … IF NOT EXISTS wants the right to create even where there is nothing to do.
async function isSetUp(tx: Driver['db']): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT to_regclass('xray.migrations') IS NOT NULL AS found`.execute(tx);
  return rows[0]?.found === true;
}
