import type { Facets } from '@xray/core';
import {
  parseQuery,
  printQuery,
  printQueryField,
  queryLeaves,
  readFacetTerm,
  termState,
  toggleTerm,
  type QueryNode,
} from '@xray/core/query';

export interface FacetValue {
  value: string;
  /** Null if the filter names the value and the answer lacks it. */
  count: number | null;
  state: 'included' | 'excluded' | null;
}

export interface FacetGroup {
  field: string;
  title: string;
  values: FacetValue[];
  /** The number of further distinct values. */
  more: number;
}

const TITLES: Partial<Record<string, string>> = {
  env: 'Environment',
  decisive: 'Decisive rule',
  rule: 'Failed rule',
  failed: 'Failed step',
};

/** The values of each field with their state in the filter. Values that the filter names are listed even without a count. */
export function facetGroups(facets: Facets['items'], query: QueryNode): FacetGroup[] {
  const named = namedTerms(query);
  const groups = facets.flatMap((facet): FacetGroup[] => {
    const listed = facet.values.flatMap(({ value, count }): FacetValue[] => {
      const term = readFacetTerm(facet.field, value);
      return term === null ? [] : [{ value, count, state: termState(query, term) }];
    });
    const missing = named
      .filter(
        ({ field, value }) => field === facet.field && !listed.some((each) => each.value === value),
      )
      .map(({ value, state }): FacetValue => ({ value, count: null, state }));
    const values = [...missing, ...listed];
    if (values.length === 0) return [];
    return [{ field: facet.field, title: titleOf(facet.field), values, more: facet.more }];
  });
  const shown = new Set(groups.map((group) => group.field));
  const others = new Map<string, FacetValue[]>();
  for (const { field, value, state } of named) {
    if (shown.has(field)) continue;
    others.set(field, [...(others.get(field) ?? []), { value, count: null, state }]);
  }
  return [
    ...groups,
    ...[...others].map(([field, values]) => ({ field, title: titleOf(field), values, more: 0 })),
  ];
}

/** Adds a value to the filter or removes it. A filter that cannot be parsed stays as it is. */
export function toggleFacet(q: string, field: string, value: string, exclude: boolean): string {
  const read = parseQuery(q);
  const term = readFacetTerm(field, value);
  return read.ok && term !== null ? printQuery(toggleTerm(read.query, term, exclude)) : q;
}

/** The filter without each of its parts. */
export function filtersWithoutOnePart(q: string): { dropped: string; rest: string }[] {
  const read = parseQuery(q);
  if (!read.ok) return [];
  const { query } = read;
  if (query.kind !== 'and') return [{ dropped: printQuery(query), rest: '' }];
  return query.nodes.map((node) => ({
    dropped: printQuery(node),
    rest: printQuery({ ...query, nodes: query.nodes.filter((each) => each !== node) }),
  }));
}

/** Whether the filter searches for words. Rows then show where the words are. */
export function searchesWords(q: string): boolean {
  const read = parseQuery(q);
  return read.ok && hasWords(read.query);
}

/** The filter without its search words. Null if a word is within an OR or a negation. */
export function withoutWords(q: string): string | null {
  const read = parseQuery(q);
  if (!read.ok) return q;
  const { query } = read;
  const nodes = (query.kind === 'and' ? query.nodes : [query]).filter(
    ({ kind }) => kind !== 'text',
  );
  if (nodes.some(hasWords)) return null;
  return printQuery({ kind: 'and', nodes, start: 0, end: 0 });
}

function hasWords(query: QueryNode): boolean {
  return [...queryLeaves(query)].some(({ kind }) => kind === 'text');
}

function namedTerms(query: QueryNode) {
  const parts = query.kind === 'and' ? query.nodes : [query];
  return parts.flatMap((part) => {
    const state = part.kind === 'not' ? ('excluded' as const) : ('included' as const);
    const node = part.kind === 'not' ? part.node : part;
    if (node.kind !== 'term') return [];
    const field = printQueryField(node.field, node.key);
    return node.values.flatMap(({ match, text }) =>
      match === 'is' ? [{ field, value: text, state }] : [],
    );
  });
}

function titleOf(field: string): string {
  return TITLES[field] ?? `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

/** The pipeline to which a filter restricts its executions; null for several pipelines. */
export function pipelineOfFilter(q: string): string | null {
  const parsed = parseQuery(q);
  if (!parsed.ok) return null;
  const nodes = parsed.query.kind === 'and' ? parsed.query.nodes : [parsed.query];
  for (const node of nodes) {
    if (node.kind !== 'term' || node.field !== 'pipeline') continue;
    const [value, ...others] = node.values;
    if (value?.match === 'is' && others.length === 0) return value.text;
  }
  return null;
}
