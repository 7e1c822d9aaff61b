import type { CohortExplanation, ExplanationKind, OutcomeChange, TraitName } from './cohorts.js';
import {
  adjustForMany,
  associationWithin,
  compareShares,
  differenceInterval,
  share,
  twoSided,
  varianceOf,
  type Tally,
} from './proportions.js';
import { rateOf } from './rate.js';

/** A count in each of the two cohorts. */
export interface InBoth {
  a: Tally;
  b: Tally;
}

/** A property that an execution has or lacks. */
export interface Trait extends TraitName {
  /** Executions with the trait (`total`), and those of them that also have the outcome (`count`). */
  within: InBoth;
}

/** Traits counted over the same executions. */
export interface TraitCounts {
  /** All these executions (`total`), and those of them that have the outcome (`count`). */
  of: InBoth;
  traits: Trait[];
}

/** The accepted probability of any false claim in a whole comparison. */
export const ALPHA = 0.01;
/** A trait is tested only if at least this many executions have it, and at least this many do not. */
const MIN_EXECUTIONS = 5;
/** A trait whose frequency differs by at least this much between the cohorts is a coincidence. */
const COINCIDENCE = 0.9;
const MAX_EXPLANATIONS = 50;
const Z_95 = 1.96;
/** With equal weights, traits closer to the decision come first. */
const ORDER: ExplanationKind[] = ['decisive', 'rule', 'reason', 'step', 'step_failure', 'error'];

/** Compares the rate of every outcome. The most significant change comes first. */
export function compareOutcomes(
  outcomes: { outcome: string | null; a: number; b: number }[],
): OutcomeChange[] {
  const total = { a: sum(outcomes.map(({ a }) => a)), b: sum(outcomes.map(({ b }) => b)) };
  const tallies = outcomes.map(({ outcome, a, b }) => ({
    outcome,
    a: { count: a, total: total.a },
    b: { count: b, total: total.b },
  }));
  const pValues = adjustForMany(tallies.map(({ a, b }) => compareShares(a, b)));
  return tallies
    .map(({ outcome, a, b }, index) => {
      const pValue = pValues[index] ?? 1;
      return { outcome, ...changeOf(a, b), pValue, significant: pValue < ALPHA };
    })
    .sort(
      (x, y) =>
        x.pValue - y.pValue ||
        Math.abs(y.difference) - Math.abs(x.difference) ||
        compareText(x.outcome ?? '', y.outcome ?? ''),
    );
}

/**
 * Finds the traits that go with a change of an outcome's rate beyond chance, the strongest first.
 *
 * The change is divided as by Kitagawa (1955, J. Am. Stat. Assoc. 50:1168-1194; Oaxaca and Blinder in
 * economics). One part comes from more or fewer executions with the trait. The other comes from a different
 * change of the rate among them than among the rest.
 *  - `frequency`: change of the trait's frequency x Mantel and Haenszel's risk difference. That is taken
 *    within the cohorts, so two things that merely changed at the same time are not linked. Both factors
 *    must be beyond chance: p is the larger of both tests (intersection-union, Berger 1982, Technometrics
 *    24:295-300).
 *  - `effect`: mean frequency x (change with the trait - change without). The change with the trait and the
 *    interaction must both be beyond chance. A trait weighs less the more executions have it, because a
 *    trait of all executions distinguishes none.
 *  - `coincidence`: the trait is in nearly all of one cohort and nearly none of the other.
 * All tested hypotheses are corrected together (Holm). The order is by the lower 95 % limit of the part of
 * the change (delta method), so a surely large part comes before a doubtfully larger one. Records show
 * association only; people must judge whether a trait is a cause.
 *
 * @param change the outcome's rate in b minus its rate in a, not 0
 */
export function rankExplanations(
  change: number,
  groups: TraitCounts[],
): { explanations: CohortExplanation[]; tested: number } {
  const failing = new Set(
    groups.flatMap(({ traits }) => traits.filter(({ kind }) => kind === 'rule')).map(nameOf),
  );
  const testable = groups.flatMap(({ of, traits }) =>
    traits
      .filter((trait) => failing.has(trait.name) || !isTheOutcome(of, trait))
      .flatMap((trait) => view(of, trait)),
  );
  const hypotheses = testable.flatMap((trait) => [
    ...byFrequency(trait, change),
    ...byEffect(trait, change),
    ...byCoincidence(trait),
  ]);
  const pValues = adjustForMany(hypotheses.map(({ pValue }) => pValue));
  const found = hypotheses
    .map((hypothesis, index) => ({ ...hypothesis, pValue: pValues[index] ?? 1 }))
    .filter(({ pValue, weight }) => pValue < ALPHA && weight > 0)
    .sort(
      (x, y) =>
        y.weight - x.weight ||
        rankOf(x.trait.kind) - rankOf(y.trait.kind) ||
        shiftOf(y.trait) - shiftOf(x.trait) ||
        compareText(x.trait.name, y.trait.name),
    );
  return {
    explanations: withoutRepeats(found).slice(0, MAX_EXPLANATIONS),
    tested: testable.length,
  };
}

/**
 * Whether something decided just the executions with the outcome. It is the outcome by another name, such as the
 * `decidedBy` of approvals. A rule that failed says more.
 */
function isTheOutcome(of: InBoth, { kind, within }: Trait): boolean {
  return (
    kind === 'decisive' &&
    [[within.a, of.a] as const, [within.b, of.b] as const].every(
      ([part, all]) => part.count === part.total && part.count === all.count,
    )
  );
}

function nameOf({ name }: Trait): string {
  return name;
}

interface View extends Trait {
  of: InBoth;
  without: InBoth;
  /** The share of executions with the trait. */
  frequency: InBoth;
}

interface Hypothesis {
  trait: View;
  how: CohortExplanation['how'];
  pValue: number;
  share: number | null;
  /** The sort weight. It is 0 or less if the trait does not go with the change. */
  weight: number;
}

function view(of: InBoth, trait: Trait): View[] {
  const { within } = trait;
  const without = { a: rest(of.a, within.a), b: rest(of.b, within.b) };
  if (within.a.total + within.b.total < MIN_EXECUTIONS) return [];
  if (without.a.total + without.b.total < MIN_EXECUTIONS) return [];
  const frequency = {
    a: { count: within.a.total, total: of.a.total },
    b: { count: within.b.total, total: of.b.total },
  };
  return [{ ...trait, of, without, frequency }];
}

function byFrequency(trait: View, change: number): Hypothesis[] {
  const { within, without, frequency } = trait;
  const association = associationWithin([
    { exposed: within.a, unexposed: without.a },
    { exposed: within.b, unexposed: without.b },
  ]);
  if (association === null) return [];
  const shift = shiftOf(trait);
  const part = shift * association.difference;
  const standardError = Math.hypot(
    association.difference * Math.sqrt(varianceOf(frequency.a) + varianceOf(frequency.b)),
    shift * association.standardError,
  );
  const pValue = Math.max(compareShares(frequency.a, frequency.b), association.pValue);
  return [
    {
      trait,
      how: 'frequency',
      pValue,
      share: part / change,
      weight: surePart(part, standardError, change),
    },
  ];
}

function byEffect(trait: View, change: number): Hypothesis[] {
  const { within, without, frequency } = trait;
  const strata = [within.a, within.b, without.a, without.b];
  if (strata.some(({ total }) => total === 0)) return [];
  const frequent = (share(frequency.a) + share(frequency.b)) / 2;
  const more = share(within.b) - share(within.a) - (share(without.b) - share(without.a));
  const standardError = Math.sqrt(sum(strata.map(varianceOf)));
  const pValue = Math.max(compareShares(within.a, within.b), twoSided(more / standardError));
  const part = frequent * more;
  const weight = surePart(part, frequent * standardError, change) * (1 - frequent);
  return [{ trait, how: 'effect', pValue, share: part / change, weight }];
}

function byCoincidence(trait: View): Hypothesis[] {
  const { a, b } = trait.frequency;
  const shift = Math.abs(shiftOf(trait));
  if (shift < COINCIDENCE) return [];
  // This weight sorts behind every trait that surely goes with half of the change.
  return [
    { trait, how: 'coincidence', pValue: compareShares(a, b), share: null, weight: shift / 2 },
  ];
}

/** The lower limit of a part, as a share of the change. A limit above 1 counts less the higher it is. */
function surePart(part: number, standardError: number, change: number): number {
  const sure =
    (Math.sign(part * change) * Math.abs(part) - Z_95 * standardError) / Math.abs(change);
  return sure > 1 ? 1 / sure : sure;
}

/**
 * Lists each trait once, by its strongest hypothesis. Further traits go to `also` if they belong to the
 * same rule, or if they or their complement have the same counts, such as `ruleset:r42` beside
 * `ruleset:r41`.
 */
function withoutRepeats(found: Hypothesis[]): CohortExplanation[] {
  const byKey = new Map<string, CohortExplanation>();
  const kept: CohortExplanation[] = [];
  for (const hypothesis of found) {
    const { kind, name, term } = hypothesis.trait;
    const keys = keysOf(hypothesis.trait);
    const first = keys.map((key) => byKey.get(key)).find((value) => value !== undefined);
    const explanation = first ?? explanationOf(hypothesis);
    for (const key of keys) if (!byKey.has(key)) byKey.set(key, explanation);
    if (first === undefined) kept.push(explanation);
    else if (![first, ...first.also].some((other) => other.kind === kind && other.name === name)) {
      first.also.push({ kind, name, term });
    }
  }
  return kept;
}

function keysOf({ kind, name, term, within, without }: View): string[] {
  const counts = [within, without].map(({ a, b }) => [a.total, a.count, b.total, b.count].join());
  return [
    JSON.stringify([kind, term ?? name]),
    counts.sort(compareText).join(' and '),
    ...(kind === 'rule' || kind === 'decisive' ? [JSON.stringify(['of a rule', name])] : []),
  ];
}

function explanationOf({ trait, how, pValue, share }: Hypothesis): CohortExplanation {
  const { kind, name, term, frequency, within, without } = trait;
  return {
    kind,
    name,
    term,
    how,
    ...changeOf(frequency.a, frequency.b),
    pValue,
    share,
    within: { a: rateOf(within.a), b: rateOf(within.b) },
    without: { a: rateOf(without.a), b: rateOf(without.b) },
    also: [],
  };
}

export function changeOf(
  a: Tally,
  b: Tally,
): Pick<OutcomeChange, 'a' | 'b' | 'difference' | 'low' | 'high'> {
  return {
    a: rateOf(a),
    b: rateOf(b),
    difference: share(b) - share(a),
    ...differenceInterval(a, b),
  };
}

function rest(all: Tally, part: Tally): Tally {
  return { count: all.count - part.count, total: all.total - part.total };
}

/** The change of the trait's frequency. */
function shiftOf({ frequency }: View): number {
  return share(frequency.b) - share(frequency.a);
}

function rankOf(kind: ExplanationKind): number {
  const place = ORDER.indexOf(kind);
  return place < 0 ? ORDER.length : place;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
