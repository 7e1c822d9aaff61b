import { sql, type RawBuilder } from 'kysely';
import { isWithin } from '../rows.js';
import type { Condition, CountScope } from '../scope.js';

/**
 * The columns that are equal for all executions of one fingerprint, because the generated column is
 * computed from them.
 */
const ALIKE = sql`pipeline, environment, status, outcome, adverse, error_type, versions, reasons, decisive, rules,
  tags, course`;

/**
 * Adds the shared columns to each row of `groups` whose fingerprint meets the condition. The row's
 * `sample` names an execution to read them from.
 */
export function withAlike(groups: RawBuilder<unknown>, alike: Condition): RawBuilder<unknown> {
  return sql`SELECT g.*, e.* FROM ${groups} AS g CROSS JOIN LATERAL (
    SELECT ${ALIKE} FROM xray.executions WHERE id = g.sample OFFSET 0) AS e WHERE ${alike}`;
}

/**
 * The executions of a scope by fingerprint: their number (`n`), one of them (`sample`), and the
 * shared columns.
 */
export function countAlike(scope: CountScope): RawBuilder<unknown> {
  const groups = sql`(
    SELECT e.fingerprint, count(*) AS n, max(e.id) AS sample
    FROM xray.executions e WHERE ${isWithin(scope)} AND ${scope.where} GROUP BY e.fingerprint)`;
  return withAlike(groups, scope.alike);
}

/**
 * Numbers that are only sent back to the database, as the text of a bigint[]. Null if there are
 * none.
 */
export type Bigints = string | null;

/** All numbers of a column. */
export function bigints(column: RawBuilder<unknown>): RawBuilder<Bigints> {
  return sql`array_agg(${column})::text`;
}

/** Matches executions with one of the fingerprints. */
export function isOneOf(fingerprints: Bigints): Condition {
  return sql`e.fingerprint = ANY (${fingerprints ?? '{}'}::bigint[])`;
}

/** The number of hashes of ids, without the sign. */
const HASHES = 2 ** 31;

/** The hash that decides which executions are in a sample. */
export function hashOf(id: RawBuilder<unknown>): RawBuilder<number> {
  return sql`(hashint8(${id}) & ${sql.lit(HASHES - 1)})`;
}

/** Matches about `wanted` of `total` executions, always the same ones, by a hash of their ids. */
export function isDrawn(wanted: number, total: number): Condition {
  const below = Math.ceil(Math.min(1, total === 0 ? 0 : wanted / total) * HASHES);
  return sql`${hashOf(sql`e.id`)} < ${below}::bigint`;
}
