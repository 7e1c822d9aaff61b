import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barAt, layOutHistogram, rangeOfBars } from '@/components/histogram/histogram-layout';

const FROM = '2026-11-22T00:00:00.000Z';
const histograms = fc.integer({ min: 0, max: 120 }).chain((buckets) =>
  fc
    .array(fc.array(fc.nat(1_000_000), { minLength: buckets, maxLength: buckets }), {
      maxLength: 6,
    })
    .map((counts) => ({
      from: FROM,
      bucketMs: 60_000,
      series: counts.slice(1).map((each, index) => ({
        value: index === 0 ? null : `outcome ${index}`,
        counts: each,
      })),
      others: counts[0] === undefined ? null : { values: 7, counts: counts[0] },
    })),
);

describe('the histogram', () => {
  it('keeps every part within the chart and apart from all others, for any counts and size', () => {
    fc.assert(
      fc.property(histograms, fc.nat(3_000), fc.nat(400), (histogram, widthPx, heightPx) => {
        const { bars } = layOutHistogram(histogram, widthPx, heightPx);
        let right = 0;
        for (const bar of bars) {
          expect(bar.x).toBeGreaterThanOrEqual(right - 1e-6);
          right = bar.x + bar.width;
          let foot = heightPx;
          for (const part of bar.parts) {
            expect(part.height).toBeGreaterThanOrEqual(0);
            expect(part.y + part.height).toBeCloseTo(foot, 6);
            foot = part.y;
          }
          expect(foot).toBeGreaterThanOrEqual(-1e-6);
          expect(bar.parts.reduce((sum, part) => sum + part.count, 0)).toBe(bar.total);
        }
        expect(right).toBeLessThanOrEqual(widthPx + 1e-6);
      }),
    );
  });

  it('draws the highest bar over the whole height, and shows one execution among a million', () => {
    const { bars } = layOutHistogram(
      {
        from: FROM,
        bucketMs: 1_000,
        series: [{ value: 'a', counts: [1_000_000, 1, 0] }],
        others: null,
      },
      300,
      60,
    );
    expect(bars.map((bar) => bar.parts[0]?.height ?? 0)).toEqual([60, 1, 0]);
  });

  it('finds the bar under a place, and the time range of bars', () => {
    const layout = layOutHistogram(
      {
        from: FROM,
        bucketMs: 60_000,
        series: [{ value: 'a', counts: [1, 2, 3, 4] }],
        others: null,
      },
      400,
      60,
    );
    expect([-5, 0, 150, 399, 900].map((x) => barAt(layout, x, 400))).toEqual([0, 0, 1, 3, 3]);
    expect(rangeOfBars(layout, 2, 1)).toEqual({
      from: '2026-11-22T00:01:00.000Z',
      to: '2026-11-22T00:03:00.000Z',
    });
    expect(
      rangeOfBars(
        layOutHistogram({ from: FROM, bucketMs: 1, series: [], others: null }, 1, 1),
        0,
        0,
      ),
    ).toBe(null);
  });
});
