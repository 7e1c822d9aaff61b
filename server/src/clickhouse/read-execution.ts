import type { StoredExecution } from '../store/execution-record.js';
import type { Db } from './client.js';
import { readRecords } from './records.js';

export async function readExecution(
  db: Db,
  app: string,
  executionId: string,
): Promise<StoredExecution | undefined> {
  const record = (await readRecords(db, app, [executionId], { withBody: true })).get(executionId);
  return (
    record && {
      body: record.body,
      bytes: record.bytes,
      status: record.status,
      receivedAt: new Date(record.receivedAtMs),
      conflict: record.conflict,
    }
  );
}
