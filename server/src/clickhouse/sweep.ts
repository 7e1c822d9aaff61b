import { groupBy } from '../group-by.js';
import type { Db } from './client.js';
import { removeHeader, writeHeader } from './headers.js';
import { Params } from './params.js';
import { readRecords, type StoredRecord } from './records.js';

/** Two servers that save one execution at the same time are done long before this, in seconds. */
const LOOK_BACK_S = 300;
const IDS_AT_ONCE = 1_000;

/** An execution with several flushes, and where they put its row. */
interface Flushed {
  app: string;
  id: string;
  ats: number[];
}

/** The newest row of an execution at a key. */
interface Header {
  id: string;
  at: number;
  version: string;
  gone: number;
}

/**
 * Repairs what two servers left that saved one execution at the same time: a header without the bit of its
 * conflict, a deleted one, and a second one at another start. The winner itself cannot be wrong. Returns the
 * number of repairs.
 */
export async function sweep(db: Db): Promise<number> {
  const params = new Params();
  const flushed = await db.readAll<Flushed>(
    `SELECT app, execution_id AS id, groupUniqArray(at) AS ats FROM search
    WHERE stored_at >= now64(3) - ${params.int(LOOK_BACK_S)}
    GROUP BY app, execution_id HAVING count() > 1`,
    params,
  );
  let repairs = 0;
  for (const [app, group] of groupBy(flushed, (each) => each.app)) {
    for (let from = 0; from < group.length; from += IDS_AT_ONCE) {
      repairs += await repair(db, app, group.slice(from, from + IDS_AT_ONCE));
    }
  }
  return repairs;
}

async function repair(db: Db, app: string, flushed: Flushed[]): Promise<number> {
  const ids = flushed.map(({ id }) => id);
  const records = await readRecords(db, app, ids, { withBody: false });
  const params = new Params();
  const headers = await db.readAll<Header>(
    `SELECT execution_id AS id, at, toString(max(version)) AS version,
      argMax(gone, (version, stored_at, gone)) AS gone
    FROM executions WHERE app = ${params.text(app)} AND execution_id IN ${params.texts(ids)}
      AND at IN ${params.ints([...new Set(flushed.flatMap(({ ats }) => ats))])}
    GROUP BY execution_id, at`,
    params,
  );
  let repairs = 0;
  for (const header of headers) {
    const record = records.get(header.id);
    if (record === undefined || isRight(header, record)) continue;
    if (header.at === record.atMs) await writeHeader(db, app, record);
    else await removeHeader(db, app, header.at, header.id);
    repairs += 1;
  }
  return repairs;
}

function isRight({ at, version, gone }: Header, { atMs, conflict }: StoredRecord): boolean {
  if (at !== atMs) return gone === 1;
  return gone === 0 && (!conflict || (BigInt(version) & 1n) === 1n);
}
