import type { Facets, NamedChange, Releases } from '@xray/core';
import { printQueryField, printQueryValue } from '@xray/core/query';
import { changeLine, settingText } from '@/components/rules/rule-change-text';
import { asRecorded, type Names } from '@/lib/dictionary';
import { bothFilters } from './cohort-query';

/** Two groups that are worth comparing. */
export interface Preset {
  name: string;
  a: { q: string; from: string | null; to: string | null };
  b: { q: string; from: string | null; to: string | null };
}

/** Limit over all pipelines and version names. */
const MAX_RELEASES = 6;
const LAST_MONTH = { from: '-30d', to: null };

/** One filter in the last week and in this week. */
export function weekPreset(q: string): Preset {
  return {
    name: 'Last week and this week',
    a: { q, from: '-14d', to: '-7d' },
    b: { q, from: '-7d', to: null },
  };
}

/** A change of a pipeline's rules or steps. */
export interface PipelineChange {
  pipeline: string;
  change: NamedChange;
}

/**
 * The time before and after the newest rule change of each pipeline, the latest first.
 *
 * @param areMany whether the filter allows several pipelines
 */
export function rulePresets(
  q: string,
  changes: readonly PipelineChange[],
  areMany: boolean,
  names: Names = asRecorded,
): Preset[] {
  return changes
    .toSorted((x, y) => Date.parse(y.change.at) - Date.parse(x.change.at))
    .map(({ pipeline, change }) => {
      const within = bothFilters(q, inPipeline(pipeline, areMany));
      return {
        name: `${areMany ? `${names('pipelines', pipeline)} · ` : ''}before and after ${changeText(change, names)}`,
        a: { q: within, from: LAST_MONTH.from, to: change.at },
        b: { q: within, from: change.at, to: null },
      };
    });
}

/** `max_dti 0.43 → 0.36` for a limit. Other changes name their setting. */
function changeText(change: NamedChange, names: Names): string {
  return change.field === 'threshold' && change.rule !== null
    ? `${names('rules', change.rule)} ${settingText(change.from)} → ${settingText(change.to)}`
    : changeLine(change, names);
}

type Release = Releases['items'][number];

/** The newest release of each pipeline against the version before it, the latest first. */
export function releasePresets(
  q: string,
  { items }: Releases,
  names: Names = asRecorded,
): Preset[] {
  const areMany = new Set(items.map(({ pipeline }) => pipeline)).size > 1;
  const seen = new Set<string>();
  return items.flatMap((release): Preset[] => {
    const { pipeline, name, version, previous } = release;
    const key = JSON.stringify([pipeline, name]);
    if (seen.has(key) || seen.size === MAX_RELEASES) return [];
    seen.add(key);
    const within = (value: string) => ({
      q: bothFilters(q, termsOf(release, areMany, value)),
      ...LAST_MONTH,
    });
    const where = areMany ? `${names('pipelines', pipeline)} · ` : '';
    return [
      {
        name: `${where}before and after ${name} ${version}`,
        a: { q: bothFilters(q, inPipeline(pipeline, areMany)), from: '-30d', to: release.firstAt },
        b: { q: bothFilters(q, inPipeline(pipeline, areMany)), from: release.firstAt, to: null },
      },
      {
        name: `${where}${name}: ${previous} and ${version}`,
        a: within(previous),
        b: within(version),
      },
    ];
  });
}

function inPipeline(pipeline: string, isNamed: boolean): string {
  return isNamed ? `pipeline:${printQueryValue(pipeline)}` : '';
}

function termsOf({ pipeline, name }: Release, withPipeline: boolean, value: string): string {
  const term = `${printQueryField('version', name)}:${printQueryValue(value)}`;
  return withPipeline ? `pipeline:${printQueryValue(pipeline)} ${term}` : term;
}

/**
 * The two most frequent environments. Then, for each version name without a release, its two most
 * frequent values. The value that sorts first is `a`.
 */
export function valuePresets(q: string, facets: Facets, releases: Releases): Preset[] {
  const released = new Set(releases.items.map(({ name }) => printQueryField('version', name)));
  return facets.items.flatMap(({ field, values }): Preset[] => {
    if (field !== 'env' && (!field.startsWith('version.') || released.has(field))) return [];
    const [first, second] = values
      .slice(0, 2)
      .map(({ value }) => value)
      .toSorted((x, y) => x.localeCompare(y, 'en', { numeric: true }));
    if (first === undefined || second === undefined) return [];
    const within = (value: string) => ({
      q: bothFilters(q, `${field}:${printQueryValue(value)}`),
      ...LAST_MONTH,
    });
    const named = field === 'env' ? 'Environment' : field.slice('version.'.length);
    return [{ name: `${named}: ${first} and ${second}`, a: within(first), b: within(second) }];
  });
}
