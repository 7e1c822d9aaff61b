import { sql } from 'kysely';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, type CaseLink, type LinkedFrom } from '@xray/core';
import type { CaseExecutions, LinkedExecution } from '../../store/answers.js';
import type { Driver } from '../driver.js';
import type { Engine } from './engine.js';
import type { ExecutionRange, ExecutionStore } from '../../store/execution-store.js';
import { SUMMARY, toListed } from '../rows.js';
import { isoOf } from '../instant.js';
import { findRow } from './export-rows.js';
import { notSearchedOf } from './narrow.js';
import type { ListedExecution } from '../scope.js';

type Db = Driver['db'];

/** A row of the list with its links. */
type LinkedRow = ListedExecution & { links: CaseLink[] };

/** Executions that a case lists: the newest about the subject, then what is linked to them. */
const MAX_ABOUT = 200;
const MAX_LINKED = 100;
/** Links are followed so far: the appeal against the review of a retry is three away. */
const MAX_STEPS = 4;

export async function readCase(
  engine: Engine,
  { app, from, to, subject }: ExecutionRange & { subject: { type: string; id: string } },
): Promise<CaseExecutions> {
  const range = {
    app,
    from: from?.getTime() ?? FIRST_INSTANT_MS,
    to: to?.getTime() ?? LAST_INSTANT_MS,
  };
  const written = `${subject.type}/${subject.id}`;
  const { found, left } = await engine.search.findFact(range, 'subject', '', written);
  const ids = [...new Set(found.ids)];
  const { executions, newest } = await findAbout(engine.db, app, ids, subject);
  const about = await listLinked(engine.db, newest);
  const { linked, more } = await followLinks(engine, app, about);
  const isAbout = ({ summary }: LinkedRow): boolean =>
    summary.subjects.some(({ type, id }) => type === subject.type && id === subject.id);
  const alsoAbout = linked.filter(isAbout).length;
  return {
    executions,
    about: about.map(toLinked),
    linked: linked.map((row) => ({ ...toLinked(row), isAbout: isAbout(row) })),
    // A linked execution may be too new to be among the counted ones.
    more: Math.max(0, executions - newest.length - alsoAbout) + more,
    notSearched: notSearchedOf(left),
  };
}

export async function readLinked(
  engine: Engine,
  app: string,
  executionId: string,
): ReturnType<ExecutionStore['readLinked']> {
  const row = await findRow(engine.db, app, executionId);
  if (row === undefined) return undefined;
  const own = await listLinked(engine.db, [row.id]);
  const [execution] = own;
  if (execution === undefined) return undefined;
  const { linked } = await followLinks(engine, app, own);
  return { execution: toLinked(execution), linked: linked.map(toLinked) };
}

function toLinked({ summary, links }: LinkedRow): LinkedExecution {
  return { ...summary, links };
}

/** The executions that links lead to, in both directions. `more` counts those beyond the limit, as far as seen. */
async function followLinks(
  { db }: Engine,
  app: string,
  about: LinkedRow[],
): Promise<{ linked: LinkedRow[]; more: number }> {
  const known = new Set(about.map(({ id }) => id));
  const linked: LinkedRow[] = [];
  let last = about;
  let more = 0;
  for (let step = 0; step < MAX_STEPS && last.length > 0; step++) {
    const near = await findNeighbours(db, app, {
      executionIds: last.map(({ summary }) => summary.executionId),
      targets: [...new Set(last.flatMap(({ links }) => links.map((link) => link.executionId)))],
      limit: MAX_ABOUT + MAX_LINKED,
    });
    const fresh = near.filter((id) => !known.has(id));
    const taken = fresh.slice(0, MAX_LINKED - linked.length);
    more += fresh.length - taken.length;
    for (const id of taken) known.add(id);
    last = await listLinked(db, taken);
    linked.push(...last);
  }
  return { linked, more };
}

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
interface AboutSubject {
  executions: number;
  newest: number[];
}

async function findAbout(
  db: Db,
  app: string,
  ids: number[],
  { type, id }: { type: string; id: string },
): Promise<AboutSubject> {
  if (ids.length === 0) return { executions: 0, newest: [] };
  const { rows } = await sql<{ id: number; executions: number }>`
    SELECT e.id, count(*) OVER ()::integer AS executions FROM xray.executions e
    WHERE e.app = ${app} AND e.id = ANY (${ids}::bigint[])
      AND e.subjects @> ${JSON.stringify([{ type, id }])}::jsonb
    ORDER BY e.at DESC, e.id DESC LIMIT ${MAX_ABOUT}`.execute(db);
  return { executions: rows[0]?.executions ?? 0, newest: rows.map((row) => row.id) };
}

/** Rows of the list by their ids, with their links, in no order. */
async function listLinked(db: Db, ids: number[]): Promise<LinkedRow[]> {
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
async function findNeighbours(
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
