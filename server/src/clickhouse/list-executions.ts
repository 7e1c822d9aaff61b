import type { ExecutionSort } from '@xray/core';
import type {
  ExecutionRange,
  ExecutionScope,
  FoundPage,
  ListQuestion,
} from '../store/execution-store.js';
import type { Db } from './client.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { Params } from './params.js';
import { readPlace, writePlace, type ListPlace } from './places.js';
import { isCurrent, readRecords } from './records.js';
import { SUMMARY, toFound, type SummaryRow } from './summaries.js';

const KEYS: Record<ExecutionSort, { column: string; order: 'ASC' | 'DESC' }> = {
  at: { column: 'at', order: 'ASC' },
  '-at': { column: 'at', order: 'DESC' },
  duration: { column: 'ifNull(duration_ms, -1)', order: 'ASC' },
  '-duration': { column: 'ifNull(duration_ms, -1)', order: 'DESC' },
  received: { column: 'toUnixTimestamp64Milli(received_at)', order: 'ASC' },
  '-received': { column: 'toUnixTimestamp64Milli(received_at)', order: 'DESC' },
};
/** More rows than a page needs, because a few may be older versions. */
const SPARE_ROWS = 10;

/** The condition that every question over executions begins with. */
export function isWithin({ app, from, to }: ExecutionRange, params: Params): string {
  return [
    `app = ${params.text(app)}`,
    ...(from === undefined ? [] : [`at >= ${params.int(from.getTime())}`]),
    ...(to === undefined ? [] : [`at < ${params.int(to.getTime())}`]),
  ].join(' AND ');
}

/** A page of the list for a filter without words. */
export async function listExecutions(db: Db, question: ListQuestion): Promise<FoundPage> {
  const rows = newestFirst(db, question, question.sort);
  let after = question.after === undefined ? undefined : readPlace(question.after);
  const items: SummaryRow[] = [];
  for (;;) {
    const page = await rows(after, question.limit + 1 - items.length + SPARE_ROWS);
    items.push(...page.rows);
    if (items.length > question.limit || page.last === undefined) break;
    after = page.last;
  }
  const shown = items.slice(0, question.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toFound),
    next:
      items.length > shown.length && last !== undefined
        ? writePlace(placeOf(last, question.sort))
        : undefined,
    notSearched: null,
  };
}

export interface CurrentRows {
  rows: SummaryRow[];
  /** Where the next rows begin; undefined at the end. */
  last: ListPlace | undefined;
}

/**
 * Reads rows in order without merging their versions, which costs a part of it, and drops those that are not the
 * current version of their execution.
 */
export function newestFirst(
  db: Db,
  scope: ExecutionScope & { isWhole?: boolean },
  sort: ExecutionSort,
): (after: ListPlace | undefined, limit: number) => Promise<CurrentRows> {
  const { column, order } = KEYS[sort];
  return async (after, limit) => {
    const params = new Params();
    const conditions = [
      isWithin(scope, params),
      'gone = 0',
      compileWhatIsKnown(scope.filter, params, scope.nowMs),
      ...(after === undefined ? [] : [isBeyond(after, sort, params)]),
    ];
    // With ties, since versions of one execution have the same key and the next page begins behind it.
    const sql = `SELECT ${SUMMARY} FROM executions WHERE ${conditions.join(' AND ')}
      ORDER BY ${column} ${order}, execution_id ${order} LIMIT ${params.int(limit)} WITH TIES`;
    const rows = await (scope.isWhole
      ? db.readAll<SummaryRow>(sql, params)
      : db.read<SummaryRow>(sql, params));
    const end = rows.at(-1);
    return {
      rows: await currentOf(db, scope.app, withoutRepeats(rows)),
      last: rows.length < limit || end === undefined ? undefined : placeOf(end, sort),
    };
  };
}

function isBeyond({ key, id }: ListPlace, sort: ExecutionSort, params: Params): string {
  const { column, order } = KEYS[sort];
  const last = sort.endsWith('duration') ? params.float(key) : params.int(key);
  const beyond = order === 'DESC' ? '<' : '>';
  // The first part lets the engine skip to the place in the table's own order.
  return `${column} ${beyond}= ${last} AND (${column}, execution_id) ${beyond} (${last}, ${params.text(id)})`;
}

/** The rows that are the current version of their execution, in the same order. */
export async function currentOf<Row extends Pick<SummaryRow, 'id' | 'at' | 'version'>>(
  db: Db,
  app: string,
  rows: Row[],
): Promise<Row[]> {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map(({ id }) => id))];
  const records = await readRecords(db, app, ids, { withBody: false });
  return rows.filter((row) => {
    const record = records.get(row.id);
    return record !== undefined && isCurrent(row, record);
  });
}

/** A flush that arrived twice is two rows until the engine merges them. */
export function withoutRepeats(rows: SummaryRow[]): SummaryRow[] {
  const seen = new Set<string>();
  return rows.filter(({ id, version }) => {
    const key = `${id} ${version}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

export function placeOf(row: SummaryRow, sort: ExecutionSort): ListPlace {
  switch (sort) {
    case 'at':
    case '-at':
      return { key: row.at, id: row.id };
    case 'received':
    case '-received':
      return { key: row.received, id: row.id };
    case 'duration':
    case '-duration':
      return { key: row.duration_ms ?? -1, id: row.id };
  }
}
