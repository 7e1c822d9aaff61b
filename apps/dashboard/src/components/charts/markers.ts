export interface TimedLabel {
  atMs: number;
  label: string;
}

/** A marker in px from the left. Markers that are too close are merged into one. */
export interface PlacedMarker {
  x: number;
  labels: readonly string[];
  /** The width that its text may take before the next marker or the edge. */
  roomPx: number;
  /** The side of the text. It is before the marker only if no other marker is there. */
  side: 'after' | 'before';
}

const MIN_APART_PX = 72;

/** Places the instants within [fromMs, toMs] and drops the others. Markers are at least 72 px apart. */
export function placeMarkers(
  instants: readonly TimedLabel[],
  { fromMs, toMs, widthPx }: { fromMs: number; toMs: number; widthPx: number },
): PlacedMarker[] {
  const span = toMs - fromMs;
  if (!(span > 0) || !(widthPx > 0)) return [];
  const inside = instants
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .toSorted((a, b) => a.atMs - b.atMs || (a.label < b.label ? -1 : 1));
  const groups: { x: number; labels: string[] }[] = [];
  for (const { atMs, label } of inside) {
    const x = Math.min(widthPx, ((atMs - fromMs) / span) * widthPx);
    const last = groups.at(-1);
    if (last !== undefined && x - last.x < MIN_APART_PX) last.labels.push(label);
    else groups.push({ x, labels: [label] });
  }
  return groups.map(({ x, labels }, index) => {
    const roomPx = (groups[index + 1]?.x ?? widthPx) - x;
    return index === 0 && roomPx < MIN_APART_PX && x > roomPx
      ? { x, labels, roomPx: x, side: 'before' as const }
      : { x, labels, roomPx, side: 'after' as const };
  });
}
