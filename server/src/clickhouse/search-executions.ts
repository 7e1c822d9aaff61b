import type { SearchMatch } from '@xray/core';
import type { FoundExecution } from '../store/answers.js';
import type { ExecutionScope, FoundPage, ListQuestion } from '../store/execution-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { READ_LIMIT_MS, type Db } from './client.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { isWithin, newestFirst, withoutRepeats } from './list-executions.js';
import { keysThatMayMatch } from './narrow.js';
import { Params } from './params.js';
import { readPlace, writePlace, type ListPlace } from './places.js';
import { isCurrent, readRecords } from './records.js';
import { SUMMARY, toFound, type SummaryRow } from './summaries.js';

/** Bodies that one page reads, at most. */
const MAX_LOOKED_INTO = 3_000;
const MAX_CHUNK = 200;
/** Bytes of bodies that one question keeps in memory at a time. A single body may be larger. */
const MAX_PIECE_BYTES = 8 * 1024 * 1024;

/** The rows of the next executions that may match, newest first; undefined at the end. */
type Source = (
  after: ListPlace | undefined,
  limit: number,
) => Promise<{ rows: SummaryRow[]; last: ListPlace | undefined }>;

/** Executions whose bodies have the filter's words and candidates, newest first. */
export async function searchExecutions(
  db: Db,
  threads: TaskThreads,
  question: ListQuestion,
): Promise<FoundPage> {
  const source = sourceOf(db, question);
  const endsAt = question.isWhole ? Infinity : performance.now() + READ_LIMIT_MS;
  const items: FoundExecution[] = [];
  let after = question.after === undefined ? undefined : readPlace(question.after);
  let size = question.limit + 1;
  let lookedInto = 0;
  for (;;) {
    const chunk = await source(after, Math.min(size, MAX_CHUNK));
    for (const rows of piecesOf(chunk.rows)) {
      items.push(...(await verify(db, threads, question, rows)));
      if (items.length > question.limit) {
        const page = items.slice(0, question.limit);
        return { items: page, next: placeAfter(page.at(-1)), notSearched: null };
      }
      lookedInto += rows.length;
      if (isEnough(question, lookedInto, endsAt)) {
        const last = rows.at(-1);
        return {
          items,
          next: last && writePlace({ key: last.at, id: last.id }),
          notSearched: null,
        };
      }
    }
    if (chunk.last === undefined) return { items, next: undefined, notSearched: null };
    after = chunk.last;
    size *= 2;
  }
}

function isEnough({ isWhole }: ListQuestion, lookedInto: number, endsAt: number): boolean {
  return !isWhole && (lookedInto >= MAX_LOOKED_INTO || performance.now() > endsAt);
}

function placeAfter(execution: FoundExecution | undefined): string | undefined {
  return execution && writePlace({ key: Date.parse(execution.at), id: execution.executionId });
}

function sourceOf(db: Db, question: ListQuestion): Source {
  if (keysThatMayMatch(question.filter, new Params()) === undefined) {
    return newestFirst(db, question, '-at');
  }
  return async (after, limit) => {
    const keys = await readKeys(db, question, after, limit);
    const last = keys.at(-1);
    return {
      rows: await readRows(db, question, keys),
      last: keys.length < limit || last === undefined ? undefined : { key: last.at, id: last.id },
    };
  };
}

interface Key {
  at: number;
  id: string;
}

async function readKeys(
  db: Db,
  question: ListQuestion,
  after: ListPlace | undefined,
  limit: number,
): Promise<Key[]> {
  const params = new Params();
  const conditions = [
    isWithin(question, params),
    ...(after === undefined
      ? []
      : [
          `at <= ${params.int(after.key)} AND (at, execution_id) < (${params.int(after.key)}, ${params.text(after.id)})`,
        ]),
  ].join(' AND ');
  const end = `ORDER BY at DESC, id DESC LIMIT ${params.int(limit)}`;
  const sources = keysThatMayMatch(question.filter, params) ?? [];
  if (sources.length === 0) return [];
  const parts = sources.map(
    (source) => `SELECT * FROM (SELECT DISTINCT at, id FROM (${source} AND ${conditions}) ${end})`,
  );
  const sql = `SELECT DISTINCT at, id FROM (${parts.join(' UNION ALL ')}) ${end}`;
  return await (question.isWhole ? db.readAll<Key>(sql, params) : db.read<Key>(sql, params));
}

/** The headers at these keys that match as far as columns can say, in the order of the keys. */
export async function readRows(
  db: Db,
  scope: ExecutionScope,
  keys: readonly Key[],
): Promise<SummaryRow[]> {
  if (keys.length === 0) return [];
  const params = new Params();
  const rows = await db.readAll<SummaryRow>(
    `SELECT ${SUMMARY} FROM executions WHERE app = ${params.text(scope.app)} AND gone = 0
      AND at IN ${params.ints(keys.map(({ at }) => at))}
      AND execution_id IN ${params.texts(keys.map(({ id }) => id))}
      AND ${compileWhatIsKnown(scope.filter, params, scope.nowMs)}
    ORDER BY at DESC, execution_id DESC`,
    params,
  );
  const wanted = new Set(keys.map(({ at, id }) => `${at} ${id}`));
  return withoutRepeats(rows).filter(({ at, id }) => wanted.has(`${at} ${id}`));
}

/** The rows whose current bodies match the filter, in the same order, with the places of its words. */
export async function verify(
  db: Db,
  threads: TaskThreads,
  { app, filter, nowMs, isWhole }: Pick<ListQuestion, 'app' | 'filter' | 'nowMs' | 'isWhole'>,
  rows: SummaryRow[],
): Promise<FoundExecution[]> {
  const ids = [...new Set(rows.map(({ id }) => id))];
  const records = await readRecords(db, app, ids, { withBody: true });
  const present = rows.flatMap((row) => {
    const record = records.get(row.id);
    return record !== undefined && isCurrent(row, record) ? [{ row, record }] : [];
  });
  const suspects = present.map(({ row, record }) => ({
    body: record.body,
    at: row.at,
    conflict: record.conflict,
  }));
  const maxMatches = isWhole ? 0 : undefined;
  const verdicts = await threads.run('verify', { query: filter, now: nowMs, maxMatches, suspects });
  return present.flatMap(({ row }, place) => {
    const matches: SearchMatch[] | null | undefined = verdicts[place];
    return matches ? [{ ...toFound(row), ...(!isWhole && { matches }) }] : [];
  });
}

/** The rows in order, split into pieces whose bodies fit into memory. */
function piecesOf(rows: SummaryRow[]): SummaryRow[][] {
  const pieces: SummaryRow[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    bytes += row.bytes;
    if (bytes > MAX_PIECE_BYTES) {
      pieces.push([]);
      bytes = row.bytes;
    }
    pieces.at(-1)?.push(row);
  }
  return pieces;
}
