import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutLine, pathOf } from '@/components/charts/line';
import { placeMarkers } from '@/components/charts/markers';
import { durationTicks, timeTicks, valueTicks } from '@/components/charts/scale';
import { layoutStack } from '@/components/charts/stack';

const any = fc.double();
const size = fc.integer({ min: 0, max: 4_000 });
const HOUR_MS = 3_600_000;

describe('stacked columns', () => {
  it('puts the first series at the bottom, and scales to the greatest column', () => {
    const pieces = layoutStack(
      [
        [1, 2],
        [1, 0],
      ],
      { widthPx: 100, heightPx: 40 },
    );
    expect(pieces).toMatchObject([
      { series: 0, bucket: 0, x: 0, y: 20, height: 20 },
      { series: 1, bucket: 0, x: 0, y: 0, height: 20 },
      { series: 0, bucket: 1, x: 50, y: 0, height: 40 },
    ]);
  });

  it('stays within its box, never overlaps and is never NaN, for any numbers', () => {
    const series = fc.array(fc.array(any, { maxLength: 12 }), { maxLength: 5 });
    fc.assert(
      fc.property(series, size, size, (counts, widthPx, heightPx) => {
        const pieces = layoutStack(counts, { widthPx, heightPx });
        for (const { x, y, width, height } of pieces) {
          expect([x, y, width, height].every(Number.isFinite)).toBe(true);
          expect(Math.min(x, y, width, height)).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(widthPx + 1e-6);
          expect(y + height).toBeLessThanOrEqual(heightPx + 1e-6);
        }
        for (const upper of pieces) {
          for (const lower of pieces) {
            if (upper === lower) continue;
            const beside =
              upper.x + upper.width <= lower.x + 1e-6 || lower.x + lower.width <= upper.x + 1e-6;
            const above =
              upper.y + upper.height <= lower.y + 1e-6 || lower.y + lower.height <= upper.y + 1e-6;
            expect(beside || above).toBe(true);
          }
        }
      }),
    );
  });
});

describe('scales', () => {
  it('uses the units of a clock for long durations', () => {
    expect(durationTicks(1_000_000, 3)).toEqual([0, 900_000, 1_800_000]);
    expect(durationTicks(190, 3)).toEqual([0, 100, 200]);
    expect(durationTicks(0, 3)).toEqual([0]);
  });

  it('has round values up to the first that is at least the greatest', () => {
    expect(valueTicks(190, 3)).toEqual([0, 100, 200]);
    expect(valueTicks(0.7, 3)).toEqual([0, 0.5, 1]);
    expect(valueTicks(0, 3)).toEqual([0]);
  });

  it('has rising finite values that reach the greatest, for any numbers', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-250, max: 1e250, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (most, count) => {
          const ticks = valueTicks(most, count);
          expect(ticks.length).toBeLessThanOrEqual(2 * count + 3);
          expect(ticks.every((tick, index) => index === 0 || tick > (ticks[index - 1] ?? 0))).toBe(
            true,
          );
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        },
      ),
    );
    fc.assert(
      fc.property(any, (most) => {
        expect(valueTicks(most, 3).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('ticks at round times of the zone within the range', () => {
    const at = (iso: string) => Date.parse(iso);
    expect(
      timeTicks(at('2026-11-22T00:10:00Z'), at('2026-11-22T12:10:00Z'), 4).map((ms) =>
        new Date(ms).toISOString().slice(11, 16),
      ),
    ).toEqual(['03:00', '06:00', '09:00', '12:00']);
    expect(
      timeTicks(at('2026-11-20T00:00:00Z'), at('2026-11-22T00:00:00Z'), 2, HOUR_MS).map((ms) =>
        new Date(ms).toISOString().slice(11, 16),
      ),
    ).toEqual(['23:00', '23:00']);
    const instant = fc.integer({ min: -8e12, max: 8e12 });
    fc.assert(
      fc.property(instant, instant, fc.integer({ min: 1, max: 12 }), (fromMs, toMs, count) => {
        const ticks = timeTicks(fromMs, toMs, count);
        expect(ticks.length).toBeLessThanOrEqual(count + 1);
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(fromMs);
          expect(tick).toBeLessThanOrEqual(toMs);
        }
      }),
    );
  });
});

describe('lines', () => {
  it('breaks at a missing value, and keeps every point in its box', () => {
    const box = { widthPx: 40, heightPx: 10, most: 10 };
    expect(layoutLine([10, null, 0, 5], box)).toEqual([
      [{ x: 5, y: 0 }],
      [
        { x: 25, y: 10 },
        { x: 35, y: 5 },
      ],
    ]);
    fc.assert(
      fc.property(fc.array(fc.option(any)), size, size, any, (values, widthPx, heightPx, most) => {
        for (const run of layoutLine(values, { widthPx, heightPx, most })) {
          for (const { x, y } of run) {
            expect(x >= 0 && x <= widthPx && y >= 0 && y <= heightPx).toBe(true);
          }
          expect(pathOf(run)).not.toContain('NaN');
        }
      }),
    );
  });
});

describe('markers', () => {
  it('merges markers that are too close', () => {
    const placed = placeMarkers(
      [
        { atMs: 90, label: 'c' },
        { atMs: 10, label: 'a' },
        { atMs: 12, label: 'b' },
        { atMs: 200, label: 'outside' },
      ],
      { fromMs: 0, toMs: 100, widthPx: 1_000 },
    );
    expect(placed).toEqual([
      { x: 100, labels: ['a', 'b'], roomPx: 800, side: 'after' },
      { x: 900, labels: ['c'], roomPx: 100, side: 'after' },
    ]);
  });

  it("writes a lone marker's text before it if there is room", () => {
    const placed = placeMarkers([{ atMs: 98, label: 'a' }], { fromMs: 0, toMs: 100, widthPx: 500 });
    expect(placed).toEqual([{ x: 490, labels: ['a'], roomPx: 490, side: 'before' }]);
  });

  it('never overlap, and keep every instant of the range', () => {
    const instants = fc.array(
      fc.record({ atMs: fc.integer({ min: -50, max: 150 }), label: fc.string() }),
    );
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 2_000 }), (labels, widthPx) => {
        const placed = placeMarkers(labels, { fromMs: 0, toMs: 100, widthPx });
        for (const [index, marker] of placed.entries()) {
          const next = placed[index + 1]?.x ?? widthPx;
          const [from, to] = marker.side === 'after' ? [marker.x, next] : [0, marker.x];
          expect(from + marker.roomPx).toBeCloseTo(to);
          expect(marker.side === 'after' || index === 0).toBe(true);
          expect(marker.x).toBeLessThanOrEqual(widthPx);
        }
        const inside = labels.filter(({ atMs }) => atMs >= 0 && atMs <= 100);
        expect(placed.flatMap((each) => each.labels)).toHaveLength(inside.length);
      }),
    );
  });
});
