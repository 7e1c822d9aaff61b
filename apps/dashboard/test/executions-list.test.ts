import type { ExecutionSummary } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NO_LIVE_ROWS,
  receiveRow,
  releaseRows,
  type LiveRows,
} from '@/features/explorer/live-rows';
import {
  EMPTY_CHAIN,
  extendChain,
  hasMore,
  pageOfRow,
  pagesOfRows,
  rowCount,
  type PageChain,
} from '@/features/explorer/page-chain';
import { rowWindow, scrollTopFor } from '@/features/explorer/row-window';

/** Reads a whole list with pages of these sizes, like scrolling to its end. */
function readAll(sizes: readonly number[]): PageChain {
  return sizes.reduce<PageChain>((chain, size, index) => {
    const nextCursor = index === sizes.length - 1 ? null : `c${index + 1}`;
    return extendChain(chain, index, chain.starts[index] ?? null, pageOf(size, nextCursor));
  }, EMPTY_CHAIN);
}

const pageOf = (length: number, nextCursor: string | null) => ({ items: { length }, nextCursor });
const sizes = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 40 });

describe('the chain of pages', () => {
  it('knows every row’s page, whatever the pages’ sizes', () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const chain = readAll(all);
        expect(rowCount(chain)).toBe(all.reduce((sum, size) => sum + size, 0));
        expect(hasMore(chain)).toBe(false);
        let row = 0;
        for (const [index, size] of all.entries()) {
          const rows = size === 0 ? [] : [row, row + size - 1];
          expect(rows.map((each) => pageOfRow(chain, each))).toEqual(rows.map(() => index));
          row += size;
        }
      }),
    );
  });

  it('names the pages of a range of rows, in order and with the start of each', () => {
    const chain = readAll([100, 100, 100, 30]);
    expect(pagesOfRows(chain, 150, 310)).toEqual([
      { index: 1, start: 'c1', firstRow: 100 },
      { index: 2, start: 'c2', firstRow: 200 },
      { index: 3, start: 'c3', firstRow: 300 },
    ]);
  });

  it('loads the next page when rows beyond the known ones become visible', () => {
    const chain = extendChain(EMPTY_CHAIN, 0, null, pageOf(100, 'c1'));
    expect(hasMore(chain)).toBe(true);
    expect(pagesOfRows(chain, 90, 130).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('reloads the pages after a page whose end has moved', () => {
    const chain = readAll([100, 100, 100]);
    const shifted = extendChain(chain, 0, null, pageOf(100, 'new'));
    expect(shifted).toEqual({ starts: [null, 'new'], ends: [100] });
  });

  it('stays the same if a page is read again and nothing changed', () => {
    const chain = readAll([100, 100, 30]);
    expect(extendChain(chain, 1, 'c1', pageOf(100, 'c2'))).toBe(chain);
    expect(extendChain(chain, 2, 'c2', pageOf(30, null))).toBe(chain);
  });

  it('ignores the late answer for a page that no longer belongs to it', () => {
    const chain = readAll([100]);
    expect(extendChain(chain, 3, 'c3', pageOf(100, 'c4'))).toBe(chain);
    expect(extendChain(chain, 0, 'elsewhere', pageOf(1, null))).toBe(chain);
  });
});

describe('the window on the rows', () => {
  it('has the visible rows, and at most a screen and its margin, for any length of the list', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        (scrollTop, heightPx, count) => {
          const { first, last } = rowWindow({ scrollTop, heightPx }, 32, count);
          expect(last - first + 1).toBeLessThanOrEqual(Math.ceil(heightPx / 32) + 26);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeLessThan(Math.max(1, count));
          const top = Math.floor(scrollTop / 32);
          expect(top >= count || (first <= top && top <= last)).toBe(true);
        },
      ),
    );
  });

  it('scrolls a row into view below the head, and does not move if it is visible', () => {
    const viewport = { scrollTop: 320, heightPx: 320 };
    expect(scrollTopFor(12, viewport, 32, 32)).toBe(320);
    expect(scrollTopFor(3, viewport, 32, 32)).toBe(96);
    expect(scrollTopFor(30, viewport, 32, 32)).toBe(31 * 32 + 32 - 320);
  });
});

const row = (executionId: string, revision = 1): ExecutionSummary => ({
  executionId,
  pipeline: 'loan-approval',
  environment: 'prod',
  status: 'completed',
  stale: false,
  outcome: 'approved',
  adverse: null,
  reasons: [],
  subjects: [],
  versions: {},
  tags: [],
  stepCount: 1,
  failedStepCount: 0,
  errorType: null,
  at: '2026-11-22T12:00:00.000Z',
  receivedAt: '2026-11-22T12:00:00.000Z',
  durationMs: 1,
  revision,
  conflict: false,
});
const ids = (rows: readonly ExecutionSummary[]) => rows.map(({ executionId }) => executionId);

describe('rows that arrive', () => {
  it('go to the top, newest first', () => {
    const live = ['a', 'b'].reduce<LiveRows>(
      (old, id) => receiveRow(old, row(id), false),
      NO_LIVE_ROWS,
    );
    expect(ids(live.shown)).toEqual(['b', 'a']);
  });

  it('are held back and counted while somebody reads, and then shown', () => {
    const held = receiveRow(receiveRow(NO_LIVE_ROWS, row('a'), true), row('b'), true);
    expect(held.shown).toEqual([]);
    expect(held.heldCount).toBe(2);
    // A row that arrives later does not overtake them.
    const third = receiveRow(held, row('c'), false);
    expect(third.heldCount).toBe(3);
    expect(ids(releaseRows(third)?.shown ?? [])).toEqual(['c', 'b', 'a']);
  });

  it('replace their older flush, and never a newer one', () => {
    const live = receiveRow(NO_LIVE_ROWS, row('a', 2), false);
    expect(receiveRow(live, row('a', 3), true).shown[0]?.revision).toBe(3);
    expect(receiveRow(live, row('a', 1), false).shown[0]?.revision).toBe(2);
    expect(receiveRow(live, row('a', 3), true).heldCount).toBe(0);
  });

  it('are bounded, and report when the list must be reloaded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (count) => {
        let live = NO_LIVE_ROWS;
        for (let i = 0; i < count; i += 1) live = receiveRow(live, row(`id${i}`), true);
        expect(live.held.length).toBeLessThanOrEqual(200);
        expect(live.heldCount).toBe(count);
        expect(releaseRows(live) === null).toBe(count > 200);
      }),
    );
  });
});
