import { adjustForMany, compareShares, wilsonInterval, type Tally } from '@xray/core/proportions';
import type { Snapshot } from '@xray/sdk';
import type { Report, Share } from './report.js';

const MAX_SEGMENTS = 20;
/** The accepted chance of one false segment in a report. */
const ALPHA = 0.01;
const MIN_EXECUTIONS = 5;

/** Counts flips by tags, metadata and types of subjects. */
export class Segments {
  readonly #byTrait = new Map<string, { count: number; total: number }>();
  readonly #all = { count: 0, total: 0 };

  add(snapshot: Snapshot, isFlipped: boolean): void {
    for (const trait of [undefined, ...traitsOf(snapshot)]) {
      const tally = trait === undefined ? this.#all : this.#tally(trait);
      tally.total += 1;
      if (isFlipped) tally.count += 1;
    }
  }

  /** The traits whose share of flips differs beyond chance (Holm's correction over all traits). */
  beyondChance(): Report['segments'] {
    const tested = [...this.#byTrait].filter(
      ([, { total }]) => total >= MIN_EXECUTIONS && this.#all.total - total >= MIN_EXECUTIONS,
    );
    const compared = tested.map(([trait, within]) => ({
      trait,
      within,
      others: this.#without(within),
    }));
    const pValues = adjustForMany(
      compared.map(({ within, others }) => compareShares(others, within)),
    );
    return compared
      .map(({ trait, within, others }, index) => ({
        trait,
        flips: within.count,
        of: within.total,
        within: shareOf(within),
        others: shareOf(others),
        pValue: pValues[index] ?? 1,
      }))
      .filter(({ pValue }) => pValue < ALPHA)
      .sort((a, b) => a.pValue - b.pValue || a.trait.localeCompare(b.trait, 'en'))
      .slice(0, MAX_SEGMENTS);
  }

  #tally(trait: string): { count: number; total: number } {
    const known = this.#byTrait.get(trait);
    if (known !== undefined) return known;
    const tally = { count: 0, total: 0 };
    this.#byTrait.set(trait, tally);
    return tally;
  }

  #without({ count, total }: Tally): Tally {
    return { count: this.#all.count - count, total: this.#all.total - total };
  }
}

/** A share with its 95 % interval. The counts may be weighted, and then need not be whole. */
export function shareOf(tally: Tally): Share {
  const { low, high } = wilsonInterval(tally);
  return { share: tally.total === 0 ? 0 : tally.count / tally.total, low, high };
}

function traitsOf({ tags = [], metadata = {}, subjects = [] }: Snapshot): Set<string> {
  return new Set([
    ...tags.map((tag) => `tag:${tag}`),
    ...Object.entries(metadata).map(([key, value]) => `metadata.${key}:${String(value)}`),
    ...subjects.map(({ type }) => `subject.${type}:*`),
  ]);
}
