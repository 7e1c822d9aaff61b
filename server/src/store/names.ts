import { sql } from 'kysely';
import { SUGGESTED_KINDS, type Suggestion } from '@xray/core';
import type { Name } from '../segments/names.js';
import type { Driver } from './driver.js';

type Db = Driver['db'];

/** Names that one statement writes. */
const AT_ONCE = 5_000;
/** A name keeps its execution until a newer one is this much later, so that a frequent name is rarely rewritten. */
const KEPT_FOR = sql`interval '1 day'`;
/** Sorts behind every other character, byte by byte. */
const LAST_CHARACTER = '\u{10FFFF}';

/**
 * Writes the names of executions that are added to the index. An older version may have had other
 * names. Call this while no erasure runs, because names of deleted executions are left out.
 */
export async function writeNames(
  tx: Db,
  app: string,
  executions: number[],
  names: Name[],
): Promise<void> {
  await sql`DELETE FROM xray.names WHERE execution = ANY (${executions}::bigint[])`.execute(tx);
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const part = names.slice(from, from + AT_ONCE);
    await sql`
      INSERT INTO xray.names AS n (app, kind, key, type, id, execution, at)
      SELECT ${app}, t.kind, t.key, t.type, t.id, t.execution, t.at
      FROM unnest(
        ${part.map(({ kind }) => kind)}::text[],
        ${part.map(({ key }) => key)}::text[],
        ${part.map(({ type }) => type)}::text[],
        ${part.map(({ id }) => id)}::text[],
        ${part.map(({ execution }) => execution)}::bigint[],
        ${part.map(({ at }) => new Date(at).toISOString())}::timestamptz[]
      ) AS t(kind, key, type, id, execution, at)
      WHERE EXISTS (SELECT FROM xray.executions e WHERE e.id = t.execution)
      ORDER BY t.kind, t.key, t.type, t.id
      ON CONFLICT (app, kind, key, type, id) DO UPDATE
      SET execution = excluded.execution, at = excluded.at
      WHERE excluded.at > n.at + ${KEPT_FOR}`.execute(tx);
  }
}

/** The first names of each kind in the order of their keys. */
export async function suggest(
  db: Db,
  app: string,
  { key, kind, limit }: { key: string; kind: Suggestion['kind'] | undefined; limit: number },
): Promise<Suggestion[]> {
  const kinds = kind === undefined ? SUGGESTED_KINDS : [kind];
  const { rows } = await sql<Omit<Suggestion, 'at'> & { at: Date }>`
    SELECT found.* FROM unnest(${[...kinds]}::text[]) WITH ORDINALITY AS k(kind, place),
      LATERAL (
        SELECT n.kind, n.key, n.type, n.id, n.at FROM xray.names n
        WHERE n.app = ${app} AND n.kind = k.kind
          AND n.key >= ${key} AND n.key < ${key + LAST_CHARACTER}
        ORDER BY n.key, n.type, n.id LIMIT ${limit}
      ) AS found
    ORDER BY k.place, found.key, found.type, found.id`.execute(db);
  return rows.map(({ kind: found, type, id, at }) => ({
    kind: found,
    type,
    id,
    at: at.toISOString(),
  }));
}
