import type { Driver } from '../driver.js';
import * as due from './due-traces.js';
import * as results from './otlp-results.js';
import * as recent from './recent-traces.js';
import { saveSlices } from './save-slices.js';
import type { WaitingStore } from '../../store/waiting-store.js';

type Db = Driver['db'];

export function waitingStore(db: Db): WaitingStore {
  return {
    saveSlices: (slices, now) => saveSlices(db, slices, now),
    takeDue: (now, limit) => due.takeDue(db, now, limit),
    forgetClosed: (now) => due.forgetClosed(db, now),
    readSlices: (trace) => due.readSlices(db, trace),
    settleTraces: (settled) => due.settleTraces(db, settled),
    closeTrace: (trace, slices, forgetAt) => due.closeTrace(db, trace, slices, forgetAt),
    listClosable: (app, limit) => due.listClosable(db, app, limit),
    listOpenTraces: (app, after, limit) => due.listOpenTraces(db, app, after, limit),
    measureWaiting: (app) => due.measureWaiting(db, app),
    count: (app, counts, now) => results.countOtlp(db, app, counts, now),
    readCounts: (app) => results.readOtlpCounts(db, app),
    readSettings: (app) => results.readOtlpSettings(db, app),
    listRecent: (app, limit) => recent.listRecent(db, app, limit),
    listRecords: (app, limit) => recent.listRecords(db, app, limit),
    eraseWaiting: (app, executionIds) => due.eraseWaiting(db, app, executionIds),
  };
}
