import { sql, type RawBuilder } from 'kysely';
import { isWithin } from './executions.js';
import type { Condition, CountScope } from './scope.js';

/** What all executions of one fingerprint have alike: whatever the generated column is of. */
const ALIKE = sql`pipeline, environment, status, outcome, adverse, error_type, versions, reasons, decisive, rules,
  tags, course`;

/**
 * Each row of `groups`, which has a `sample`, with what all executions of its fingerprint have alike, as far as
 * the condition holds of it: read from the row of that one.
 */
export function withAlike(groups: RawBuilder<unknown>, alike: Condition): RawBuilder<unknown> {
  return sql`SELECT g.*, e.* FROM ${groups} AS g CROSS JOIN LATERAL (
    SELECT ${ALIKE} FROM xray.executions WHERE id = g.sample OFFSET 0) AS e WHERE ${alike}`;
}

/** The executions of a scope by fingerprint: how many (`n`), one of them (`sample`), and what they have alike. */
export function countAlike(scope: CountScope): RawBuilder<unknown> {
  const groups = sql`(
    SELECT e.fingerprint, count(*) AS n, max(e.id) AS sample
    FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY e.fingerprint)`;
  return withAlike(groups, scope.alike);
}

/** Numbers that only go back to the database, as the text of a bigint[]. Null for none. */
export type Bigints = string | null;

/** All numbers of a column. */
export function bigints(column: RawBuilder<unknown>): RawBuilder<Bigints> {
  return sql`array_agg(${column})::text`;
}

/** Holds for those of one of the fingerprints. */
export function isOneOf(fingerprints: Bigints): Condition {
  return sql`e.fingerprint = ANY (${fingerprints ?? '{}'}::bigint[])`;
}

/** The number of hashes of ids, without their sign. */
const HASHES = 2 ** 31;

/** The hash by which executions are drawn. */
export function hashOf(id: RawBuilder<unknown>): RawBuilder<number> {
  return sql`(hashint8(${id}) & ${sql.lit(HASHES - 1)})`;
}

/** Holds for about `wanted` of `total` executions, always the same ones, by a hash of their ids. */
export function isDrawn(wanted: number, total: number): Condition {
  const below = Math.ceil(Math.min(1, total === 0 ? 0 : wanted / total) * HASHES);
  return sql`${hashOf(sql`e.id`)} < ${below}::bigint`;
}
