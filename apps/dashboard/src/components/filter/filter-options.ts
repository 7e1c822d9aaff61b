import type { Facets } from '@xray/core';
import {
  QUERY_FIELDS,
  completeQuery,
  lexQuery,
  parseQuery,
  printQueryField,
  printQueryValue,
} from '@xray/core/query';
import { formatCount } from '@/lib/format';
import { withoutWords } from './filter-terms';

const MAX_OPTIONS = 12;

/** A text that replaces [start, end) of the filter. */
export interface FilterOption {
  start: number;
  end: number;
  insert: string;
  /** The text shown. */
  label: string;
  hint: string;
}

/**
 * Completions at the caret: fields, keys, and values found in the app. An empty text is completed with recent
 * filters.
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

/**
 * The filter without the term at the caret. Its results are counted for the completions. Empty if the rest is
 * invalid.
 */
export function restOfFilter(text: string, caret: number): string {
  const token = lexQuery(text).find(({ start, end }) => start <= caret && caret <= end);
  const rest = token === undefined ? text : text.slice(0, token.start) + text.slice(token.end);
  return parseQuery(rest).ok ? (withoutWords(rest) ?? '') : '';
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
        insert: `${name}:`,
        label: `${field}.${name}`,
        hint: QUERY_FIELDS[field].about,
      }));
  }
  if (expects === 'value' && field !== null) {
    const name = printQueryField(field, key);
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

/** Known values of any field that contain the text: `decl` may mean `outcome:declined`. */
function valuesAnywhere(
  facets: Facets['items'],
  prefix: string,
  span: { start: number; end: number },
): FilterOption[] {
  return facets.flatMap((facet) =>
    facet.values
      .filter(({ value }) => contains(value, prefix))
      .map(({ value, count }) => {
        const term = `${facet.field}:${printQueryValue(value)}`;
        return { ...span, insert: `${term} `, label: term, hint: formatCount(count) };
      }),
  );
}

/** The keys of a field in the filter's syntax. */
function keysOf(facets: Facets['items'], field: string): string[] {
  return facets.flatMap((facet) =>
    facet.field.startsWith(`${field}.`) ? [facet.field.slice(field.length + 1)] : [],
  );
}

function contains(value: string, part: string): boolean {
  return value.toLowerCase().includes(part.toLowerCase());
}
