import { sql } from 'kysely';
import type { Driver } from './driver.js';
import { isWithin } from './executions.js';
import { bigints, countAlike, isDrawn, isOneOf, type Bigints } from './fingerprints.js';
import { AGGREGATE_LIMIT_MS, readWithin } from './read-within.js';
import type { CountScope } from './scope.js';

type Db = Driver['db'];

/** Bodies of the executions that a question draws. */
export interface DrawnBodies {
  /**
   * Counts the executions of a scope, and draws about `wanted` of them by a hash: always the same ones. Throws a
   * ReadTooLong.
   */
  draw(scope: CountScope, wanted: number): Promise<{ executions: number; ids: number[] }>;
  /** The bodies of executions that still exist, in the order of their ids. */
  read(ids: readonly number[]): Promise<string[]>;
}

export function drawnBodies(db: Db): DrawnBodies {
  return {
    draw: (scope, wanted) => draw(db, scope, wanted),
    read: (ids) => read(db, ids),
  };
}

async function draw(
  db: Db,
  scope: CountScope,
  wanted: number,
): Promise<{ executions: number; ids: number[] }> {
  return await readWithin(db, AGGREGATE_LIMIT_MS, async (tx) => {
    const counted = await sql<{ executions: number; fingerprints: Bigints }>`
      WITH known AS (${countAlike(scope)})
      SELECT coalesce(sum(n), 0)::integer AS executions, ${bigints(sql`fingerprint`)} AS fingerprints
      FROM known`.execute(tx);
    const { executions, fingerprints } = counted.rows[0] ?? { executions: 0, fingerprints: null };
    const drawn = await sql<{ ids: number[] }>`
      SELECT coalesce(json_agg(id ORDER BY id), '[]') AS ids FROM xray.executions e
      WHERE ${isWithin(scope)} AND ${scope.where} AND ${isDrawn(wanted, executions)}
        AND ${isOneOf(fingerprints)}`.execute(tx);
    return { executions, ids: drawn.rows[0]?.ids ?? [] };
  });
}

async function read(db: Db, ids: readonly number[]): Promise<string[]> {
  const { rows } = await sql<{ body: string }>`
    SELECT body FROM xray.bodies WHERE execution = ANY (${ids}::bigint[]) ORDER BY execution`.execute(
    db,
  );
  return rows.map(({ body }) => body);
}
