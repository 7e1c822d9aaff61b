import type { FoundExecution } from '@xray/core';

/** Executions that arrived while the list was open, newest first. */
export interface LiveRows {
  /** The rows above the list. */
  shown: readonly FoundExecution[];
  /** Rows held back while the person reads further down: at most MAX_HELD, and their number. */
  held: readonly FoundExecution[];
  heldCount: number;
}

export const NO_LIVE_ROWS: LiveRows = { shown: [], held: [], heldCount: 0 };
const MAX_HELD = 200;
/** With more rows than this, the list is reloaded from its first page. */
export const MAX_SHOWN = 300;

/** Adds a row. It replaces its older flush, or goes to the top or to the held rows. */
export function receiveRow(live: LiveRows, row: FoundExecution, hold: boolean): LiveRows {
  const shown = replaced(live.shown, row);
  if (shown !== null) return { ...live, shown };
  const held = replaced(live.held, row);
  if (held !== null) return { ...live, held };
  if (!hold && live.heldCount === 0) return { ...live, shown: [row, ...live.shown] };
  return {
    ...live,
    held: [row, ...live.held].slice(0, MAX_HELD),
    heldCount: live.heldCount + 1,
  };
}

/** Shows the held rows. Null if there were too many and the list must be reloaded. */
export function releaseRows(live: LiveRows): LiveRows | null {
  const shown = [...live.held, ...live.shown];
  if (live.heldCount > live.held.length || shown.length > MAX_SHOWN) return null;
  return { shown, held: [], heldCount: 0 };
}

function replaced(
  rows: readonly FoundExecution[],
  row: FoundExecution,
): readonly FoundExecution[] | null {
  const index = rows.findIndex((each) => each.executionId === row.executionId);
  const old = rows[index];
  if (old === undefined) return null;
  return old.revision > row.revision ? rows : rows.with(index, row);
}
