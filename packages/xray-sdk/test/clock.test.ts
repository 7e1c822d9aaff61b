import { snapshotSchema } from '@xray/core';
import { XRaySDK } from '@xray/sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { answer, type Sink, startSink } from './sink.js';

let sink: Sink;

beforeEach(async () => {
  sink = await startSink();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
  await sink.close();
});

/** Makes every recording call that reads a clock. */
async function recordAll(SDK: typeof XRaySDK) {
  const { endpoint } = sink;
  const xray = new SDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'clock', endpoint });
  const execution = xray.startExecution();
  execution.recordStep({ name: 'recorded' });
  await execution.step('stepped', async () => {});
  execution.checkpoint();
  execution.completeExecution();
  const isFlushed = await xray.flush();
  return { isFlushed, stats: xray.stats() };
}

const DELIVERED = {
  isFlushed: true,
  stats: { delivered: 1, queued: 0, dropped: { superseded: 1 } },
};
const { now } = Date;

let calls = 0;

const walls: [string, () => unknown][] = [
  ['stands still', () => 1_700_000_000_000],
  ['stands at 0', () => 0],
  ['is before 1970', () => -1e12],
  ['is before the year 1', () => -1e14],
  ['is after the year 9999', () => 1e15],
  ['is not a number', () => Number.NaN],
  ['is infinite', () => Infinity],
  ['has a fraction', () => 1_700_000_000_000.25],
  ['gives nothing', () => undefined],
  ['gives a text', () => '2026-01-01'],
  ['gives a bigint', () => 1_700_000_000_000n],
  [
    'throws',
    () => {
      throw new Error('no clock');
    },
  ],
  ['jumps by years', () => now() + (Math.random() - 0.5) * 1e12],
];

describe.each([
  ['after', false],
  ['before', true],
])('replaced %s the SDK was loaded', (_when, isBefore) => {
  /** Loads the SDK afresh, with the current clocks as its real clocks. */
  async function load(): Promise<typeof XRaySDK> {
    if (!isBefore) return XRaySDK;
    vi.resetModules();
    return (await import('@xray/sdk')).XRaySDK;
  }

  test.each(walls)('a wall clock that %s costs no record', async (_what, read) => {
    vi.spyOn(Date, 'now').mockImplementation(read as () => number);
    expect(await recordAll(await load())).toMatchObject(DELIVERED);
    for (const snapshot of sink.snapshots) {
      expect(snapshotSchema.safeParse(snapshot).success).toBe(true);
    }
  });

  test('a Date that always returns the same time costs no record', async () => {
    const fixed = new Date(0);
    vi.stubGlobal('Date', function () {
      return fixed;
    });
    expect(await recordAll(await load())).toMatchObject(DELIVERED);
  });

  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['has no `now`', {}],
    ['is not a number', { now: () => Number.NaN }],
    ['stands still', { now: () => 5 }],
    ['goes back', { now: () => 1e6 - (calls += 1) }],
    [
      'throws',
      {
        now: () => {
          throw new Error('no clock');
        },
      },
    ],
  ])('a monotonic clock that %s costs no record', async (_what, performance) => {
    vi.stubGlobal('performance', performance);
    expect(await recordAll(await load())).toMatchObject(DELIVERED);
    const { durationMs, steps } = sink.snapshots[0] ?? {};
    for (const duration of [durationMs, ...(steps ?? []).map((step) => step.durationMs)]) {
      expect(duration).toBeGreaterThanOrEqual(0);
    }
  });
});

test('a record has the fixed time that a test sets', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2020, 1, 2, 3, 4, 5, 6));
  await recordAll(XRaySDK);
  expect(sink.snapshots[0]?.startedAt).toBe('2020-02-02T03:04:05.006Z');
});

test('stopped fake timers block neither delivery, nor retries, nor waiting calls', async () => {
  vi.useFakeTimers();
  expect(await recordAll(XRaySDK)).toMatchObject(DELIVERED);
  const { endpoint } = sink;
  const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'clock', endpoint });
  sink.behaviour = answer(503);
  xray.startExecution().completeExecution();
  expect(await xray.flush(50)).toBe(false);
  sink.behaviour = (request, response) => {
    sink.behaviour = answer(401);
    answer(503)(request, response);
  };
  expect(await xray.flush()).toBe(true);
  expect(xray.stats().dropped).toEqual({ unauthorized: 1 });
});
