import { sql } from 'kysely';
import { EMPTY_DICTIONARY, type Dictionary, type StoredDictionary } from '@xray/core';
import type { Driver } from '../driver.js';
import { isoOf } from '../instant.js';
import { jsonForPostgres } from '../json-for-postgres.js';

type Db = Driver['db'];

interface Row {
  body: Dictionary;
  revision: number;
  updatedAt: Date;
}

const COLUMNS = sql`body, revision, updated_at AS "updatedAt"`;

/** The app's dictionary; an empty one of revision 0 where none is stored. */
export async function readDictionary(db: Db, app: string): Promise<StoredDictionary> {
  const { rows } = await sql<Row>`
    SELECT ${COLUMNS} FROM xray.dictionaries WHERE app = ${app}`.execute(db);
  return toStored(rows[0]);
}

/** Undefined when somebody stored another revision since `revision` was read. */
export async function putDictionary(
  tx: Db,
  app: string,
  dictionary: Dictionary,
  revision: number | undefined,
): Promise<StoredDictionary | undefined> {
  // One change at a time, the first one included, which has no row to lock.
  await sql`SELECT FROM xray.apps WHERE id = ${app} FOR UPDATE`.execute(tx);
  const known = await readDictionary(tx, app);
  if (revision !== undefined && revision !== known.revision) return undefined;
  const { rows } = await sql<Row>`
    INSERT INTO xray.dictionaries AS d (app, body)
    VALUES (${app}, ${jsonForPostgres(dictionary)}::jsonb)
    ON CONFLICT (app) DO UPDATE
    SET body = excluded.body, revision = d.revision + 1, updated_at = now()
    RETURNING ${COLUMNS}`.execute(tx);
  return toStored(rows[0]);
}

function toStored(row: Row | undefined): StoredDictionary {
  if (row === undefined) return { dictionary: EMPTY_DICTIONARY, revision: 0, updatedAt: null };
  const { body, revision, updatedAt } = row;
  // Members that a later version added have their defaults.
  return { dictionary: { ...EMPTY_DICTIONARY, ...body }, revision, updatedAt: isoOf(updatedAt) };
}
