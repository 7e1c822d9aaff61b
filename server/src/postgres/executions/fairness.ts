import { sql, type RawBuilder } from 'kysely';
import type { FairnessCount } from '@xray/core';
import type { KeyedDecision, Place } from '../../store/answers.js';
import { conditionOf } from './conditions.js';
import type { Driver } from '../driver.js';
import type { FairnessScope, KeyedScope } from '../../store/execution-store.js';
import { isWithin } from '../rows.js';
import { instant } from '../instant.js';
import { AGGREGATE_LIMIT_MS, readWithin } from '../read-within.js';
import { readTimePlace, writeTimePlace } from '../places.js';
import type { RowScope } from '../scope.js';

type Db = Driver['db'];

/** Decisions by the values of a field, of the factors, and by outcome; at most `limit` rows. Throws a ReadTooLong. */
export async function countByGroup(
  db: Db,
  question: FairnessScope & { by: string; limit: number },
): Promise<FairnessCount[]> {
  const scope = rowsOf(question);
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<FairnessCount>`
      SELECT "group", factors, outcome, favourable, count(*)::integer AS count FROM (
        SELECT ${fieldOf(scope.by)} AS "group", ${facts(scope)} FROM xray.executions e WHERE ${isDecided(scope)}
      ) AS decided GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${question.limit}`.execute(tx),
  );
  return rows;
}

/** The next decisions in the order of their time, with the ids that a file can name. Throws a ReadTooLong. */
export async function listKeyed(
  db: Db,
  question: KeyedScope & { after: Place | undefined; limit: number },
): Promise<{ items: KeyedDecision[]; next: Place | undefined }> {
  const scope = rowsOf(question);
  const after = readTimePlace(question.after);
  const keys =
    scope.key === 'execution'
      ? sql`ARRAY[e.execution_id]`
      : sql`ARRAY(SELECT s->>'id' FROM jsonb_array_elements(e.subjects) AS s
          WHERE ${scope.subjectType ?? null}::text IS NULL OR s->>'type' = ${scope.subjectType ?? null}::text)`;
  const isAfter =
    after === undefined
      ? sql`true`
      : sql`(e.at, e.id) > (${instant(after.at.getTime())}, ${after.id}::bigint)`;
  const { rows } = await readWithin(db, AGGREGATE_LIMIT_MS, (tx) =>
    sql<KeyedDecision & { id: number; at: Date }>`
      SELECT e.id, e.at, ${keys} AS keys, ${facts(scope)} FROM xray.executions e
      WHERE ${isDecided(scope)} AND ${isAfter} ORDER BY e.at, e.id LIMIT ${question.limit}`.execute(
      tx,
    ),
  );
  const last = rows.at(-1);
  const hasMore = rows.length === question.limit && last !== undefined;
  return { items: rows, next: hasMore ? writeTimePlace(last) : undefined };
}

function rowsOf<Question extends FairnessScope>(question: Question): Question & RowScope {
  return { ...question, where: conditionOf(question.filter, question.nowMs) };
}

function facts({ within, outcome }: FairnessScope): RawBuilder<unknown> {
  const factors = within.map(fieldOf);
  const favourable =
    outcome === null ? sql`e.adverse IS NOT TRUE` : sql`e.outcome = ${outcome}::text`;
  return sql`ARRAY[${sql.join(factors.length === 0 ? [] : factors)}]::text[] AS factors, e.outcome,
    ${favourable} AS favourable`;
}

/** Undecided executions have no rate. */
function isDecided(scope: RowScope): RawBuilder<unknown> {
  return sql`${isWithin(scope)} AND ${scope.where} AND e.outcome IS NOT NULL AND e.status <> 'running'`;
}

function fieldOf(field: string): RawBuilder<unknown> {
  if (field === 'env') return sql`e.environment`;
  if (field === 'pipeline') return sql`e.pipeline`;
  const [kind, name] = [field.slice(0, field.indexOf('.')), field.slice(field.indexOf('.') + 1)];
  return kind === 'version' ? sql`e.versions->>${name}::text` : sql`e.metadata->>${name}::text`;
}
