import type { Facets } from '@xray/core';
import { printQueryValue } from '@xray/core/query';
import { bothFilters } from './cohort-query';

/** Two groups worth setting against each other. */
export interface Preset {
  name: string;
  a: { q: string; from: string | null; to: string | null };
  b: { q: string; from: string | null; to: string | null };
}

const LAST_MONTH = { from: '-30d', to: null };

/** One filter in the week before and in this one. */
export function weekPreset(q: string): Preset {
  return {
    name: 'Last week against this week',
    a: { q, from: '-14d', to: '-7d' },
    b: { q, from: '-7d', to: null },
  };
}

/**
 * The two most frequent values of each version and of the environment against each other, the version that
 * has a name that sorts first as `a`: versions mostly count up.
 */
export function valuePresets(q: string, facets: Facets): Preset[] {
  return facets.items.flatMap(({ field, values }): Preset[] => {
    if (field !== 'env' && !field.startsWith('version.')) return [];
    const [one, other] = values
      .slice(0, 2)
      .map(({ value }) => value)
      .toSorted((x, y) => x.localeCompare(y, 'en', { numeric: true }));
    if (one === undefined || other === undefined) return [];
    const within = (value: string) => ({
      q: bothFilters(q, `${field}:${printQueryValue(value)}`),
      ...LAST_MONTH,
    });
    const named = field === 'env' ? 'Environment' : field.slice('version.'.length);
    return [{ name: `${named}: ${one} against ${other}`, a: within(one), b: within(other) }];
  });
}
