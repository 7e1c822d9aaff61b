import type { Fairness, ImpactRatio } from './fairness-schemas.js';
import {
  adjustForMany,
  associationWithin,
  compareShares,
  share,
  wilsonInterval,
  type Tally,
} from './proportions.js';
import { rateOf } from './rate.js';

/** Smaller groups are not shown. Their rates say little, and a person could be recognized. */
export const FAIRNESS_LEAST = 30;
/**
 * A selection rate below four fifths of the highest one is generally regarded as evidence of adverse impact. Source:
 * EEOC, Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D).
 */
export const FOUR_FIFTHS = 0.8;
/** A difference with a smaller adjusted p-value is beyond chance. */
const CHANCE = 0.05;
/** The group of executions without a value. */
export const NO_GROUP = null;

/** The number of executions with the same group, factor values and outcome. */
export interface FairnessCount {
  group: string | null;
  factors: (string | null)[];
  outcome: string | null;
  favourable: boolean;
  count: number;
}

type Answer = Omit<Fairness, 'from' | 'to' | 'outcome'>;

/**
 * Compares the rates of a favourable outcome between groups. The caller leaves out undecided executions.
 */
export function assessFairness(counts: readonly FairnessCount[], within: string[]): Answer {
  const all = tallyBy(counts, ({ group }) => group);
  const shown = [...all].filter(([, tally]) => tally.total >= FAIRNESS_LEAST);
  const reference = referenceOf(shown);
  const names = new Set(shown.map(([group]) => group));
  const strata = [...strataOf(counts.filter(({ group }) => names.has(group)))];
  const others = shown.filter(([group]) => group !== reference?.group);
  const pValues = adjustForMany(
    others.map(([, tally]) => (reference === null ? 1 : compareShares(tally, reference.tally))),
  );
  const pooled = others.map(([group]) =>
    reference === null || within.length === 0
      ? null
      : pooledRatio(strata.map(([, tallies]) => pairOf(tallies, group, reference.group))),
  );
  const pooledPValues = adjustForMany(pooled.map((each) => each?.pValue ?? 1));
  const groups = shown.map(([group, tally]): Answer['groups'][number] => {
    const place = others.findIndex(([other]) => other === group);
    const isReference = place < 0;
    const impact = impactOf(tally, reference?.tally ?? tally);
    const pValue = pValues[place] ?? 1;
    const ratio = pooled[place] ?? null;
    const pooledPValue = pooledPValues[place] ?? 1;
    return {
      group,
      favourable: rateOf(tally),
      outcomes: outcomesOf(counts, group, tally.total),
      isReference: isReference && reference !== null,
      impact,
      belowFourFifths: impact.ratio !== null && impact.ratio < FOUR_FIFTHS,
      pValue,
      beyondChance: pValue < CHANCE,
      withinFactors:
        ratio === null
          ? null
          : {
              ratio: ratio.ratio,
              low: ratio.low,
              high: ratio.high,
              belowFourFifths: ratio.ratio !== null && ratio.ratio < FOUR_FIFTHS,
              pValue: pooledPValue,
              beyondChance: pooledPValue < CHANCE,
              strata: ratio.strata,
              executions: ratio.executions,
            },
    };
  });
  groups.sort((a, b) => b.favourable.rate - a.favourable.rate || compareNames(a.group, b.group));
  const shownStrata =
    within.length === 0 ? [] : strata.flatMap(shownStratum(within, shownCells(strata)));
  return {
    within,
    least: FAIRNESS_LEAST,
    executions: shown.reduce((sum, [, { total }]) => sum + total, 0),
    reference: reference?.group ?? null,
    groups,
    withheld: [...all.keys()].filter((group) => !names.has(group)).toSorted(compareNames),
    strata: shownStrata,
    withheldStrata: within.length === 0 ? 0 : strata.length - shownStrata.length,
    warnings: warningsOf(shown, groups),
  };
}

/**
 * The group with the highest rate. Null if there is nothing to compare it with. Executions without a value are no
 * group that others could be measured by.
 */
function referenceOf(
  shown: [string | null, Tally][],
): { group: string | null; tally: Tally } | null {
  if (shown.length < 2) return null;
  const named = shown.filter(([name]) => name !== NO_GROUP);
  const [first] = named.toSorted(
    ([nameA, a], [nameB, b]) =>
      share(b) - share(a) || b.total - a.total || compareNames(nameA, nameB),
  );
  return first === undefined ? null : { group: first[0], tally: first[1] };
}

/**
 * The ratio of two rates with the interval of Donner and Zou (2012, Stat. Methods Med. Res. 21:347-359),
 * computed from the Wilson intervals of both rates. For rates of 0 and 1 it stays finite, but may have no
 * upper limit.
 */
export function impactOf(tally: Tally, reference: Tally): ImpactRatio {
  const [p, r] = [share(tally), share(reference)];
  if (r === 0) return { ratio: null, low: null, high: null };
  const own = wilsonInterval(tally);
  const other = wilsonInterval(reference);
  const low = ratioLimit(p, r, own.low, other.high, -1);
  const high = other.low === 0 ? null : ratioLimit(p, r, own.high, other.low, 1);
  const ratio = p / r;
  return {
    ratio,
    low: Math.max(0, Math.min(low, ratio)),
    high: high === null ? null : Math.max(high, ratio),
  };
}

function ratioLimit(p: number, r: number, own: number, other: number, sign: 1 | -1): number {
  const root = (p * r) ** 2 - own * other * (2 * p - own) * (2 * r - other);
  const divisor = other * (2 * r - other);
  if (divisor <= 0) return sign < 0 ? 0 : Infinity;
  return (p * r + sign * Math.sqrt(Math.max(0, root))) / divisor;
}

interface Pair {
  group: Tally;
  reference: Tally;
}

/**
 * Mantel and Haenszel's pooled risk ratio over strata, with the interval of Greenland and Robins (1985, Biometrics
 * 41:55-68) on the logarithm. Null if no stratum has both groups.
 */
export function pooledRatio(
  strata: Pair[],
): (ImpactRatio & { pValue: number; strata: number; executions: number }) | null {
  const both = strata.filter(({ group, reference }) => group.total > 0 && reference.total > 0);
  const association = associationWithin(
    both.map(({ group, reference }) => ({ exposed: group, unexposed: reference })),
  );
  if (association === null) return null;
  let above = 0;
  let below = 0;
  let spread = 0;
  let executions = 0;
  for (const { group, reference } of both) {
    const total = group.total + reference.total;
    above += (group.count * reference.total) / total;
    below += (reference.count * group.total) / total;
    spread +=
      ((group.count + reference.count) * group.total * reference.total -
        group.count * reference.count * total) /
      (total * total);
    executions += total;
  }
  const ratio = below === 0 ? null : above / below;
  const error = above > 0 && below > 0 ? Math.sqrt(Math.max(0, spread) / (above * below)) : null;
  const limit = (sign: number): number | null =>
    ratio === null || error === null ? null : ratio * Math.exp(sign * Z_95 * error);
  return {
    ratio,
    low: limit(-1) ?? (ratio === null ? null : 0),
    high: limit(1),
    pValue: association.pValue,
    strata: both.length,
    executions,
  };
}

/** The 97.5 % quantile of the normal distribution. */
const Z_95 = 1.959963984540054;

function pairOf(
  tallies: ReadonlyMap<string | null, Tally>,
  group: string | null,
  reference: string | null,
): Pair {
  const none = { count: 0, total: 0 };
  return { group: tallies.get(group) ?? none, reference: tallies.get(reference) ?? none };
}

function strataOf(counts: readonly FairnessCount[]): Map<Stratum[0], Stratum[1]> {
  const strata = new Map<string, FairnessCount[]>();
  for (const count of counts) {
    const key = JSON.stringify(count.factors);
    const members = strata.get(key);
    if (members === undefined) strata.set(key, [count]);
    else members.push(count);
  }
  return new Map(
    [...strata]
      .toSorted(([a], [b]) => compareNames(a, b))
      .map(([key, members]) => [key, tallyBy(members, ({ group }) => group)]),
  );
}

type Stratum = [key: string, tallies: Map<string | null, Tally>];

/**
 * The groups that each stratum shows. A group's total is known, so a single small cell could be found by subtraction.
 * Then the group's next smallest cell is withheld too.
 */
function shownCells(strata: readonly Stratum[]): Map<string, Set<string | null>> {
  const shown = new Map(
    strata.map(([key, tallies]) => {
      const large = [...tallies].filter(([, { total }]) => total >= FAIRNESS_LEAST);
      return [key, new Set(large.length < 2 ? [] : large.map(([group]) => group))] as const;
    }),
  );
  // In a fixed order, because hiding a cell of one group can hide cells of others.
  const groups = [...new Set(strata.flatMap(([, tallies]) => [...tallies.keys()]))].toSorted(
    compareNames,
  );
  for (let isDone = false; !isDone;) {
    isDone = true;
    for (const group of groups) {
      const cells = strata.flatMap(([key, tallies]) => {
        const total = tallies.get(group)?.total ?? 0;
        return total === 0 ? [] : [{ key, total, isShown: shown.get(key)?.has(group) === true }];
      });
      const withheld = cells.filter(({ isShown }) => !isShown);
      const known = withheld.reduce((sum, { total }) => sum + total, 0);
      const isSafe = withheld.length > 1 && known >= FAIRNESS_LEAST;
      if (isSafe || withheld.every(({ total }) => total >= FAIRNESS_LEAST)) continue;
      const [next] = cells.filter(({ isShown }) => isShown).toSorted((a, b) => a.total - b.total);
      if (next === undefined) continue;
      const left = shown.get(next.key);
      left?.delete(group);
      // A stratum with one group compares nothing.
      if (left !== undefined && left.size < 2) left.clear();
      isDone = false;
    }
  }
  return shown;
}

function shownStratum(within: string[], cells: ReadonlyMap<string, ReadonlySet<string | null>>) {
  return ([key, tallies]: Stratum): Answer['strata'] => {
    const shown = [...tallies].filter(([group]) => cells.get(key)?.has(group));
    const reference = referenceOf(shown);
    if (reference === null) return [];
    const values = JSON.parse(key) as (string | null)[];
    return [
      {
        values: Object.fromEntries(within.map((name, place) => [name, values[place] ?? null])),
        groups: shown
          .map(([group, tally]) => ({
            group,
            favourable: rateOf(tally),
            impact: impactOf(tally, reference.tally),
          }))
          .toSorted(
            (a, b) => b.favourable.rate - a.favourable.rate || compareNames(a.group, b.group),
          ),
        withheld: tallies.size - shown.length,
      },
    ];
  };
}

function tallyBy<Key>(
  counts: readonly FairnessCount[],
  keyOf: (count: FairnessCount) => Key,
): Map<Key, Tally> {
  const tallies = new Map<Key, Tally>();
  for (const each of counts) {
    const key = keyOf(each);
    const tally = tallies.get(key) ?? { count: 0, total: 0 };
    tallies.set(key, {
      count: tally.count + (each.favourable ? each.count : 0),
      total: tally.total + each.count,
    });
  }
  return tallies;
}

function outcomesOf(
  counts: readonly FairnessCount[],
  group: string | null,
  total: number,
): Answer['groups'][number]['outcomes'] {
  const own = new Map<string | null, number>();
  for (const each of counts) {
    if (each.group === group) own.set(each.outcome, (own.get(each.outcome) ?? 0) + each.count);
  }
  return [...own]
    .toSorted(([nameA, a], [nameB, b]) => b - a || compareNames(nameA, nameB))
    .map(([outcome, count]) => ({ outcome, ...rateOf({ count, total }) }));
}

function warningsOf(shown: [string | null, Tally][], groups: Answer['groups']): Answer['warnings'] {
  const warnings: Answer['warnings'] = [];
  if (shown.length < 2) {
    const message = `Fewer than two groups have ${FAIRNESS_LEAST} executions, so nothing can be compared.`;
    warnings.push({ code: 'too_few_groups', message });
  }
  if (groups.some(({ belowFourFifths, beyondChance }) => belowFourFifths && !beyondChance)) {
    const message =
      'A ratio is below four fifths, but chance alone can explain it: look at more executions.';
    warnings.push({ code: 'may_be_chance', message });
  }
  if (groups.some(({ group }) => group === NO_GROUP)) {
    const message =
      'Some executions have no value of the attribute. They are shown as a group of their own.';
    warnings.push({ code: 'no_value', message });
  }
  return warnings;
}

function compareNames(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
}
