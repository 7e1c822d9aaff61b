export interface LinePoint {
  x: number;
  y: number;
  /** The value is above the box, and the point is at its edge. */
  beyond?: true;
}

/**
 * Lays out a line over buckets as runs of points in px. A missing value breaks the line, and a run
 * of one point is a dot. Every point is within the box.
 */
export function layoutLine(
  values: readonly (number | null)[],
  { widthPx, heightPx, most }: { widthPx: number; heightPx: number; most: number },
): LinePoint[][] {
  if (!(widthPx > 0) || !(heightPx > 0) || !(most > 0) || values.length === 0) return [];
  const step = widthPx / values.length;
  const runs: LinePoint[][] = [];
  let run: LinePoint[] = [];
  for (const [bucket, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      if (run.length > 0) runs.push(run);
      run = [];
      continue;
    }
    const share = Math.min(1, Math.max(0, value / most));
    const point = { x: (bucket + 0.5) * step, y: heightPx * (1 - share) };
    run.push(value > most ? { ...point, beyond: true } : point);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

export function pathOf(run: readonly LinePoint[]): string {
  return run
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
}
