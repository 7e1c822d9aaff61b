import { sql } from 'kysely';
import { compileWhatIsKnown } from './compile-filter.js';
import type { Engine } from './engine.js';
import type { ExecutionStore } from '../../store/execution-store.js';
import type { ExportedExecution } from '../../store/execution-record.js';
import { exportRows } from './export-rows.js';
import { isSearch } from '../../store/fields.js';
import { toSearchRange } from './narrow.js';
import { readTimePlace, writeTimePlace } from '../places.js';
import type { ListedExecution } from '../scope.js';

type ExportQuestion = Parameters<ExecutionStore['exportExecutions']>[0];
type ExportPage = Awaited<ReturnType<ExecutionStore['exportExecutions']>>;

/** Search results that are read at a time, and their bytes. */
const FOUND_AT_ONCE = 200;
const FOUND_BYTES = 4 * 1024 * 1024;

export async function exportExecutions(
  engine: Engine,
  question: ExportQuestion,
): Promise<ExportPage> {
  const { filter, nowMs, sort } = question;
  const after = readTimePlace(question.after);
  const where = compileWhatIsKnown(filter, nowMs);
  if (isSearch(filter)) {
    if (sort !== '-at') throw new TypeError('a search finds the newest first');
    const { items, next } = await engine.search.find({
      range: toSearchRange(question),
      query: filter,
      where,
      before: after && { at: after.at.getTime(), id: after.id },
      limit: FOUND_AT_ONCE,
      maxBytes: FOUND_BYTES,
      now: nowMs,
      maxMatches: 0,
      isWhole: true,
    });
    return {
      items: await exportFound(engine, question.app, items),
      next: next && writeTimePlace(next),
    };
  }
  const rows = await exportRows(engine.db, { ...question, where, after });
  const last = rows.at(-1);
  return { items: rows, next: last && writeTimePlace(last) };
}

async function exportFound(
  { db }: Engine,
  app: string,
  found: ListedExecution[],
): Promise<ExportedExecution[]> {
  if (found.length === 0) return [];
  const where = sql<boolean>`e.id = ANY (${found.map(({ id }) => id)}::bigint[])`;
  const all: ExportedExecution[] = [];
  let after: { at: Date; id: number } | undefined;
  for (;;) {
    const scope = { app, where, from: undefined, to: undefined, sort: '-at', after } as const;
    const rows = await exportRows(db, scope);
    after = rows.at(-1);
    if (after === undefined) return all;
    all.push(...rows);
  }
}
