import { sql } from 'kysely';
import type { CaseLink, LinkedFrom } from '@xray/core';
import type { Driver } from './driver.js';
import { SUMMARY, toListed } from './executions.js';
import { isoOf } from './instant.js';
import type { ListedExecution } from './scope.js';

type Db = Driver['db'];

/** A row of the list with its links. */
export type LinkedExecution = ListedExecution & { links: CaseLink[] };

/** The newest executions that link to one, the oldest of them first. */
export async function listLinksTo(
  db: Db,
  app: string,
  executionId: string,
  limit: number,
): Promise<LinkedFrom[]> {
  const { rows } = await sql<Omit<LinkedFrom, 'at'> & { at: Date; id: number }>`
    SELECT e.id, e.execution_id AS "executionId", l.relation, e.outcome, e.at
    FROM xray.executions e, unnest(e.linked, e.relations) AS l(target, relation)
    WHERE e.linked <> '{}' AND e.linked @> ARRAY[${executionId}]::text[] AND e.app = ${app}
      AND l.target = ${executionId}
    ORDER BY e.at DESC, e.id DESC, l.relation LIMIT ${limit}`.execute(db);
  return rows.toReversed().map(({ executionId: from, relation, outcome, at }) => ({
    executionId: from,
    relation,
    outcome,
    at: isoOf(at),
  }));
}

/** The executions about a subject among these: their number, and the newest ones. */
export interface AboutSubject {
  executions: number;
  newest: number[];
}

export async function findAbout(
  db: Db,
  app: string,
  ids: number[],
  { type, id }: { type: string; id: string },
  limit: number,
): Promise<AboutSubject> {
  if (ids.length === 0) return { executions: 0, newest: [] };
  const { rows } = await sql<{ id: number; executions: number }>`
    SELECT e.id, count(*) OVER ()::integer AS executions FROM xray.executions e
    WHERE e.app = ${app} AND e.id = ANY (${ids}::bigint[])
      AND e.subjects @> ${JSON.stringify([{ type, id }])}::jsonb
    ORDER BY e.at DESC, e.id DESC LIMIT ${limit}`.execute(db);
  return { executions: rows[0]?.executions ?? 0, newest: rows.map((row) => row.id) };
}

/** Rows of the list by their ids, with their links, in no order. */
export async function listLinked(db: Db, ids: number[]): Promise<LinkedExecution[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('executions as e')
    .select([...SUMMARY, 'linked', 'relations'])
    .where(sql<boolean>`e.id = ANY (${ids}::bigint[])`)
    .execute();
  return rows.map((row) => ({
    ...toListed(row),
    links: row.linked.map((executionId, place) => ({
      executionId,
      relation: row.relations[place] ?? '',
    })),
  }));
}

/** Rows of executions that link to one of these, or that one of these links to; the newest first. */
export async function findNeighbours(
  db: Db,
  app: string,
  { executionIds, targets, limit }: { executionIds: string[]; targets: string[]; limit: number },
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM (
      SELECT e.id, e.at FROM xray.executions e
      WHERE e.app = ${app} AND e.execution_id = ANY (${targets}::text[])
      UNION
      SELECT e.id, e.at FROM xray.executions e
      WHERE e.app = ${app} AND e.linked <> '{}' AND e.linked && ${executionIds}::text[]
    ) AS near
    ORDER BY at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}
