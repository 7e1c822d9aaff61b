import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldTurns } from '../src/fold-turns.js';

const shapes = fc.array(fc.constantFrom('a', 'b', 'c', null), { maxLength: 60 });

describe('equal turns of a loop', () => {
  test('are folded with their number and their steps', () => {
    const loop = Array.from({ length: 140 }, () => ['plan', 'search']).flat();
    expect(foldTurns(['load', ...loop, 'answer'])).toEqual([{ start: 1, period: 2, turns: 140 }]);
    expect(foldTurns(['a', 'a', 'a', 'a'])).toEqual([{ start: 0, period: 1, turns: 4 }]);
    expect(foldTurns(['a', 'b', 'a', 'b'])).toEqual([]);
  });

  test('are split at a step that may not be hidden', () => {
    const loop = Array.from({ length: 6 }, () => ['plan', 'search']).flat();
    expect(foldTurns([...loop, null, ...loop])).toEqual([
      { start: 0, period: 2, turns: 6 },
      { start: 13, period: 2, turns: 6 },
    ]);
  });

  test('never overlap, never hide a null, and unfold to what was there', () => {
    fc.assert(
      fc.property(shapes, (all) => {
        let end = 0;
        for (const { start, period, turns } of foldTurns(all)) {
          expect(start).toBeGreaterThanOrEqual(end);
          expect(turns).toBeGreaterThanOrEqual(3);
          end = start + period * turns;
          const turn = all.slice(start, start + period);
          expect(turn).not.toContain(null);
          expect(all.slice(start, end)).toEqual(Array.from({ length: turns }, () => turn).flat());
        }
        expect(end).toBeLessThanOrEqual(all.length);
      }),
    );
  });

  test('leave no three equal neighbours unfolded', () => {
    fc.assert(
      fc.property(shapes, (all) => {
        const folded = new Set(
          foldTurns(all).flatMap(({ start, period, turns }) =>
            Array.from({ length: period * turns }, (_, place) => start + place),
          ),
        );
        const left = all.findIndex(
          (shape, at) =>
            shape !== null &&
            [at, at + 1, at + 2].every((each) => all[each] === shape && !folded.has(each)),
        );
        expect(left).toBe(-1);
      }),
    );
  });
});
