import { snapshotSchema } from '@xray/core';
import { type Execution, type Snapshot, type XRayOptions, XRaySDK } from '@xray/sdk';
import { afterEach, beforeEach, expect } from 'vitest';

import { type Sink, startSink } from './sink.js';

/** The sink of the running test. */
export let sink: Sink;
/** The client of the running test, which delivers to the sink. */
export let xray: XRaySDK;

/** Gives each test of the file a new sink and a new client. */
export function setUpRecording(options: Partial<XRayOptions> = {}): void {
  beforeEach(async () => {
    sink = await startSink();
    xray = new XRaySDK({
      apiKey: 'xr_test',
      appId: 'app',
      pipeline: 'work',
      endpoint: sink.endpoint,
      ...options,
    });
  });
  afterEach(() => sink.close());
}

/** Returns all snapshots that arrived, each validated with core's schema. */
export async function delivered() {
  expect(await xray.flush()).toBe(true);
  return sink.snapshots.map((snapshot) => snapshotSchema.parse(snapshot));
}

/** Returns the last snapshot that arrived, validated. */
export async function last() {
  expect(await xray.flush()).toBe(true);
  return snapshotSchema.parse(sink.snapshots.at(-1));
}

/** Records an execution with `tell`, and returns the valid snapshot as it arrived. */
export async function recorded(tell: (execution: Execution) => void): Promise<Snapshot> {
  const execution = xray.startExecution();
  tell(execution);
  execution.completeExecution();
  await last();
  return sink.snapshots.at(-1) as Snapshot;
}
