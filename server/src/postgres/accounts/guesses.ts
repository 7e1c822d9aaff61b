import { sql } from 'kysely';
import type { GuessCount } from '../../store/access-store.js';
import type { Driver } from '../driver.js';

type Db = Driver['db'];

/** A guess begins a new window if the last one has ended. Any call deletes ended windows. */
export async function countGuesses(
  db: Db,
  keys: string[],
  windowMs: number,
): Promise<GuessCount[]> {
  await sql`
    DELETE FROM xray.guesses WHERE key IN (
      SELECT key FROM xray.guesses WHERE ends_at <= now() FOR UPDATE SKIP LOCKED)`.execute(db);
  // The order prevents a deadlock between two requests that count the same keys.
  const { rows } = await sql<GuessCount>`
    INSERT INTO xray.guesses AS g (key, count, ends_at)
    SELECT key, 1, now() + ${windowMs}::integer * interval '1 millisecond'
    FROM unnest(${keys}::text[]) AS t(key) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN g.ends_at <= now() THEN 1 ELSE g.count + 1 END,
      ends_at = CASE WHEN g.ends_at <= now() THEN excluded.ends_at ELSE g.ends_at END
    RETURNING key, count, ends_at AS "endsAt"`.execute(db);
  return rows;
}

export async function forgiveGuesses(db: Db, keys: string[]): Promise<void> {
  await sql`
    UPDATE xray.guesses SET count = count - 1
    WHERE count > 0 AND key IN (
      SELECT key FROM xray.guesses WHERE key = ANY (${keys}::text[]) ORDER BY key FOR UPDATE)`.execute(
    db,
  );
}

/** The keys that are known at this time. */
export async function knownPlaces(db: Db, keys: string[]): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    SELECT key FROM xray.known_places WHERE key = ANY (${keys}::text[]) AND ends_at > now()`.execute(
    db,
  );
  return rows.map(({ key }) => key);
}

/** This also deletes places without a sign-in during their whole time. */
export async function rememberPlaces(db: Db, keys: string[], lifeMs: number): Promise<void> {
  await sql`
    DELETE FROM xray.known_places WHERE key IN (
      SELECT key FROM xray.known_places WHERE ends_at <= now() FOR UPDATE SKIP LOCKED)`.execute(db);
  await sql`
    INSERT INTO xray.known_places (key, ends_at)
    SELECT key, now() + ${lifeMs}::bigint * interval '1 millisecond'
    FROM unnest(${keys}::text[]) AS t(key) ORDER BY key
    ON CONFLICT (key) DO UPDATE SET ends_at = excluded.ends_at`.execute(db);
}
