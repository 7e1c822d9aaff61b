import { sql } from 'kysely';
import type { Sample } from '../../store/answers.js';
import { countScopeOf } from './conditions.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import type { BoundedScope } from '../../store/execution-store.js';
import { isWithin } from '../rows.js';
import { bigints, countAlike, isDrawn, isOneOf, type Bigints } from './fingerprints.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import type { CountScope } from '../scope.js';

type Db = Driver['db'];

export async function openSample(
  { db }: Engine,
  question: BoundedScope & { wanted: number },
): Promise<Sample> {
  const { executions, ids } = await draw(db, countScopeOf(question), question.wanted);
  return {
    executions,
    drawn: ids.length,
    readBodies: (from, count) => read(db, ids.slice(from, from + count)),
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
