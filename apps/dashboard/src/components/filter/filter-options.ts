import type { Facets } from '@xray/core';
import {
  QUERY_FIELDS,
  completeQuery,
  lexQuery,
  parseQuery,
  printQueryField,
  printQueryValue,
} from '@xray/core/query';
import type { TermKind } from '@xray/core/terms';
import { asRecorded, type Names } from '@/lib/dictionary';
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
  names: Names = asRecorded,
): FilterOption[] {
  const whole = { start: 0, end: text.length };
  const history =
    text.trim() === ''
      ? recent.map((each) => ({ ...whole, insert: each, label: each, hint: 'recent' }))
      : [];
  return [...history.slice(0, 5), ...completions(text, caret, facets, names)].slice(
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

function completions(
  text: string,
  caret: number,
  facets: Facets['items'],
  names: Names,
): FilterOption[] {
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
      .map((found) => ({ ...found, known: nameOf(name, found.value, names) }))
      .filter(({ value, known }) => contains(value, prefix) || contains(known, prefix))
      .map(({ value, count, known }) => ({
        ...span,
        insert: `${printQueryValue(value)} `,
        label: value,
        hint: hintOf(known, count),
      }));
    const shown = new Set(found.map(({ label }) => label));
    return [...found, ...known.filter(({ label }) => !shown.has(label))];
  }
  return [...known, ...(prefix.length < 2 ? [] : valuesAnywhere(facets, prefix, span, names))];
}

/** Known values of any field that contain the text: `decl` may mean `outcome:declined`. */
function valuesAnywhere(
  facets: Facets['items'],
  prefix: string,
  span: { start: number; end: number },
  names: Names,
): FilterOption[] {
  return facets.flatMap((facet) =>
    facet.values
      .map((found) => ({ ...found, known: nameOf(facet.field, found.value, names) }))
      .filter(({ value, known }) => contains(value, prefix) || contains(known, prefix))
      .map(({ value, count, known }) => {
        const term = `${facet.field}:${printQueryValue(value)}`;
        return { ...span, insert: `${term} `, label: term, hint: hintOf(known, count) };
      }),
  );
}

/** The kinds of codes that the values of a field are. */
export const FIELD_TERMS: Partial<Record<string, TermKind>> = {
  outcome: 'outcomes',
  pipeline: 'pipelines',
  reason: 'reasons',
  decisive: 'rules',
  rule: 'rules',
  step: 'steps',
  failed: 'steps',
};

/** The name of a field's value in the app's dictionary, or ''. */
function nameOf(field: string, value: string, names: Names): string {
  const kind = FIELD_TERMS[field];
  const name = kind === undefined ? value : names(kind, value);
  return name === value ? '' : name;
}

function hintOf(name: string, count: number): string {
  return [name, formatCount(count)].filter((part) => part !== '').join(' · ');
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
