/**
 * A place in the page for each of the rows that are in it. While they move by, a row keeps its place, and those
 * that come take the places of those that went, whose elements are used again.
 *
 * @param rows neighbours, but for one that may stand anywhere
 * @param count as many as there can be neighbours
 * @returns an id for each of the rows, which no other of them has
 */
export function slotsFor(rows: readonly number[], count: number): string[] {
  const taken = new Set<number>();
  return rows.map((row) => {
    const slot = row % Math.max(1, count);
    if (taken.has(slot)) return `beside ${row}`;
    taken.add(slot);
    return String(slot);
  });
}
