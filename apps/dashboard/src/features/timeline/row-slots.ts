/**
 * A slot in the page for each rendered row. A row keeps its slot while others change. New rows take
 * the slots of removed rows, so their elements are reused.
 *
 * @param rows neighbours, and perhaps one row elsewhere
 * @param count the largest number of neighbours
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
