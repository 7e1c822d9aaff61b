import type { ExecutionStore } from '../store/execution-store.js';
import { isSearch } from '../store/fields.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { openClickHouse, type ClickHouseSettingsOf } from './client.js';
import { readChanges } from './changes.js';
import { countFound } from './count-scope.js';
import { countByTime, countFacets, listReleases } from './counts.js';
import { exportExecutions } from './exports.js';
import { readFlow } from './flows.js';
import { countRoles, listLinksTo, readCandidateHistory, readSubjectHistory } from './histories.js';
import { listExecutions } from './list-executions.js';
import { migrate } from './migrations.js';
import { listPipelines, readOverTime } from './pipelines.js';
import { writePlace } from './places.js';
import { readExecution } from './read-execution.js';
import { readRecords } from './records.js';
import { saveExecutions } from './save-executions.js';
import { searchExecutions } from './search-executions.js';
import { startSweeping } from './sweep-job.js';

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
  | 'readChanges'
  | 'findPlace'
  | 'exportExecutions'
  | 'readCandidateHistory'
  | 'readSubjectHistory'
  | 'countRoles'
  | 'listLinksTo'
  | 'startJobs'
  | 'tidy'
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
    readChanges: (question) => readChanges(db, threads, question),
    async findPlace(app, executionId) {
      const record = (await readRecords(db, app, [executionId], { withBody: false })).get(
        executionId,
      );
      return record && writePlace({ key: record.atMs, id: executionId });
    },
    exportExecutions: (question) => exportExecutions(db, threads, question),
    readCandidateHistory: (question) => readCandidateHistory(db, threads, question),
    readSubjectHistory: (question) => readSubjectHistory(db, threads, question),
    countRoles: (range, id) => countRoles(db, range, id),
    listLinksTo: (app, executionId, limit) => listLinksTo(db, app, executionId, limit),
    startJobs: (deps) => startSweeping(db, deps),
    // ClickHouse merges by itself.
    tidy: async () => {},
  };
}
