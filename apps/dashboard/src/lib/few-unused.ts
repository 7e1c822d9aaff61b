import type { Query, QueryCache } from '@tanstack/react-query';

/**
 * The number of unused answers kept for these keys. These answers are by far the largest, and a
 * time limit would not bound their number.
 */
const KEPT: Readonly<Record<string, number>> = {
  execution: 8,
  step: 8,
  explanation: 8,
  comparison: 3,
  'whole-execution': 1,
};

/** Drops the longest unused answers beyond KEPT. */
export function keepFewUnused(cache: QueryCache): void {
  // The queries in the order in which they became unused.
  const unused = new Set<Query>();
  cache.subscribe(({ type, query }) => {
    if (type === 'removed' || type === 'observerAdded') unused.delete(query);
    if (type !== 'observerRemoved' || query.getObserversCount() > 0) return;
    const kept = keptOf(query);
    if (kept === null) return;
    unused.delete(query);
    unused.add(query);
    const alike = [...unused].filter((each) => each.queryKey[0] === query.queryKey[0]);
    for (const old of alike.slice(0, -kept)) cache.remove(old);
  });
}

function keptOf({ queryKey: [name] }: Query): number | null {
  return typeof name === 'string' ? (KEPT[name] ?? null) : null;
}
