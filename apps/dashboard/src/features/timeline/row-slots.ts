/**
 * A place in the page for each rendered row. A row keeps its place while others move by. New rows take the places
 * of rows that went, so their elements are reused.
 *
 * @param rows neighbours, and perhaps one row elsewhere
 * @param count the most neighbours
 * @returns a unique id for each row
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
