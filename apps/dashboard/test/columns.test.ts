import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clampWidth,
  gridTemplate,
  moveColumn,
  parseWidths,
  printWidths,
  toggleColumn,
} from '@/features/explorer/column-layout';
import { COLUMN_IDS } from '@/features/explorer/columns';

const columns = fc.shuffledSubarray([...COLUMN_IDS], { minLength: 1 });

describe('columns', () => {
  it('are the same after a move, with the moved column in its place', () => {
    fc.assert(
      fc.property(columns, fc.nat(20), fc.integer({ min: -3, max: 20 }), (all, which, to) => {
        const id = all[which % all.length] ?? 'outcome';
        const moved = moveColumn(all, id, to);
        expect(moved.toSorted()).toEqual(all.toSorted());
        expect(moved.indexOf(id)).toBe(Math.max(0, Math.min(all.length - 1, to)));
      }),
    );
  });

  it('are added at the end or hidden, and the last one stays', () => {
    expect(toggleColumn(['outcome'], 'tags')).toEqual(['outcome', 'tags']);
    expect(toggleColumn(['outcome', 'tags'], 'outcome')).toEqual(['tags']);
    expect(toggleColumn(['outcome'], 'outcome')).toEqual(['outcome']);
  });

  it('always fill the table, and keep their chosen widths', () => {
    expect(gridTemplate(['outcome', 'time'], { outcome: 200 })).toBe('200px 104px 1fr');
    expect(gridTemplate(['outcome', 'time'], {})).toBe('minmax(112px, 1fr) 104px');
  });

  it('have widths that survive storage, and drop invalid ones', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...COLUMN_IDS), fc.integer()), (given) => {
        const widths = Object.fromEntries(
          Object.entries(given).map(([id, px]) => [id, clampWidth(px)]),
        );
        expect(parseWidths(printWidths(widths))).toEqual(widths);
      }),
    );
    expect(parseWidths('nonsense:3,outcome:x,tags:-4,id:200')).toEqual({ id: 200 });
    expect(parseWidths(null)).toEqual({});
  });
});
