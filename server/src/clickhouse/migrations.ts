import { readFileSync, readdirSync } from 'node:fs';
import type { Db } from './client.js';
import { expand, type Flavour } from './flavours.js';
import { Params } from './params.js';

const FOLDER = new URL('../../migrations/clickhouse/', import.meta.url);

const BOOTSTRAP = `
CREATE TABLE IF NOT EXISTS {{table migrations}} (app String DEFAULT '', execution_id String DEFAULT '', name String)
ENGINE = {{engine ReplacingMergeTree}} ORDER BY name;
{{distributed migrations}};`;

/** The names of all migrations in order, with their statements for one flavour. */
export function readMigrations(flavour: Flavour): { name: string; statements: string[] }[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.sql'.length),
      statements: expand(readFileSync(new URL(file, FOLDER), 'utf8'), flavour),
    }));
}

/**
 * Applies the missing migrations. ClickHouse has no transactions for tables, so each statement changes nothing if
 * it was applied before, and instances that start together may apply it twice.
 */
export async function migrate(db: Db): Promise<string[]> {
  for (const statement of expand(BOOTSTRAP, db.flavour)) await db.run(statement);
  const rows = await db.readAll<{ name: string }>(
    'SELECT DISTINCT name FROM migrations',
    new Params(),
  );
  const known = new Set(rows.map(({ name }) => name));
  const missing = readMigrations(db.flavour).filter(({ name }) => !known.has(name));
  for (const { name, statements } of missing) {
    for (const statement of statements) await db.run(statement);
    await db.insert('migrations', [{ name }], name);
  }
  return missing.map(({ name }) => name);
}
