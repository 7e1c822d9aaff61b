import type { ExecutionStore } from '../store/execution-store.js';
import { openClickHouse, type ClickHouseSettingsOf } from './client.js';
import { listExecutions } from './list-executions.js';
import { migrate } from './migrations.js';
import { readExecution } from './read-execution.js';
import { saveExecutions } from './save-executions.js';

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
>;

export function openClickHouseStore(settings: ClickHouseSettingsOf): ClickHouseStore {
  const db = openClickHouse(settings);
  return {
    kind: 'clickhouse',
    limits: { batchesAtOnce: 4, heavyReadsAtOnce: 4 },
    migrate: () => migrate(db),
    ping: () => db.ping(),
    close: () => db.close(),
    saveExecutions: (records) => saveExecutions(db, records),
    readExecution: (app, executionId) => readExecution(db, app, executionId),
    listExecutions: (question) => listExecutions(db, question),
  };
}
