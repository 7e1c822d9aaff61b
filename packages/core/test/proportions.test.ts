import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adjustForMany,
  associationWithin,
  compareShares,
  differenceInterval,
  share,
  twoSided,
  varianceOf,
  wilsonInterval,
  type Tally,
} from '../src/proportions.js';

const of = (count: number, total: number): Tally => ({ count, total });

const tally = fc
  .oneof(fc.nat(12), fc.nat(3_000), fc.nat(2_000_000))
  .chain((total) => fc.record({ count: fc.nat(total), total: fc.constant(total) }));
const stratum = fc.record({ exposed: tally, unexposed: tally });

/** Tail probabilities by summation, for tables small enough for exact arithmetic. */
function midPBySum(a: Tally, b: Tally): number {
  const choose = (n: number, k: number): number =>
    Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((x, y) => x * y, 1);
  const count = a.count + b.count;
  const weights = Array.from({ length: count + 1 }, (_, x) =>
    x > a.total || count - x > b.total ? 0 : choose(a.total, x) * choose(b.total, count - x),
  );
  const sum = (values: number[]): number => values.reduce((x, y) => x + y, 0);
  const half = (weights[a.count] ?? 0) / 2;
  const tails = [weights.slice(0, a.count), weights.slice(a.count + 1)].map((w) => sum(w) + half);
  return Math.min(1, (2 * Math.min(...tails)) / sum(weights));
}

describe('interval of a share', () => {
  // Newcombe 1998, Stat. Med. 17:857-872, Table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i of %i is the published one', (count, total, low, high) => {
    const interval = wilsonInterval(of(count, total));
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('covers everything for an empty tally', () => {
    expect(wilsonInterval(of(0, 0))).toEqual({ low: 0, high: 1 });
  });

  test('contains the share, stays within 0 and 1, and is mirrored for the complement', () => {
    fc.assert(
      fc.property(tally, (counts) => {
        const { low, high } = wilsonInterval(counts);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(share(counts));
        expect(high).toBeGreaterThanOrEqual(share(counts));
        const complement = wilsonInterval(of(counts.total - counts.count, counts.total));
        expect(complement.low).toBeCloseTo(1 - high, 10);
        expect(complement.high).toBeCloseTo(1 - low, 10);
      }),
    );
  });
});

describe('interval of a difference', () => {
  // Newcombe 1998, Stat. Med. 17:873-890, Table II, method 10.
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('of %i of %i less %i of %i is the published one', (x1, n1, x2, n2, low, high) => {
    const interval = differenceInterval(of(x2, n2), of(x1, n1));
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('contains the difference, and changes its sign when the cohorts are swapped', () => {
    fc.assert(
      fc.property(tally, tally, (a, b) => {
        const { low, high } = differenceInterval(a, b);
        const difference = share(b) - share(a);
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
        const mirrored = differenceInterval(b, a);
        expect(mirrored.low).toBeCloseTo(-high, 10);
        expect(mirrored.high).toBeCloseTo(-low, 10);
      }),
    );
  });
});

describe('comparison of two shares', () => {
  // The example of Lydersen, Fagerland and Laake 2009, Stat. Med. 28:1159-1175 (data of Perondi et al.
  // 2004). Fisher's exact test gives 0.0544, its mid-p version 0.0297.
  test('of small counts is the mid-p version of the exact test', () => {
    expect(compareShares(of(1, 34), of(7, 34))).toBeCloseTo(0.0297, 4);
  });

  test('of small counts agrees with summing over all tables', () => {
    const few = fc
      .integer({ min: 1, max: 12 })
      .chain((total) => fc.record({ count: fc.nat(total), total: fc.constant(total) }));
    fc.assert(
      fc.property(few, few, (a, b) => {
        const total = a.total + b.total;
        const count = a.count + b.count;
        fc.pre(count > 0 && count < total);
        fc.pre((Math.min(a.total, b.total) * Math.min(count, total - count)) / total < 5);
        expect(compareShares(a, b)).toBeCloseTo(midPBySum(a, b), 10);
      }),
    );
  });

  test('of large counts is the chi-square test with N - 1', () => {
    // Pearson's chi-square of 56/70 and 48/80 is 7.1514. N - 1 multiplies it by 149/150.
    const chiSquare = (150 * (56 * 32 - 14 * 48) ** 2) / (70 * 80 * 104 * 46);
    const expected = twoSided(Math.sqrt((chiSquare * 149) / 150));
    expect(compareShares(of(56, 70), of(48, 80))).toBeCloseTo(expected, 12);
  });

  test('gives a p-value between 0 and 1 for any counts, the same in both directions', () => {
    fc.assert(
      fc.property(tally, tally, (a, b) => {
        const p = compareShares(a, b);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(compareShares(b, a)).toBeCloseTo(p, 8);
        const others = ({ count, total }: Tally): Tally => of(total - count, total);
        expect(compareShares(others(a), others(b))).toBeCloseTo(p, 8);
      }),
    );
  });

  test('gives 1 if there is nothing to compare', () => {
    expect(compareShares(of(0, 0), of(3, 9))).toBe(1);
    expect(compareShares(of(0, 50), of(0, 9))).toBe(1);
    expect(compareShares(of(50, 50), of(9, 9))).toBe(1);
  });
});

describe('normal distribution', () => {
  // Abramowitz and Stegun, Tables 26.1 and 26.2. For the far tail, R's 2 * pnorm(-z).
  test.each([
    [0, 1],
    [1, 0.31731050786291415],
    [1.959963984540054, 0.05],
    [2.5758293035489004, 0.01],
    [3, 0.0026997960632601866],
    [5, 5.733031437583866e-7],
    [10, 1.523970604832105e-23],
    [38, 5.77e-316],
  ])('beyond %f on both sides has %f', (z, p) => {
    expect(twoSided(z) / p).toBeCloseTo(1, z > 37 ? 2 : 9);
    expect(twoSided(-z)).toBe(twoSided(z));
  });
});

describe('association within strata', () => {
  // Admitted men and women by department, B to F. Source: Bickel, Hammel and O'Connell 1975, Science
  // 187:398-404.
  const BERKELEY = [
    { exposed: of(353, 560), unexposed: of(17, 25) },
    { exposed: of(120, 325), unexposed: of(202, 593) },
    { exposed: of(138, 417), unexposed: of(131, 375) },
    { exposed: of(53, 191), unexposed: of(94, 393) },
    { exposed: of(22, 373), unexposed: of(24, 341) },
  ];

  test('is not caused by differences between strata', () => {
    const add = (tallies: Tally[]): Tally =>
      tallies.reduce((x, y) => of(x.count + y.count, x.total + y.total));
    const men = add(BERKELEY.map(({ exposed }) => exposed));
    const women = add(BERKELEY.map(({ unexposed }) => unexposed));
    expect(compareShares(women, men)).toBeLessThan(1e-6);
    expect(associationWithin(BERKELEY)?.pValue).toBeGreaterThan(0.5);
    expect(Math.abs(associationWithin(BERKELEY)?.difference ?? 1)).toBeLessThan(0.02);
  });

  test('equals the plain comparison for one stratum', () => {
    const [exposed, unexposed] = [of(56, 70), of(48, 80)];
    const association = associationWithin([{ exposed, unexposed }]);
    expect(association?.difference).toBeCloseTo(0.2, 12);
    expect(association?.pValue).toBeCloseTo(compareShares(exposed, unexposed), 12);
    expect(association?.standardError).toBeCloseTo(
      Math.sqrt(varianceOf(exposed) + varianceOf(unexposed)),
      12,
    );
  });

  test('claims nothing for small counts, and is null if no stratum has both groups', () => {
    expect(associationWithin([{ exposed: of(4, 4), unexposed: of(0, 4) }])?.pValue).toBe(1);
    expect(associationWithin([{ exposed: of(4, 4), unexposed: of(0, 0) }])).toBeNull();
    expect(associationWithin([])).toBeNull();
  });

  test('is finite for any counts and changes its sign with the exposure', () => {
    fc.assert(
      fc.property(fc.array(stratum, { maxLength: 3 }), (strata) => {
        const association = associationWithin(strata);
        const turned = associationWithin(
          strata.map(({ exposed, unexposed }) => ({ exposed: unexposed, unexposed: exposed })),
        );
        expect(turned === null).toBe(association === null);
        if (association === null) return;
        expect(Math.abs(association.difference)).toBeLessThanOrEqual(1);
        expect(association.standardError).toBeGreaterThan(0);
        expect(association.pValue).toBeGreaterThanOrEqual(0);
        expect(association.pValue).toBeLessThanOrEqual(1);
        expect(turned?.difference).toBeCloseTo(-association.difference, 10);
        expect(turned?.pValue).toBeCloseTo(association.pValue, 8);
      }),
    );
  });
});

describe('correction for many tests', () => {
  test("equals Holm's, in the given order", () => {
    // In R, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") gives 0.03 0.06 0.06 0.02.
    const adjusted = adjustForMany([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(10)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(adjustForMany([])).toEqual([]);
  });

  test('keeps the order of the p-values and lowers none of them', () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(pValues, (before) => {
        const after = adjustForMany(before);
        const byBefore = before
          .map((p, i) => [p, after[i] ?? -1] as const)
          .sort(([a], [b]) => a - b);
        for (const [place, [p, adjusted]] of byBefore.entries()) {
          expect(adjusted).toBeGreaterThanOrEqual(p);
          expect(adjusted).toBeLessThanOrEqual(1);
          expect(adjusted).toBeGreaterThanOrEqual(byBefore[place - 1]?.[1] ?? 0);
        }
      }),
    );
  });
});
