import type { OtlpSettings } from '@xray/core';
import type { DueTrace, Slice, SliceOutcome, Waiting, Settled } from './waiting-trace.js';

export interface OtlpCount {
  result: string;
  count: number;
  lastAt: Date;
  lastMessage: string;
}

export interface RecordOfSpans {
  traceId: string;
  body: string;
}

/** All that the store does for spans that wait. */
export interface WaitingStore {
  saveSlices(slices: Slice[], now: Date): Promise<SliceOutcome[]>;
  takeDue(now: Date, limit: number): Promise<DueTrace[]>;
  forgetClosed(now: Date): Promise<void>;
  readSlices(
    trace: Pick<DueTrace, 'app' | 'traceId'>,
  ): Promise<{ body: Uint8Array; environments: string[] | null }[]>;
  /** Notes what was assembled of traces. One with more slices by now is due again at once. */
  settleTraces(settled: Settled[]): Promise<void>;
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
  ) => Promise<{ traceId: string; slices: number }[]>;
  measureWaiting(app?: string): Promise<Waiting[]>;
  count(
    app: string,
    counts: { result: string; count: number; message: string }[],
    now: Date,
  ): Promise<void>;
  readCounts(app: string): Promise<OtlpCount[]>;
  readSettings(app: string): Promise<OtlpSettings | undefined>;
  /** The traces whose spans are still kept, the newest first. */
  listRecent(app: string, limit: number): Promise<DueTrace[]>;
  /** Executions that spans gave and whose spans are gone, the newest first. */
  listRecords(app: string, limit: number): Promise<RecordOfSpans[]>;
  eraseWaiting(app: string, executionIds: string[]): Promise<void>;
}
