import { UnusablePlace } from '../store/errors.js';
import type { ChangePage, ChangesQuestion } from '../store/execution-store.js';
import { isSearch } from '../store/fields.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { Db } from './client.js';
import { compileWhatIsKnown } from './compile-filter.js';
import { currentOf, withoutRepeats } from './list-executions.js';
import { Params } from './params.js';
import { verify } from './search-executions.js';
import { SUMMARY, toFound, type SummaryRow } from './summaries.js';

/**
 * A write carries the clock of its server at the attempt, and is visible later. An attempt ends within ten seconds,
 * and clocks differ by less than that, so nothing new appears this long before now, in ms.
 */
const SETTLED_AFTER_MS = 30_000;

/** The time from which changes are read, and the last row of the page before. */
interface Cursor {
  fromMs: number;
  after: { storedMs: number; id: string } | undefined;
}

type ChangedRow = SummaryRow & { stored: number };

/** Rows that are not settled yet are found again by the next read. */
export async function readChanges(
  db: Db,
  threads: TaskThreads,
  question: ChangesQuestion,
): Promise<ChangePage> {
  const now = await readClock(db);
  const cursor = question.since === undefined ? undefined : readCursor(question.since);
  const settledMs = now - SETTLED_AFTER_MS;
  // The cursor of another database may be in the future, and nothing would ever arrive there.
  if (cursor === undefined || cursor.fromMs > now) {
    return { items: [], cursor: String(now), hasMore: false, again: new Set() };
  }
  const rows = await readRows(db, question, cursor);
  const last = rows.at(-1);
  const hasMore = rows.length >= question.limit && last !== undefined;
  const fresh = withoutRepeats(rows.filter((row) => !question.known.has(versionOf(row))));
  // The next poll begins where everything is settled, but never before the place where this stream began.
  const nextMs = Math.max(cursor.fromMs, settledMs);
  return {
    items: isSearch(question.filter)
      ? await verify(db, threads, question, fresh)
      : (await currentOf(db, question.app, fresh)).map(toFound),
    cursor: hasMore ? `${cursor.fromMs}.${last.stored}.${last.id}` : String(nextMs),
    hasMore,
    again: new Set(rows.filter(({ stored }) => stored >= nextMs).map(versionOf)),
  };
}

async function readRows(
  db: Db,
  { app, filter, nowMs, limit }: ChangesQuestion,
  { fromMs, after }: Cursor,
): Promise<ChangedRow[]> {
  const params = new Params();
  const beyond =
    after === undefined
      ? 'true'
      : `(stored, id) > (${params.int(after.storedMs)}, ${params.text(after.id)})`;
  // A version that was stored twice counts at its first time, so a later page does not find it again.
  return await db.read<ChangedRow>(
    `SELECT * FROM (
      SELECT ${SUMMARY}, toUnixTimestamp64Milli(stored_at) AS stored FROM executions
      WHERE app = ${params.text(app)} AND stored_at >= fromUnixTimestamp64Milli(${params.int(fromMs)})
        AND gone = 0 AND ${compileWhatIsKnown(filter, params, nowMs)}
      ORDER BY stored LIMIT 1 BY id, version)
    WHERE ${beyond} ORDER BY stored, id LIMIT ${params.int(limit)} WITH TIES`,
    params,
  );
}

/** The engine's clock, since writes carry it. */
async function readClock(db: Db): Promise<number> {
  const rows = await db.readAll<{ now: number }>(
    'SELECT toUnixTimestamp64Milli(now64(3)) AS now',
    new Params(),
  );
  return rows[0]?.now ?? Date.now();
}

/** A version that arrived twice is one. */
function versionOf({ id, version }: ChangedRow): string {
  return `${id} ${version}`;
}

function readCursor(text: string): Cursor {
  const [, from, stored, id] = /^(\d{1,15})(?:\.(\d{1,15})\.([\w.:-]{1,128}))?$/.exec(text) ?? [];
  if (from === undefined) throw new UnusablePlace();
  return {
    fromMs: Number(from),
    after: stored === undefined || id === undefined ? undefined : { storedMs: Number(stored), id },
  };
}
