import type { ExplorerFilter } from './search-params';

export type FilterField = keyof ExplorerFilter;

export const FILTER_FIELDS: readonly FilterField[] = [
  'pipeline',
  'status',
  'outcome',
  'environment',
];

/** Values known of each field, from what the server lists and what the rows at hand hold. */
export type KnownValues = Record<FilterField, readonly string[]>;

export interface FilterSuggestion {
  field: FilterField;
  value: string;
}

/**
 * What a typed text may mean as a filter: every known `field:value` that contains its words, and, for
 * `field:anything`, that value itself, since not all values are known here. A status is a closed set.
 */
export function suggestFilters(text: string, known: KnownValues): FilterSuggestion[] {
  const needle = text.trim().toLowerCase();
  const typed = typedFilter(text);
  const found = FILTER_FIELDS.flatMap((field) =>
    known[field]
      .filter((value) => matches(field, value, needle, typed))
      .map((value) => ({ field, value })),
  );
  const isKnown = found.some((each) => each.field === typed?.field && each.value === typed.value);
  if (typed === null || typed.field === 'status' || typed.value === '' || isKnown) return found;
  return [typed, ...found];
}

function matches(
  field: FilterField,
  value: string,
  needle: string,
  typed: FilterSuggestion | null,
): boolean {
  if (typed !== null) {
    return field === typed.field && value.toLowerCase().includes(typed.value.toLowerCase());
  }
  return `${field}:${value}`.toLowerCase().includes(needle);
}

function typedFilter(text: string): FilterSuggestion | null {
  const colon = text.indexOf(':');
  if (colon < 0) return null;
  const field = text.slice(0, colon).trim().toLowerCase();
  const match = FILTER_FIELDS.find((each) => each === field);
  return match === undefined ? null : { field: match, value: text.slice(colon + 1).trim() };
}
