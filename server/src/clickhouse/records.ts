import type { Status } from '@xray/core';
import { isConflict } from '@xray/core';
import type { Db } from './client.js';
import { Params } from './params.js';
import { decodeState, type EncodedState } from './rank.js';

/** Ids in one statement. They are a part of its address, whose length servers limit. */
const IDS_AT_ONCE = 2_000;

/** The stored version of an execution, and what is remembered of its flushes. */
export interface StoredRecord {
  executionId: string;
  encoded: EncodedState;
  state: ReturnType<typeof decodeState>['state'];
  epoch: number;
  conflict: boolean;
  atMs: number;
  receivedAtMs: number;
  environment: string;
  status: Status;
  /** The environments that the winner's sender may write; null means any. */
  senderEnvironments: string[] | null;
  bytes: number;
  /** Empty if it was not asked for. */
  body: string;
}

interface Row {
  id: string;
  rank: string;
  lowest: string;
  running: string;
  least: string | null;
  greatest: string | null;
  at: number;
  received: number;
  environment: string;
  status: Status;
  sender: string;
  bytes: number;
  body: string;
}

/** The records of executions of one app, by id. Unknown ids are left out. */
export async function readRecords(
  db: Db,
  app: string,
  ids: readonly string[],
  { withBody }: { withBody: boolean },
): Promise<Map<string, StoredRecord>> {
  const found = new Map<string, StoredRecord>();
  for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
    const params = new Params();
    const some = ids.slice(from, from + IDS_AT_ONCE);
    // The best row holds the winner. Its parts are read apart, so the text is only read when it is wanted. The same
    // flush can be there with two times of receipt, so its place is more than its rank.
    const rows = await db.readAll<Row>(
      `WITH (winner.rank, winner.at, winner.received_at) AS place
      SELECT execution_id AS id, toString(max(winner.rank)) AS rank, toString(max(r.lowest)) AS lowest,
        toString(max(r.running)) AS running, min(least_instance) AS least, max(greatest_instance) AS greatest,
        argMax(winner.at, place) AS at,
        toUnixTimestamp64Milli(argMax(winner.received_at, place)) AS received,
        argMax(winner.environment, place) AS environment, argMax(winner.status, place) AS status,
        argMax(winner.sender, place) AS sender, argMax(winner.bytes, place) AS bytes,
        ${withBody ? 'argMax(winner.body, place)' : "''"} AS body
      FROM records AS r
      WHERE app = ${params.text(app)} AND execution_id IN ${params.texts(some)}
      GROUP BY execution_id`,
      params,
    );
    for (const row of rows) found.set(row.id, toRecord(row));
  }
  return found;
}

function toRecord(row: Row): StoredRecord {
  const encoded = {
    rank: BigInt(row.rank),
    lowest: BigInt(row.lowest),
    running: BigInt(row.running),
    leastInstance: row.least,
    greatestInstance: row.greatest,
  };
  const { state, epoch } = decodeState(encoded);
  return {
    executionId: row.id,
    encoded,
    state,
    epoch,
    conflict: isConflict(state),
    atMs: row.at,
    receivedAtMs: row.received,
    environment: row.environment,
    status: row.status,
    senderEnvironments: row.sender === '' ? null : (JSON.parse(row.sender) as string[]),
    bytes: row.bytes,
    body: row.body,
  };
}

/** Whether a row of `executions` is the current version of its execution. */
export function isCurrent(
  { at, version }: { at: number; version: string },
  { atMs, encoded, conflict }: StoredRecord,
): boolean {
  return atMs === at && BigInt(version) === ((encoded.rank << 1n) | BigInt(conflict));
}
