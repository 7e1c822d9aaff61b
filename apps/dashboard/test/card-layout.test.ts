import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardPx, layOutCard } from '@/features/explorer/card-layout';
import { COLUMN_IDS, DEFAULT_COLUMNS } from '@/features/explorer/columns';

const columns = fc.shuffledSubarray([...COLUMN_IDS], { minLength: 1 });

describe('a card of a list', () => {
  it('has exactly one place for every chosen column', () => {
    fc.assert(
      fc.property(columns, (chosen) => {
        const { lead, beside, when, figure, second, more } = layOutCard(chosen);
        const placed = [lead, beside, when, figure, ...second, ...more.flat()];
        expect(placed.filter((id) => id !== null).toSorted()).toEqual(chosen.toSorted());
        expect(lead).toBe(chosen[0]);
      }),
    );
  });

  it('shows the default columns on two lines, and grows with more columns', () => {
    const first = layOutCard(DEFAULT_COLUMNS);
    expect(first).toEqual({
      lead: 'outcome',
      beside: 'subject',
      when: 'time',
      figure: 'duration',
      second: ['pipeline', 'reason'],
      more: [],
    });
    const added = layOutCard([...DEFAULT_COLUMNS, 'tags', 'versions', 'environment']);
    expect(added.more).toEqual([['tags', 'versions'], ['environment']]);
    expect(cardPx(added)).toBeGreaterThan(cardPx(first));
  });
});
