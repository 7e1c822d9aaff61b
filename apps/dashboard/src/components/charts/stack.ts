/** One coloured piece of a column, in px from the top left. */
export interface StackPiece {
  series: number;
  bucket: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface StackOptions {
  widthPx: number;
  heightPx: number;
  /** The value that fills the height. The default is the greatest column. */
  most?: number;
}

const MAX_GAP_PX = 2;

/**
 * Lays out one column of stacked values per bucket, the first series at the bottom. Only numbers
 * above 0 get a piece. Every piece is within the box, and no two overlap.
 */
export function layoutStack(
  series: readonly (readonly number[])[],
  { widthPx, heightPx, most }: StackOptions,
): StackPiece[] {
  const buckets = series.reduce((length, counts) => Math.max(length, counts.length), 0);
  const full = Math.max(most ?? 0, greatestColumn(series, buckets));
  if (buckets === 0 || !(full > 0) || !(widthPx > 0) || !(heightPx > 0)) return [];
  const step = widthPx / buckets;
  const gap = Math.min(MAX_GAP_PX, step * 0.2);
  const pieces: StackPiece[] = [];
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    let below = 0;
    for (const [index, counts] of series.entries()) {
      const value = amount(counts[bucket]);
      if (value === 0) continue;
      const bottom = heightPx * (1 - below / full);
      below = Math.min(full, below + value);
      const top = Math.max(0, heightPx * (1 - below / full));
      pieces.push({
        series: index,
        bucket,
        x: bucket * step,
        y: top,
        width: step - gap,
        height: bottom - top,
      });
    }
  }
  return pieces;
}

/** The greatest sum of a bucket over all series. */
export function greatestColumn(series: readonly (readonly number[])[], buckets: number): number {
  let greatest = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const sum = series.reduce((total, counts) => total + amount(counts[bucket]), 0);
    greatest = Math.max(greatest, sum);
  }
  return Math.min(greatest, Number.MAX_VALUE);
}

function amount(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : 0;
}
