/**
 * The loaded pages of a keyset list. Page `i` starts at the cursor `starts[i]`, and has the rows up
 * to number `ends[i]`. Pages out of sight keep only these two.
 */
export interface PageChain {
  starts: readonly (string | null)[];
  /** The number of rows up to the end of each read page. */
  ends: readonly number[];
}

export const EMPTY_CHAIN: PageChain = { starts: [null], ends: [] };

export interface PageSlot {
  index: number;
  start: string | null;
  /** The index of its first row in the whole list. */
  firstRow: number;
}

/**
 * The chain after page `index` was loaded from `start`. If its end moved (records arrived or were
 * deleted), all following pages are dropped.
 */
export function extendChain(
  chain: PageChain,
  index: number,
  start: string | null,
  page: { items: { length: number }; nextCursor: string | null },
): PageChain {
  if (index >= chain.starts.length || chain.starts[index] !== start) return chain;
  const end = firstRowOf(chain, index) + page.items.length;
  const next = page.nextCursor;
  const nextIsKnown =
    next === null ? chain.starts.length === index + 1 : chain.starts[index + 1] === next;
  if (nextIsKnown && chain.ends[index] === end) return chain;
  return {
    starts: [...chain.starts.slice(0, index + 1), ...(next === null ? [] : [next])],
    ends: [...chain.ends.slice(0, index), end],
  };
}

/** The number of rows in all read pages. */
export function rowCount(chain: PageChain): number {
  return chain.ends.at(-1) ?? 0;
}

/** Whether an unread page exists. */
export function hasMore(chain: PageChain): boolean {
  return chain.ends.length < chain.starts.length;
}

/** The page of a row. Rows beyond the known ones belong to the last page. */
export function pageOfRow(chain: PageChain, row: number): number {
  let low = 0;
  let high = chain.starts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chain.ends[middle] ?? Infinity) > row) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The pages of the rows `first` to `last` (inclusive), in order. */
export function pagesOfRows(chain: PageChain, first: number, last: number): PageSlot[] {
  const slots: PageSlot[] = [];
  const until = pageOfRow(chain, Math.max(0, last));
  for (let index = pageOfRow(chain, Math.max(0, first)); index <= until; index += 1) {
    slots.push({ index, start: chain.starts[index] ?? null, firstRow: firstRowOf(chain, index) });
  }
  return slots;
}

function firstRowOf(chain: PageChain, index: number): number {
  return index === 0 ? 0 : (chain.ends[index - 1] ?? 0);
}
