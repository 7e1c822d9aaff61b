import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildStepTree } from '@/features/timeline/step-tree';
import { layoutSpans, placeBar, ticksOf, zoomWindow } from '@/features/timeline/waterfall';

type Timed = Parameters<typeof layoutSpans>[1][number] & { parent?: number };

const T0 = '2026-11-22T14:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(T0) + ms).toISOString();
const layout = (steps: Timed[], execution = {}) =>
  layoutSpans(execution, steps, buildStepTree(steps));
const times = (steps: Timed[], execution = {}) =>
  layout(steps, execution).spans.map((span) => [span.startMs, span.endMs]);

describe('when steps ran', () => {
  it('counts from the start of the execution', () => {
    expect(times([{ startedAt: at(5), durationMs: 3 }], { startedAt: T0 })).toEqual([[5, 8]]);
  });

  it('counts from the first step when the execution has no start', () => {
    expect(
      times([
        { startedAt: at(7), durationMs: 1 },
        { startedAt: at(9), durationMs: 1 },
      ]),
    ).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('puts a step without a start after the one before it', () => {
    expect(times([{ durationMs: 4 }, { durationMs: 2 }])).toEqual([
      [0, 4],
      [4, 6],
    ]);
  });

  it('puts a nested step without a start at the start of its parent', () => {
    expect(times([{ durationMs: 4 }, { durationMs: 9 }, { parent: 1, durationMs: 2 }])).toEqual([
      [0, 4],
      [4, 13],
      [4, 6],
    ]);
  });

  it('stretches a step without a duration over its nested steps', () => {
    expect(times([{}, { parent: 0, durationMs: 5 }, { parent: 0, durationMs: 6 }])[0]).toEqual([
      0, 11,
    ]);
  });

  it('lets a running step last to the end', () => {
    expect(times([{ durationMs: 10 }, { status: 'running' }], { durationMs: 40 })[1]).toEqual([
      10, 40,
    ]);
  });

  it('lets a running execution last to its last flush', () => {
    const execution = { status: 'running', startedAt: T0, sentAt: at(5_000) };
    expect(layout([{ startedAt: T0, status: 'running' }], execution).extentMs).toBe(5_000);
  });

  it('uses a start before the execution as its start', () => {
    expect(times([{ startedAt: at(-50), durationMs: 1 }], { startedAt: T0 })).toEqual([[0, 1]]);
  });

  it('gives the idle time before a step', () => {
    const { spans } = layout(
      [
        { startedAt: at(3), durationMs: 4 },
        { startedAt: at(4), durationMs: 1 },
        { startedAt: at(9), durationMs: 6 },
        { startedAt: at(10), durationMs: 1, parent: 2 },
        { durationMs: 1 },
      ],
      { startedAt: T0 },
    );
    expect(spans.map(({ gapMs }) => gapMs)).toEqual([3, 0, 2, 1, 0]);
  });

  it('separates measured from inferred spans', () => {
    const [measured, inferred] = layout([
      { startedAt: T0, durationMs: 1, timing: 'measured' },
      { startedAt: at(1), durationMs: 1, timing: 'inferred' },
    ]).spans;
    expect(measured).toMatchObject({ startKnown: true, durationKnown: true });
    expect(inferred).toMatchObject({ startKnown: false, durationKnown: false });
  });

  it('has finite, ordered spans within the extent for any record', () => {
    const timed = fc.record({
      parent: fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined }),
      startedAt: fc.option(
        fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.constant('x'),
        ),
        { nil: null },
      ),
      durationMs: fc.option(fc.double(), { nil: null }),
      status: fc.constantFrom('running', 'completed', undefined),
    });
    fc.assert(
      fc.property(
        fc.array(timed, { maxLength: 16 }),
        fc.option(fc.double(), { nil: null }),
        (list, durationMs) => {
          const { spans, extentMs } = layout(list as Timed[], { startedAt: T0, durationMs });
          expect(extentMs).toBeGreaterThan(0);
          expect(Number.isFinite(extentMs)).toBe(true);
          for (const span of spans) {
            expect(span.startMs).toBeGreaterThanOrEqual(0);
            expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
            expect(span.endMs).toBeLessThanOrEqual(extentMs);
            expect(span.gapMs).toBeGreaterThanOrEqual(0);
            expect(span.gapMs).toBeLessThanOrEqual(span.startMs);
          }
        },
      ),
    );
  });
});

const windows = fc
  .tuple(
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.double({ min: 0.01, max: 1e9, noNaN: true }),
  )
  .map(([fromMs, lengthMs]) => ({ fromMs, toMs: fromMs + lengthMs }));

describe('bars in a track', () => {
  it('is as wide as its share of the window', () => {
    expect(placeBar({ startMs: 25, endMs: 75 }, { fromMs: 0, toMs: 100 }, 400, 40)).toMatchObject({
      leftPx: 100,
      widthPx: 200,
      labelPx: 306,
    });
  });

  it('puts the label before a bar that ends at the right, and inside one that fills the track', () => {
    const window = { fromMs: 0, toMs: 100 };
    expect(placeBar({ startMs: 80, endMs: 100 }, window, 400, 40)).toMatchObject({
      labelPx: 274,
      labelInside: false,
    });
    expect(placeBar({ startMs: 0, endMs: 100 }, window, 400, 40)).toMatchObject({
      labelPx: 354,
      labelInside: true,
    });
  });

  it('says on which side a hidden bar is', () => {
    const window = { fromMs: 100, toMs: 200 };
    expect(placeBar({ startMs: 0, endMs: 50 }, window, 400, 40).outside).toBe('before');
    expect(placeBar({ startMs: 300, endMs: 350 }, window, 400, 40).outside).toBe('after');
  });

  it('keeps bar and label within the track and apart from each other', () => {
    const spans = fc
      .tuple(
        fc.double({ min: 0, max: 2e9, noNaN: true }),
        fc.double({ min: 0, max: 2e9, noNaN: true }),
      )
      .map(([startMs, durationMs]) => ({ startMs, endMs: startMs + durationMs }));
    fc.assert(
      fc.property(
        spans,
        windows,
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 1, max: 120 }),
        (span, window, trackPx, labelWidthPx) => {
          const bar = placeBar(span, window, trackPx, labelWidthPx);
          expect(bar.leftPx).toBeGreaterThanOrEqual(0);
          expect(bar.leftPx + bar.widthPx).toBeLessThanOrEqual(trackPx + 1e-6);
          if (bar.labelPx === null) return;
          const labelEnd = bar.labelPx + labelWidthPx;
          expect(bar.labelPx).toBeGreaterThanOrEqual(0);
          expect(labelEnd).toBeLessThanOrEqual(trackPx + 1e-6);
          const barEnd = bar.leftPx + bar.widthPx;
          const apart = bar.labelPx > barEnd || labelEnd < bar.leftPx;
          const within = bar.labelPx > bar.leftPx && labelEnd < barEnd;
          expect(bar.labelInside ? within : apart).toBe(true);
        },
      ),
    );
  });
});

describe('the scale', () => {
  it('ticks at round times', () => {
    expect(ticksOf({ fromMs: 0, toMs: 12.4 }, 3)).toEqual([0, 5, 10]);
    expect(ticksOf({ fromMs: 130, toMs: 250 }, 4)).toEqual([150, 200, 250]);
  });

  it('never has more ticks than requested, all in the window and in order', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 40 }), (window, most) => {
        const ticks = ticksOf(window, most);
        expect(ticks.length).toBeLessThanOrEqual(most);
        for (const [index, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(window.fromMs);
          expect(tick).toBeLessThanOrEqual(window.toMs);
          expect(tick).toBeGreaterThan(ticks[index - 1] ?? -1);
        }
      }),
    );
  });

  it('zooms around a point within the extent', () => {
    expect(zoomWindow({ fromMs: 0, toMs: 100 }, 0.5, 50, 100)).toEqual({ fromMs: 25, toMs: 75 });
    expect(zoomWindow({ fromMs: 0, toMs: 50 }, 4, 0, 100)).toEqual({ fromMs: 0, toMs: 100 });
    fc.assert(
      fc.property(
        fc.double({ min: 0.0001, max: 1e13, noNaN: true }),
        fc.array(
          fc.tuple(
            fc.double({ min: 0.01, max: 20, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
          { maxLength: 12 },
        ),
        (extentMs, zooms) => {
          let window = { fromMs: 0, toMs: extentMs };
          for (const [factor, share] of zooms) {
            window = zoomWindow(
              window,
              factor,
              window.fromMs + share * (window.toMs - window.fromMs),
              extentMs,
            );
            expect(window.fromMs).toBeGreaterThanOrEqual(0);
            expect(window.toMs).toBeLessThanOrEqual(extentMs);
            expect(window.toMs).toBeGreaterThan(window.fromMs);
          }
        },
      ),
    );
  });
});
