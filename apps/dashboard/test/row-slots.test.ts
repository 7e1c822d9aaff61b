import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotsFor } from '@/features/timeline/row-slots';

const neighbours = (first: number, length: number) =>
  Array.from({ length }, (_, place) => first + place);

describe('the slots of rows', () => {
  it('are never shared, wherever the selected row is', () => {
    fc.assert(
      fc.property(
        fc.nat(9_999),
        fc.nat(80),
        fc.nat(9_999),
        fc.nat(100),
        (first, length, at, count) => {
          const rows = [...new Set([...neighbours(first, length), at])].toSorted((a, b) => a - b);
          expect(new Set(slotsFor(rows, count)).size).toBe(rows.length);
        },
      ),
    );
  });

  it('are kept by rows that stay, and reused by new rows', () => {
    fc.assert(
      fc.property(
        fc.nat(9_999),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(60),
        (first, length, by) => {
          const before = slotsFor(neighbours(first, length), length);
          const after = slotsFor(neighbours(first + by, length), length);
          expect(after.slice(0, Math.max(0, length - by))).toEqual(before.slice(by));
          expect(after.toSorted()).toEqual(before.toSorted());
        },
      ),
    );
  });
});
