import {
  isExactNumber,
  parseJson,
  parseQuery,
  printQuery,
  printQueryField,
  queryLeaves,
  type ExplanationKind,
  type Json,
  type QueryNode,
  type Snapshot,
  type TextField,
  type Trait,
  type TraitCounts,
} from '@xray/core';
import type { CohortCounts, SampledBody, TraitCount } from '../store/answers.js';

/** An input field with more distinct values in the sample cannot separate groups of executions. */
const MAX_INPUT_VALUES = 20;
const MAX_INPUT_VALUE_LENGTH = 64;

const FIELDS: Partial<Record<ExplanationKind, TextField>> = {
  decisive: 'decisive',
  rule: 'rule',
  reason: 'reason',
  step: 'step',
  step_failure: 'failed',
  error: 'error',
  version: 'version',
  metadata: 'metadata',
  tag: 'tag',
  environment: 'env',
  pipeline: 'pipeline',
};
/**
 * An execution has at most one value of each of these fields, so a filter on one value decides
 * about all values.
 */
const SINGLE: TextField[] = ['error', 'version', 'metadata', 'env', 'pipeline'];

/**
 * The traits that define the cohorts, such as `version.ruleset` or `tag:vip`. They explain nothing.
 */
export function givenBy(...filters: QueryNode[]): Set<string> {
  const given = new Set<string>();
  for (const leaf of filters.flatMap((filter) => [...queryLeaves(filter)])) {
    if (leaf.kind !== 'term') continue;
    if (SINGLE.includes(leaf.field)) given.add(printQueryField(leaf.field, leaf.key));
    for (const { text } of leaf.values) given.add(termOf(leaf.field, leaf.key, text));
  }
  return given;
}

function termOf(field: TextField, key: string | null, text: string): string {
  const nowhere = { start: 0, end: 0 };
  const values = [{ match: 'is' as const, text, ...nowhere }];
  return printQuery({ kind: 'term', field, key, values, ...nowhere });
}

/**
 * The counts, grouped by the executions that they cover: the whole sample, the executions with
 * known steps, or fewer.
 */
export function traitGroups(
  { traits, bodies }: { traits: TraitCount[]; bodies: SampledBody[] },
  { courses }: CohortCounts,
  given: Set<string>,
): TraitCounts[] {
  const ofKind = (kind: TraitCount['kind']): TraitCount[] =>
    traits.filter((trait) => trait.kind === kind);
  const named = (
    kind: ExplanationKind,
    key: string | null,
    value: string,
    counts: Counts,
  ): Trait[] => (isGiven(given, kind, key, value) ? [] : [traitOf(kind, key, value, counts)]);
  const plain = traits.flatMap((count): Trait[] => {
    const { kind, key, value } = count;
    if (kind === 'all' || kind === 'all_steps' || kind === 'course' || kind === 'candidates')
      return [];
    return named(kind, key, value, count);
  });
  const stepsOf = new Map(courses.map(({ course, steps }) => [String(course), new Set(steps)]));
  const known = ofKind('course').filter(({ value }) => stepsOf.has(value));
  const names = new Set([...stepsOf.values()].flatMap((steps) => [...steps]));
  const steps = [...names].flatMap((name) =>
    named('step', null, name, add(known.filter(({ value }) => stepsOf.get(value)?.has(name)))),
  );
  return [
    { of: withinOf(add(ofKind('all'))), traits: plain },
    { of: withinOf(add(known)), traits: steps },
    {
      of: withinOf(add(ofKind('all_steps'))),
      traits: ofKind('candidates').map((count) =>
        traitOf('candidates', count.key, count.value, count),
      ),
    },
    inputTraits(bodies),
  ];
}

function isGiven(
  given: Set<string>,
  kind: ExplanationKind,
  key: string | null,
  value: string,
): boolean {
  const field = FIELDS[kind];
  if (field === undefined) return false;
  return given.has(printQueryField(field, key)) || given.has(termOf(field, key, value));
}

/** Scalars at the top level of the input, by name and value. */
function inputTraits(bodies: SampledBody[]): TraitCounts {
  const fields = new Map<string, Map<string, Counts>>();
  const all: Counts = { ...NONE };
  for (const { inA, hit, body } of bodies) {
    count(all, inA, hit);
    // The body was validated at ingest.
    const { input } = parseJson(body) as Snapshot;
    for (const [key, value] of scalarsOf(input)) {
      const values = fields.get(key) ?? new Map<string, Counts>();
      const counts = values.get(value) ?? { ...NONE };
      count(counts, inA, hit);
      values.set(value, counts);
      fields.set(key, values);
    }
  }
  const few = [...fields].filter(([, values]) => values.size <= MAX_INPUT_VALUES);
  return {
    of: withinOf(all),
    traits: few.flatMap(([key, values]) =>
      [...values].map(([value, counts]) => traitOf('input', key, value, counts)),
    ),
  };
}

function scalarsOf(input: Json | undefined): [string, string][] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [];
  if (isExactNumber(input)) return [];
  return Object.entries(input).flatMap(([key, value]): [string, string][] => {
    if ((typeof value === 'object' && !isExactNumber(value)) || key.length > MAX_INPUT_VALUE_LENGTH)
      return [];
    const text = String(value);
    return text.length > MAX_INPUT_VALUE_LENGTH ? [] : [[key, text]];
  });
}

type Counts = Pick<TraitCount, 'a' | 'aHits' | 'b' | 'bHits'>;
const NONE: Counts = { a: 0, aHits: 0, b: 0, bHits: 0 };

function count(counts: Counts, inA: boolean, hit: boolean): void {
  counts[inA ? 'a' : 'b'] += 1;
  if (hit) counts[inA ? 'aHits' : 'bHits'] += 1;
}

function add(counts: Counts[]): Counts {
  return counts.reduce(
    (all, counts) => ({
      a: all.a + counts.a,
      aHits: all.aHits + counts.aHits,
      b: all.b + counts.b,
      bHits: all.bHits + counts.bHits,
    }),
    NONE,
  );
}

function withinOf({ a, aHits, b, bHits }: Counts): Trait['within'] {
  return { a: { count: aHits, total: a }, b: { count: bHits, total: b } };
}

/** Null if the filter language cannot express the value. */
function writableTerm(field: TextField, key: string | null, value: string): string | null {
  const term = termOf(field, key, value);
  return parseQuery(term).ok ? term : null;
}

function traitOf(kind: ExplanationKind, key: string | null, value: string, counts: Counts): Trait {
  const field = FIELDS[kind];
  return {
    kind,
    name: key === null ? value : `${/[:"]/.test(key) ? JSON.stringify(key) : key}:${value}`,
    term: field === undefined ? null : writableTerm(field, key, value),
    within: withinOf(counts),
  };
}
