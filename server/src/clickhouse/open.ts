import type { ExecutionStore } from '../store/execution-store.js';
import { isSearch } from '../store/fields.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { openClickHouse, type ClickHouseSettingsOf } from './client.js';
import { countFound } from './count-scope.js';
import { countByTime, countFacets, listReleases } from './counts.js';
import { readFlow } from './flows.js';
import { listExecutions } from './list-executions.js';
import { migrate } from './migrations.js';
import { listPipelines, readOverTime } from './pipelines.js';
import { readExecution } from './read-execution.js';
import { saveExecutions } from './save-executions.js';
import { searchExecutions } from './search-executions.js';

/** The methods of the contract that exist so far. The configuration refuses ClickHouse until all do. */
export type ClickHouseStore = Pick<
  ExecutionStore,
  | 'kind'
  | 'limits'
  | 'migrate'
  | 'ping'
  | 'close'
  | 'saveExecutions'
  | 'readExecution'
  | 'listExecutions'
  | 'countFacets'
  | 'countByTime'
  | 'listReleases'
  | 'listPipelines'
  | 'readOverTime'
  | 'readFlow'
>;

/** `threads` read bodies. */
export function openClickHouseStore(
  settings: ClickHouseSettingsOf,
  threads: TaskThreads,
): ClickHouseStore {
  const db = openClickHouse(settings);
  return {
    kind: 'clickhouse',
    limits: { batchesAtOnce: 4, heavyReadsAtOnce: 4 },
    migrate: () => migrate(db),
    ping: () => db.ping(),
    close: () => db.close(),
    saveExecutions: (records) => saveExecutions(db, records),
    readExecution: (app, executionId) => readExecution(db, app, executionId),
    listExecutions: (question) =>
      isSearch(question.filter)
        ? searchExecutions(db, threads, question)
        : listExecutions(db, question),
    countFacets: (question) =>
      countFound(db, threads, question, (source) => countFacets(db, source, question.values)),
    countByTime: (question) =>
      countFound(db, threads, question, (source) =>
        countByTime(db, source, { ...question, originMs: question.origin.getTime() }),
      ),
    listReleases: (question) =>
      countFound(db, threads, question, (source) => listReleases(db, source, question.newFromMs)),
    listPipelines: (range) => listPipelines(db, range),
    readOverTime: (question) => readOverTime(db, question),
    readFlow: (question) => readFlow(db, question),
  };
}
