import type { Histogram } from '@xray/core';

/** The value of a series. Null is no value; undefined is all other values together. */
export type SeriesValue = string | null | undefined;

/** One part of a bar, in px from the top left of the chart. */
export interface BarPart {
  value: SeriesValue;
  count: number;
  y: number;
  height: number;
}

export interface Bar {
  index: number;
  startMs: number;
  endMs: number;
  total: number;
  x: number;
  width: number;
  parts: BarPart[];
}

export interface HistogramLayout {
  bars: Bar[];
  /** The highest bar. */
  maxTotal: number;
}

const GAP_PX = 1;
/** A bar that is not empty has at least this height. */
const MIN_PART_PX = 1;

/**
 * Lays out stacked bars, the first series at the bottom. The highest bar fills the height, and
 * every bar that is not empty has at least a pixel. Nothing is outside, and bars never overlap.
 */
export function layOutHistogram(
  histogram: Pick<Histogram, 'from' | 'bucketMs' | 'series' | 'others'>,
  widthPx: number,
  heightPx: number,
): HistogramLayout {
  const { others } = histogram;
  const series: Series[] = [
    ...histogram.series,
    ...(others === null ? [] : [{ value: undefined, counts: others.counts }]),
  ];
  const count = Math.max(0, ...series.map(({ counts }) => counts.length));
  const fromMs = Date.parse(histogram.from);
  const slot = count === 0 ? 0 : Math.max(0, widthPx) / count;
  const gap = slot > 3 * GAP_PX ? GAP_PX : 0;
  const totals = Array.from({ length: count }, (_, index) =>
    series.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
  );
  const maxTotal = Math.max(0, ...totals);
  const bars = totals.map((total, index): Bar => {
    const startMs = fromMs + index * histogram.bucketMs;
    return {
      index,
      startMs,
      endMs: startMs + histogram.bucketMs,
      total,
      x: index * slot,
      width: Math.max(0, slot - gap),
      parts: partsOf(series, index, total, maxTotal, Math.max(0, heightPx)),
    };
  });
  return { bars, maxTotal };
}

interface Series {
  value: SeriesValue;
  counts: number[];
}

function partsOf(
  series: readonly Series[],
  index: number,
  total: number,
  maxTotal: number,
  heightPx: number,
): BarPart[] {
  if (total === 0 || maxTotal === 0) return [];
  const barPx = Math.min(heightPx, Math.max(MIN_PART_PX, (total / maxTotal) * heightPx));
  let at = heightPx;
  return series.flatMap(({ value, counts }) => {
    const count = counts[index] ?? 0;
    if (count === 0) return [];
    const height = (count / total) * barPx;
    at -= height;
    return [{ value, count, y: at, height }];
  });
}

/** The bar under a place, or else the nearest one. */
export function barAt(layout: HistogramLayout, x: number, widthPx: number): number {
  const { length } = layout.bars;
  if (length === 0 || widthPx <= 0) return 0;
  return Math.max(0, Math.min(length - 1, Math.floor((x / widthPx) * length)));
}

/** The time from the start of the earlier bar to the end of the later one, in ISO-8601. */
export function rangeOfBars(layout: HistogramLayout, a: number, b: number) {
  const first = layout.bars[Math.min(a, b)];
  const last = layout.bars[Math.max(a, b)];
  if (first === undefined || last === undefined) return null;
  return { from: new Date(first.startMs).toISOString(), to: new Date(last.endMs).toISOString() };
}
