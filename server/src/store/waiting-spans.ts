import type { OtlpSettings } from '@xray/core';
import type { Driver } from './driver.js';
import * as due from './due-traces.js';
import * as results from './otlp-results.js';
import * as recent from './recent-traces.js';
import { saveSlices } from './save-slices.js';
import type { DueTrace, Slice, SliceOutcome, Waiting } from './waiting-trace.js';

type Db = Driver['db'];

/** All that the store does for spans that wait. */
export interface WaitingStore {
  saveSlices(slices: Slice[], now: Date): Promise<SliceOutcome[]>;
  takeDue(now: Date, limit: number): Promise<DueTrace[]>;
  forgetClosed(now: Date): Promise<void>;
  readSlices(trace: Pick<DueTrace, 'app' | 'traceId'>): ReturnType<typeof due.readSlices>;
  settleTrace(
    trace: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
    done: Parameters<typeof due.settleTrace>[2],
  ): Promise<void>;
  closeTrace(
    trace: Pick<DueTrace, 'app' | 'traceId' | 'led'>,
    slices: number,
    forgetAt: Date,
  ): Promise<void>;
  listClosable(app: string, limit: number): Promise<DueTrace[]>;
  listOpenTraces: (
    app: string,
    after: string,
    limit: number,
  ) => ReturnType<typeof due.listOpenTraces>;
  measureWaiting(app?: string): Promise<Waiting[]>;
  count(app: string, counts: Parameters<typeof results.countOtlp>[2], now: Date): Promise<void>;
  readCounts(app: string): Promise<results.OtlpCount[]>;
  readSettings(app: string): Promise<OtlpSettings | undefined>;
  /** The traces whose spans are still kept, the newest first. */
  listRecent(app: string, limit: number): Promise<DueTrace[]>;
  /** Executions that spans gave and whose spans are gone, the newest first. */
  listRecords(app: string, limit: number): Promise<recent.RecordOfSpans[]>;
  eraseWaiting(app: string, executionIds: string[]): Promise<void>;
}

export function waitingStore(db: Db): WaitingStore {
  return {
    saveSlices: (slices, now) => saveSlices(db, slices, now),
    takeDue: (now, limit) => due.takeDue(db, now, limit),
    forgetClosed: (now) => due.forgetClosed(db, now),
    readSlices: (trace) => due.readSlices(db, trace),
    settleTrace: (trace, done) => due.settleTrace(db, trace, done),
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
