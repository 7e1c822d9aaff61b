import type { ExportedExecution } from '../store/execution-record.js';
import type { ExecutionStore } from '../store/execution-store.js';
import { isSearch } from '../store/fields.js';
import type { TaskThreads } from '../threads/task-threads.js';
import type { Db } from './client.js';
import { newestFirst } from './list-executions.js';
import { readPlace, writePlace, type ListPlace } from './places.js';
import { readRecords, type StoredRecord } from './records.js';
import { searchExecutions } from './search-executions.js';

type ExportQuestion = Parameters<ExecutionStore['exportExecutions']>[0];
type ExportPage = Awaited<ReturnType<ExecutionStore['exportExecutions']>>;

const AT_ONCE = 200;
/** Bodies that one statement reads. */
const READ_AT_ONCE = 20;
const MAX_BYTES = 4 * 1024 * 1024;

/** The next executions with their bodies. A page has no more of them than fit into memory. */
export async function exportExecutions(
  db: Db,
  threads: TaskThreads,
  question: ExportQuestion,
): Promise<ExportPage> {
  const { keys, next } = await nextKeys(db, threads, question);
  const items: ExportedExecution[] = [];
  let bytes = 0;
  let last: ListPlace | undefined;
  for (let from = 0; from < keys.length; from += READ_AT_ONCE) {
    if (bytes > MAX_BYTES) return { items, next: last && writePlace(last) };
    const some = keys.slice(from, from + READ_AT_ONCE);
    const ids = some.map(({ id }) => id);
    const records = await readRecords(db, question.app, ids, { withBody: true });
    last = some.at(-1);
    for (const id of ids) {
      const record = records.get(id);
      if (record === undefined) continue;
      bytes += record.bytes;
      items.push(toExported(id, record));
    }
  }
  return { items, next };
}

function toExported(executionId: string, { state, ...record }: StoredRecord): ExportedExecution {
  const { winner: _winner, ...merge } = state;
  return {
    executionId,
    body: record.body,
    bytes: record.bytes,
    status: record.status,
    receivedAt: new Date(record.receivedAtMs),
    conflict: record.conflict,
    merge,
    spans: [],
  };
}

async function nextKeys(
  db: Db,
  threads: TaskThreads,
  question: ExportQuestion,
): Promise<{ keys: ListPlace[]; next: string | undefined }> {
  if (isSearch(question.filter)) {
    if (question.sort !== '-at') throw new TypeError('a search finds the newest first');
    const page = await searchExecutions(db, threads, {
      ...question,
      limit: AT_ONCE,
      isWhole: true,
    });
    const keys = page.items.map(({ at, executionId }) => ({
      key: Date.parse(at),
      id: executionId,
    }));
    return { keys, next: page.next };
  }
  const after = question.after === undefined ? undefined : readPlace(question.after);
  const read = newestFirst(db, { ...question, isWhole: true }, question.sort);
  const { rows, last } = await read(after, AT_ONCE);
  const keys = rows.map(({ at, id }) => ({ key: at, id }));
  return { keys, next: last && writePlace(last) };
}
