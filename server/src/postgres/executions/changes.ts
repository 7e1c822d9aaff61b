import { readChangedRows, type ChangedRow } from '../change-rows.js';
import { compileWhatIsKnown } from './compile-filter.js';
import type { Engine } from './engine.js';
import { UnusablePlace } from '../../store/errors.js';
import type { ChangePage, ChangesQuestion } from '../../store/execution-store.js';
import { isSearch } from '../../store/fields.js';

/**
 * A horizon is a transaction number. Everything written below it is visible, and nothing new
 * appears below it.
 */
interface Cursor {
  horizon: string;
  /** The last row of the page before. */
  after: { xact: string; id: number } | undefined;
}

/** Rows at or above the horizon come again, together with rows that were not visible yet. */
export async function readChanges(engine: Engine, question: ChangesQuestion): Promise<ChangePage> {
  const { app, filter, nowMs, known, limit } = question;
  const cursor = readCursor(question.since);
  const { horizon, rows } = await readChangedRows(engine.db, {
    app,
    where: compileWhatIsKnown(filter, nowMs),
    since: cursor?.horizon,
    after: cursor?.after,
    limit,
  });
  // The cursor of a deleted database may be in the future, and nothing would ever arrive there.
  if (cursor === undefined || BigInt(cursor.horizon) > BigInt(horizon)) {
    return { items: [], cursor: horizon, hasMore: false, again: new Set() };
  }
  const next = cursor.after === undefined ? horizon : cursor.horizon;
  const last = rows.at(-1);
  const hasMore = rows.length === limit && last !== undefined;
  const fresh = rows.filter((row) => !known.has(versionOf(row)));
  return {
    items: await select(engine, question, fresh),
    cursor: hasMore ? `${next}.${last.xact}.${last.id}` : next,
    hasMore,
    again: new Set(rows.filter(({ xact }) => BigInt(xact) >= BigInt(next)).map(versionOf)),
  };
}

async function select(
  { search }: Engine,
  { filter, nowMs, signal = new AbortController().signal }: ChangesQuestion,
  rows: ChangedRow[],
): Promise<ChangePage['items']> {
  if (!isSearch(filter)) return rows.map(({ summary }) => summary);
  const found = await search.select({ query: filter, now: nowMs }, rows, signal);
  return found.map(({ summary, matches }) => ({ ...summary, matches }));
}

function versionOf({ id, xact }: ChangedRow): string {
  return `${id} ${xact}`;
}

function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const [, horizon, xact, id] = /^(\d{1,19})(?:\.(\d{1,19})\.(\d{1,15}))?$/.exec(text) ?? [];
  if (horizon === undefined) throw new UnusablePlace();
  return { horizon, after: xact === undefined ? undefined : { xact, id: Number(id) } };
}
