import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assessFairness,
  FAIRNESS_LEAST,
  FOUR_FIFTHS,
  impactOf,
  pooledRatio,
  type FairnessCount,
} from '../src/fairness.js';

const person = fc.record({
  group: fc.constantFrom('a', 'b', 'c', null),
  band: fc.constantFrom('low', 'high', null),
  outcome: fc.constantFrom('approved', 'declined'),
});
type Person = { group: string | null; band: string | null; outcome: string };

/** Makes one count per execution, so that nothing is added up in advance. */
function countsOf(people: readonly Person[]): FairnessCount[] {
  return people.map(({ group, band, outcome }) => ({
    group,
    factors: [band],
    outcome,
    favourable: outcome === 'approved',
    count: 1,
  }));
}

function many(group: string, band: string, approved: number, of: number): FairnessCount[] {
  const base = { group, factors: [band] };
  return [
    { ...base, outcome: 'approved', favourable: true, count: approved },
    { ...base, outcome: 'declined', favourable: false, count: of - approved },
  ];
}

describe('fairness between groups', () => {
  const people = fc.array(person, { minLength: 40, maxLength: 400, size: 'max' });

  test('has the same rates, ratios and pooled ratios as a walk over all people', () => {
    fc.assert(
      fc.property(people, (all) => {
        const answer = assessFairness(countsOf(all), ['metadata.band']);
        const rateOf = (members: Person[]): number =>
          members.filter(({ outcome }) => outcome === 'approved').length / members.length;
        const groups = new Map<string | null, Person[]>();
        for (const each of all) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
        const large = [...groups].filter(([, members]) => members.length >= FAIRNESS_LEAST);
        expect(answer.groups.map(({ group }) => group).toSorted()).toEqual(
          large.map(([group]) => group).toSorted(),
        );
        const named = large.filter(([group]) => group !== null);
        const highest = Math.max(0, ...named.map(([, members]) => rateOf(members)));
        for (const shown of answer.groups) {
          const members = groups.get(shown.group) ?? [];
          expect(shown.favourable.rate).toBeCloseTo(rateOf(members), 12);
          expect(shown.favourable.of).toBe(members.length);
          if (large.length < 2 || named.length === 0 || highest === 0) continue;
          const ratio = rateOf(members) / highest;
          expect(shown.impact.ratio).toBeCloseTo(ratio, 12);
          expect(shown.belowFourFifths).toBe((shown.impact.ratio ?? 1) < FOUR_FIFTHS);
          if (shown.isReference || shown.withinFactors === null) continue;
          let [above, below] = [0, 0];
          for (const band of ['low', 'high', null]) {
            const own = members.filter((each) => each.band === band);
            const other = (groups.get(answer.reference) ?? []).filter((each) => each.band === band);
            if (own.length === 0 || other.length === 0) continue;
            const total = own.length + other.length;
            above += (own.length * rateOf(own) * other.length) / total;
            below += (other.length * rateOf(other) * own.length) / total;
          }
          expect(shown.withinFactors.ratio ?? 0).toBeCloseTo(below > 0 ? above / below : 0, 10);
        }
      }),
    );
  });

  test('never shows a number of a small group, even within a stratum', () => {
    fc.assert(
      fc.property(people, (all) => {
        const answer = assessFairness(countsOf(all), ['metadata.band']);
        for (const { favourable } of answer.groups) {
          expect(favourable.of).toBeGreaterThanOrEqual(FAIRNESS_LEAST);
        }
        for (const { groups } of answer.strata) {
          for (const { favourable } of groups) {
            expect(favourable.of).toBeGreaterThanOrEqual(FAIRNESS_LEAST);
          }
        }
        const shown = answer.groups.reduce((sum, { favourable }) => sum + favourable.of, 0);
        expect(answer.executions).toBe(shown);
      }),
    );
  });

  test('never shows a stratum whose small groups could be found by subtraction', () => {
    fc.assert(
      fc.property(people, (all) => {
        const { groups, strata } = assessFairness(countsOf(all), ['metadata.band']);
        for (const { group, favourable } of groups) {
          const bands = ['low', 'high', null].map((band) => ({
            band,
            size: all.filter((each) => each.group === group && each.band === band).length,
          }));
          const isShown = (band: string | null): boolean =>
            strata.some(
              ({ values, groups: cells }) =>
                values['metadata.band'] === band && cells.some((cell) => cell.group === group),
            );
          const hidden = bands.filter(({ band, size }) => size > 0 && !isShown(band));
          const left = hidden.reduce((sum, { size }) => sum + size, 0);
          expect(left).toBeLessThanOrEqual(favourable.of);
          if (hidden.every(({ size }) => size >= FAIRNESS_LEAST)) continue;
          // Nothing is shown of the group, or what is left is large and has several parts.
          const isSafe = hidden.length > 1 && left >= FAIRNESS_LEAST;
          expect(isSafe || left === favourable.of).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('withholds a second stratum where only one group of one stratum is small', () => {
    const bands = (small: number) => [
      ...many('a', 'low', 50, 100),
      ...many('a', 'mid', 40, 80),
      ...many('a', 'high', 100, 200),
      ...many('b', 'low', 2, small),
      ...many('b', 'mid', 30, 60),
      ...many('b', 'high', 90, 180),
    ];
    const shown = (small: number) =>
      assessFairness(bands(small), ['band']).strata.map(({ values }) => values['band']);
    expect(shown(40)).toEqual(['high', 'low', 'mid']);
    expect(shown(5)).toEqual(['high']);
  });

  test('does not depend on the order of the counts', () => {
    fc.assert(
      fc.property(people, (all) => {
        const counts = countsOf(all);
        expect(assessFairness(counts.toReversed(), ['x'])).toEqual(assessFairness(counts, ['x']));
      }),
    );
  });

  test('distinguishes a gap that a legitimate factor explains from other gaps', () => {
    const explained = assessFairness(
      [
        ...many('a', 'good', 810, 900),
        ...many('a', 'bad', 20, 100),
        ...many('b', 'good', 90, 100),
        ...many('b', 'bad', 180, 900),
      ],
      ['metadata.band'],
    );
    const gap = explained.groups.find(({ group }) => group === 'b');
    expect(gap).toMatchObject({ belowFourFifths: true, beyondChance: true });
    expect(gap?.withinFactors).toMatchObject({ belowFourFifths: false, beyondChance: false });
    expect(gap?.withinFactors?.ratio).toBeCloseTo(1, 10);
    const unexplained = assessFairness(
      [...many('a', 'good', 810, 900), ...many('b', 'good', 450, 900)],
      ['metadata.band'],
    );
    expect(unexplained.groups.find(({ group }) => group === 'b')?.withinFactors).toMatchObject({
      belowFourFifths: true,
      beyondChance: true,
    });
  });

  test('says that a single group cannot be compared', () => {
    const answer = assessFairness(many('a', 'x', 20, 40), []);
    expect(answer.reference).toBeNull();
    expect(answer.warnings.map(({ code }) => code)).toEqual(['too_few_groups']);
  });
});

describe('interval of a ratio', () => {
  const tally = fc
    .integer({ min: 1, max: 5_000 })
    .chain((total) => fc.record({ count: fc.nat(total), total: fc.constant(total) }));

  test('contains the ratio, has at most one open end, and narrows with more executions', () => {
    fc.assert(
      fc.property(tally, tally, (a, b) => {
        const { ratio, low, high } = impactOf(a, b);
        fc.pre(b.count > 0);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(ratio ?? -1);
        expect(Number.isFinite(high ?? 0)).toBe(true);
        expect(high ?? Infinity).toBeGreaterThanOrEqual(ratio ?? NaN);
        const tenfold = impactOf(
          { count: a.count * 10, total: a.total * 10 },
          { count: b.count * 10, total: b.total * 10 },
        );
        expect(tenfold.low ?? 0).toBeGreaterThanOrEqual((low ?? 0) - 1e-9);
      }),
    );
  });

  test('does not exist if the reference group has no favourable outcome', () => {
    const none = { ratio: null, low: null, high: null };
    expect(impactOf({ count: 1, total: 40 }, { count: 0, total: 40 })).toEqual(none);
  });

  test('covers the true ratio in about 95 % of seeded draws', () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const draw = (rate: number, total: number) => {
      let count = 0;
      for (let i = 0; i < total; i++) if (random() < rate) count++;
      return { count, total };
    };
    let covered = 0;
    const draws = 1_000;
    for (let i = 0; i < draws; i++) {
      const { low, high } = impactOf(draw(0.4, 200), draw(0.5, 300));
      if ((low ?? 1) <= 0.8 && 0.8 <= (high ?? 0)) covered++;
    }
    expect(covered / draws).toBeGreaterThan(0.925);
    expect(covered / draws).toBeLessThan(0.975);
  });

  test('equals the plain ratio if there is one stratum', () => {
    fc.assert(
      fc.property(tally, tally, (group, reference) => {
        const pooled = pooledRatio([{ group, reference }]);
        const plain = impactOf(group, reference).ratio;
        expect(pooled?.ratio === null).toBe(plain === null);
        expect(pooled?.ratio ?? 0).toBeCloseTo(plain ?? 0, 8);
      }),
    );
  });
});
