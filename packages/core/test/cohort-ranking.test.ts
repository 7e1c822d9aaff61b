import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareOutcomes,
  rankExplanations,
  type Trait,
  type TraitCounts,
} from '../src/cohort-ranking.js';
import type { CohortExplanation, OutcomeChange } from '../src/index.js';
import { compareShares, share, type Tally } from '../src/proportions.js';
import { CAUSES, countOutcomes, countTraits, namesCause, plantedCohort } from './planted.js';
import type { Cause } from './planted.js';

/** Trials have seeds, so each run gives the same result. The full run makes all of them. */
const TRIALS = process.env['XRAY_TEST_FULL'] === '1' ? 200 : 50;
const TRIALS_TIMEOUT_MS = 240_000;
const OPTIONS = { appId: 'app', executions: 1_000 };

function trial(
  seed: number,
  cause: Cause | undefined,
): {
  outcomes: OutcomeChange[];
  explanations: CohortExplanation[];
} {
  const a = plantedCohort('a', seed, { ...OPTIONS, cause });
  const b = plantedCohort('b', seed, { ...OPTIONS, cause });
  const outcomes = compareOutcomes(countOutcomes(a, b));
  const surest = outcomes[0];
  if (!surest?.significant) return { outcomes, explanations: [] };
  const counts = countTraits(a, b, surest.outcome);
  return { outcomes, ...rankExplanations(surest.difference, [counts]) };
}

function trials(cause: Cause | undefined): ReturnType<typeof trial>[] {
  return Array.from({ length: TRIALS }, (_, seed) => trial(seed, cause));
}

const of = (count: number, total: number): Tally => ({ count, total });

const trait = (name: string, within: Trait['within']): Trait => ({
  kind: 'metadata',
  name,
  term: null,
  within,
});

describe('ranked explanations of a change', () => {
  test.each(CAUSES)(
    'a planted cause is among the first three explanations: %s',
    (cause) => {
      const found = trials(cause).filter(({ explanations }) =>
        explanations.slice(0, 3).some((explanation) => namesCause(cause, explanation)),
      );
      expect(found.length).toBeGreaterThanOrEqual(0.95 * TRIALS);
    },
    TRIALS_TIMEOUT_MS,
  );

  test(
    'without a cause nothing is claimed',
    () => {
      const quiet = trials(undefined).filter(
        ({ outcomes, explanations }) =>
          explanations.length === 0 && !outcomes.some(({ significant }) => significant),
      );
      expect(quiet.length).toBeGreaterThanOrEqual(0.95 * TRIALS);
    },
    TRIALS_TIMEOUT_MS,
  );

  test('a trait that changed at the same time without an effect is no explanation', () => {
    const { explanations } = trial(1, 'threshold');
    expect(explanations.length).toBeGreaterThan(0);
    expect(explanations.map(({ name }) => name)).not.toContain('campaign');
  });

  test('a change that took place in one region only is explained by that region', () => {
    const all = { a: of(700, 1_000), b: of(600, 1_000) };
    const eu = trait('region:eu', { a: of(280, 400), b: of(180, 400) });
    const us = trait('region:us', { a: of(420, 600), b: of(420, 600) });
    const { explanations, tested } = rankExplanations(-0.1, [{ of: all, traits: [eu, us] }]);
    expect(tested).toBe(2);
    expect(explanations).toHaveLength(1);
    expect(explanations[0]).toMatchObject({
      name: 'region:eu',
      how: 'effect',
      difference: 0,
      within: { a: { rate: 0.7, of: 400 }, b: { rate: 0.45, of: 400 } },
      without: { a: { rate: 0.7, of: 600 }, b: { rate: 0.7, of: 600 } },
    });
    expect(explanations[0]?.share).toBeCloseTo(1, 10);
  });

  test('a version that came with the cohort is listed as a coincidence', () => {
    const all = { a: of(700, 1_000), b: of(600, 1_000) };
    const old = trait('ruleset:r41', { a: all.a, b: of(0, 0) });
    const now = trait('ruleset:r42', { a: of(0, 0), b: all.b });
    const { explanations } = rankExplanations(-0.1, [{ of: all, traits: [old, now] }]);
    expect(explanations).toMatchObject([
      { name: 'ruleset:r42', how: 'coincidence', share: null, also: [{ name: 'ruleset:r41' }] },
    ]);
  });

  test('a rule that failed and decided is listed once', () => {
    const all = { a: of(300, 1_000), b: of(420, 1_000) };
    const rule: Trait = {
      ...trait('max_dti', { a: of(60, 60), b: of(210, 210) }),
      kind: 'rule',
    };
    const decisive: Trait = {
      ...trait('max_dti', { a: of(50, 50), b: of(190, 190) }),
      kind: 'decisive',
    };
    const { explanations } = rankExplanations(0.12, [{ of: all, traits: [rule, decisive] }]);
    expect(explanations).toHaveLength(1);
    expect(explanations[0]?.also).toHaveLength(1);
  });

  test('leaves out what decided just the executions with the outcome', () => {
    const all = { a: of(300, 1_000), b: of(420, 1_000) };
    const approver: Trait = {
      ...trait('all_checks_passed', { a: of(300, 300), b: of(420, 420) }),
      kind: 'decisive',
    };
    const { explanations, tested } = rankExplanations(0.12, [{ of: all, traits: [approver] }]);
    expect([explanations, tested]).toEqual([[], 0]);
  });

  test('results are finite for any counts, and do not depend on which cohort comes first', () => {
    const part = fc
      .oneof(fc.nat(9), fc.nat(5_000))
      .chain((total) => fc.record({ count: fc.nat(total), total: fc.constant(total) }));
    const counts = fc
      .tuple(part, part, part, part)
      .map(([withA, withB, withoutA, withoutB]): [TraitCounts, TraitCounts] => {
        const sum = (x: Tally, y: Tally): Tally => of(x.count + y.count, x.total + y.total);
        const all = { a: sum(withA, withoutA), b: sum(withB, withoutB) };
        const turned = { a: all.b, b: all.a };
        return [
          { of: all, traits: [trait('x', { a: withA, b: withB })] },
          { of: turned, traits: [trait('x', { a: withB, b: withA })] },
        ];
      });
    const outlineOf = (counts: TraitCounts): object[] => {
      const change = share(counts.of.b) - share(counts.of.a);
      return rankExplanations(change, [counts]).explanations.map(
        ({ how, share, pValue, ...rest }) => {
          for (const value of [share ?? 0, pValue, rest.low, rest.high])
            expect(value).toSatisfy(Number.isFinite);
          expect(rest.low).toBeLessThanOrEqual(rest.difference);
          expect(rest.high).toBeGreaterThanOrEqual(rest.difference);
          return { how, share: share?.toFixed(6), p: pValue.toFixed(6) };
        },
      );
    };
    fc.assert(
      fc.property(counts, ([given, swapped]) => {
        fc.pre(share(given.of.a) !== share(given.of.b));
        expect(outlineOf(swapped)).toEqual(outlineOf(given));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('changes of outcome rates', () => {
  test('the most significant change comes first, and p-values are corrected for the number of outcomes', () => {
    const outcomes = compareOutcomes([
      { outcome: 'approved', a: 700, b: 600 },
      { outcome: 'declined', a: 290, b: 385 },
      { outcome: null, a: 10, b: 15 },
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['approved', 'declined', null]);
    expect(outcomes.map(({ significant }) => significant)).toEqual([true, true, false]);
    const [approved] = outcomes;
    expect(approved?.pValue).toBeCloseTo(3 * compareShares(of(700, 1_000), of(600, 1_000)), 12);
    expect(approved).toMatchObject({ a: { count: 700, of: 1_000, rate: 0.7 } });
    expect(approved?.difference).toBeCloseTo(-0.1, 12);
  });

  test('without executions in a cohort nothing is claimed', () => {
    const outcomes = compareOutcomes([{ outcome: 'approved', a: 0, b: 600 }]);
    expect(outcomes[0]).toMatchObject({ significant: false, pValue: 1, a: { rate: 0, high: 1 } });
    expect(compareOutcomes([])).toEqual([]);
  });
});
