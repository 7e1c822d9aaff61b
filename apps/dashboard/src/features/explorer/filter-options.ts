import type { Facets } from '@xray/core';
import { QUERY_FIELDS, completeQuery, printQueryField, printQueryValue } from '@xray/core/query';
import { formatCount } from '@/lib/format';

const MAX_OPTIONS = 12;

/** Something to put into the filter's text, in the place of [start, end). */
export interface FilterOption {
  start: number;
  end: number;
  insert: string;
  /** What is shown. */
  label: string;
  hint: string;
}

/**
 * What can stand at the caret: fields, keys and values, those of the app by what was found there. Before
 * anything is written: recent filters, each in the place of the whole text.
 */
export function filterOptions(
  text: string,
  caret: number,
  facets: Facets['items'],
  recent: readonly string[],
): FilterOption[] {
  const whole = { start: 0, end: text.length };
  const history =
    text.trim() === ''
      ? recent.map((each) => ({ ...whole, insert: each, label: each, hint: 'recent' }))
      : [];
  return [...history.slice(0, 5), ...completions(text, caret, facets)].slice(
    0,
    MAX_OPTIONS + history.length,
  );
}

function completions(text: string, caret: number, facets: Facets['items']): FilterOption[] {
  const completion = completeQuery(text, caret);
  if (completion === null) return [];
  const { start, end, prefix, field, key, expects } = completion;
  const span = { start, end };
  const known = completion.options.map(({ insert, about }) => ({
    ...span,
    insert: expects === 'value' ? `${insert} ` : insert,
    label: insert,
    hint: about,
  }));
  if (expects === 'key' && field !== null) {
    return keysOf(facets, field)
      .filter((name) => contains(name, prefix))
      .map((name) => ({
        ...span,
        insert: `${printQueryField(field, name).slice(field.length + 1)}:`,
        label: `${field}.${name}`,
        hint: QUERY_FIELDS[field].about,
      }));
  }
  if (expects === 'value' && field !== null) {
    const name = key === null ? field : `${field}.${key}`;
    const found = (facets.find((facet) => facet.field === name)?.values ?? [])
      .filter(({ value }) => contains(value, prefix))
      .map(({ value, count }) => ({
        ...span,
        insert: `${printQueryValue(value)} `,
        label: value,
        hint: formatCount(count),
      }));
    const shown = new Set(found.map(({ label }) => label));
    return [...found, ...known.filter(({ label }) => !shown.has(label))];
  }
  return [...known, ...(prefix.length < 2 ? [] : valuesAnywhere(facets, prefix, span))];
}

/** Known values of any field that hold what was written: `decl` may mean `outcome:declined`. */
function valuesAnywhere(
  facets: Facets['items'],
  prefix: string,
  span: { start: number; end: number },
): FilterOption[] {
  return facets.flatMap((facet) =>
    facet.values
      .filter(({ value }) => contains(value, prefix))
      .map(({ value, count }) => {
        const term = `${printedField(facet.field)}:${printQueryValue(value)}`;
        return { ...span, insert: `${term} `, label: term, hint: formatCount(count) };
      }),
  );
}

/** A facet's field as it is written in a filter. */
function printedField(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : printQueryField(name.slice(0, dot), name.slice(dot + 1));
}

function keysOf(facets: Facets['items'], field: string): string[] {
  return facets.flatMap((facet) =>
    facet.field.startsWith(`${field}.`) ? [facet.field.slice(field.length + 1)] : [],
  );
}

function contains(value: string, part: string): boolean {
  return value.toLowerCase().includes(part.toLowerCase());
}
