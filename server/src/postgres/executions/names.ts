import { sql } from 'kysely';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, SUGGESTED_KINDS, type Suggestion } from '@xray/core';
import { keyOfName, type Name } from '../../segments/names.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import type { ExecutionStore } from '../../store/execution-store.js';

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

/** Subjects and candidates whose ids begin with a prefix, those that no segment has yet among them. */
export async function suggest(
  { db, search }: Engine,
  app: string,
  { prefix, kind, limit }: Parameters<ExecutionStore['suggest']>[1],
): Promise<Suggestion[]> {
  const key = keyOfName(prefix.trim());
  if (key === '') return [];
  const kinds = kind === undefined ? SUGGESTED_KINDS : [kind];
  const stored = await readNames(db, app, { key, kinds, limit });
  const recent = await search.recentNames({ app, from: FIRST_INSTANT_MS, to: LAST_INSTANT_MS });
  const isMeant = (name: Name): boolean => name.key.startsWith(key) && kinds.includes(name.kind);
  const items = new Map<string, Suggestion>();
  for (const suggestion of [...stored, ...recent.filter(isMeant).map(suggestionOf)]) {
    const place = `${suggestion.kind}\n${suggestion.type}\n${suggestion.id}`;
    const known = items.get(place);
    if (known === undefined || known.at < suggestion.at) items.set(place, suggestion);
  }
  const sorted = [...items.values()].sort(inOrder);
  return SUGGESTED_KINDS.flatMap((each) =>
    sorted.filter((item) => item.kind === each).slice(0, limit),
  );
}

function suggestionOf({ kind, type, id, at }: Omit<Name, 'key' | 'execution'>): Suggestion {
  return { kind, type, id, at: new Date(at).toISOString() };
}

/** The order of the database: byte by byte. */
function inOrder(a: Suggestion, b: Suggestion): number {
  return (
    Buffer.compare(Buffer.from(keyOfName(a.id)), Buffer.from(keyOfName(b.id))) ||
    Buffer.compare(Buffer.from(`${a.type}\n${a.id}`), Buffer.from(`${b.type}\n${b.id}`))
  );
}

/** The first names of each kind in the order of their keys. */
async function readNames(
  db: Db,
  app: string,
  { key, kinds, limit }: { key: string; kinds: readonly Suggestion['kind'][]; limit: number },
): Promise<Suggestion[]> {
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
