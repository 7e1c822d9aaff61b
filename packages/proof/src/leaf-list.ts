/** Lists of leaves as control entries write them: `12,40-71`, ascending, each leaf once. */

const LIST = /^\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*$/;

export function writeLeafList(leaves: Iterable<number>): string {
  const ranges: [number, number][] = [];
  for (const leaf of [...new Set(leaves)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === leaf - 1) last[1] = leaf;
    else ranges.push([leaf, leaf]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

export function isLeafList(text: string): boolean {
  if (!LIST.test(text)) return false;
  const ranges = rangesOf(text);
  return ranges.every(([from, to], i) => from <= to && from > (ranges[i - 1]?.[1] ?? -1));
}

/** @returns ranges of leaves, both ends included */
export function rangesOf(text: string): [number, number][] {
  return text.split(',').map((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return [from ?? 0, to ?? 0];
  });
}
