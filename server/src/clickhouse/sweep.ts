import { groupBy } from '../group-by.js';
import type { Db } from './client.js';
import { markConflict, removeHeader } from './headers.js';
import { Params } from './params.js';
import { readRecords } from './records.js';

/** Two servers that save one execution at the same time are done long before this, in seconds. */
const LOOK_BACK_S = 3_600;
const MAX_EXECUTIONS = 10_000;

interface Header {
  app: string;
  id: string;
  /** Each key of its rows, and the greatest version there, which says whether the row is gone. */
  keys: [at: number, version: string, gone: number][];
}

/**
 * Repairs what two servers left that saved one execution at the same time: a header without the bit of its
 * conflict, and a second header at another start. The winner itself cannot be wrong. Returns the repairs.
 */
export async function sweep(db: Db): Promise<number> {
  const params = new Params();
  const headers = await db.readAll<Header>(
    `SELECT app, execution_id AS id, groupArray((at, newest, gone_there)) AS keys FROM (
      SELECT app, execution_id, at, toString(max(version)) AS newest,
        argMax(gone, (version, gone)) AS gone_there, count() AS n
      FROM executions WHERE stored_at >= now64(3) - ${params.int(LOOK_BACK_S)}
      GROUP BY app, execution_id, at)
    GROUP BY app, execution_id HAVING sum(n) > 1
    LIMIT ${params.int(MAX_EXECUTIONS)}`,
    params,
  );
  let repairs = 0;
  for (const [app, group] of groupBy(headers, (header) => header.app)) {
    const ids = group.map(({ id }) => id);
    const records = await readRecords(db, app, ids, { withBody: false });
    for (const { id, keys } of group) {
      const record = records.get(id);
      if (record === undefined) continue;
      for (const [at, version, gone] of keys) {
        if (at !== record.atMs) {
          if (gone === 1) continue;
          await removeHeader(db, app, at, id);
        } else {
          const isMarked = (BigInt(version) & 1n) === 1n || !record.conflict;
          if (isMarked || gone === 1) continue;
          await markConflict(db, app, record);
        }
        repairs += 1;
      }
    }
  }
  return repairs;
}
