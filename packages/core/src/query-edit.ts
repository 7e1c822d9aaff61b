import { QUERY_FIELDS } from './query-fields.js';
import { parseQuery } from './query-parser.js';
import {
  allOf,
  type QueryField,
  type QueryNode,
  type TermNode,
  type TextField,
} from './query-tree.js';

/** One value of a field, as facets show it. */
export interface FacetTerm {
  field: TextField;
  key: string | null;
  value: string;
}

/**
 * A facet's value as a term, by the field's name in the filter language. Null if no term can express it.
 */
export function readFacetTerm(field: string, value: string): FacetTerm | null {
  // `*` fits every field, while a value such as `status:x` may be invalid.
  const read = parseQuery(`${field}:*`);
  if (!read.ok || read.query.kind !== 'present' || !isTextField(read.query.field)) return null;
  return { field: read.query.field, key: read.query.key, value };
}

function isTextField(field: QueryField): field is TextField {
  return QUERY_FIELDS[field].takes === 'text';
}

/** Whether a top-level term of the query includes or excludes the value. */
export function termState(query: QueryNode, term: FacetTerm): 'included' | 'excluded' | null {
  if (hasTerm(query, term, false)) return 'included';
  return hasTerm(query, term, true) ? 'excluded' : null;
}

/**
 * Adds a value to the field's other values (`outcome:a,b`, or `-outcome:a,b` with `exclude`), or removes it
 * if it is already there. The opposite term for the value is removed.
 */
export function toggleTerm(query: QueryNode, term: FacetTerm, exclude = false): QueryNode {
  const was = hasTerm(query, term, exclude);
  const without = withoutTerm(withoutTerm(query, term, false), term, true);
  return was ? without : withTerm(without, term, exclude);
}

function hasTerm(query: QueryNode, term: FacetTerm, exclude: boolean): boolean {
  return partsOf(query).some((part) =>
    holderOf(part, term, exclude)?.values.some((value) => isValue(value, term)),
  );
}

function withoutTerm(query: QueryNode, term: FacetTerm, exclude: boolean): QueryNode {
  return rewritten(query, term, exclude, (holder) => {
    const values = holder.values.filter((value) => !isValue(value, term));
    return values.length === 0 ? undefined : { ...holder, values };
  });
}

function withTerm(query: QueryNode, term: FacetTerm, exclude: boolean): QueryNode {
  const { field, key, value: text } = term;
  const nowhere = { start: 0, end: 0 };
  const value = { match: 'is', text, ...nowhere } as const;
  const parts = partsOf(query);
  const first = parts.find((part) => holderOf(part, term, exclude) !== undefined);
  if (first !== undefined) {
    return allOf(
      parts.map((part) =>
        part === first
          ? rewritten(part, term, exclude, (holder) => ({
              ...holder,
              values: [...holder.values, value],
            }))
          : part,
      ),
    );
  }
  const added: TermNode = { kind: 'term', field, key, values: [value], ...nowhere };
  return allOf([...parts, exclude ? { kind: 'not', node: added, ...nowhere } : added]);
}

/** Replaces the field's terms by the results of `change`. `undefined` removes a term. */
function rewritten(
  query: QueryNode,
  term: FacetTerm,
  exclude: boolean,
  change: (holder: TermNode) => TermNode | undefined,
): QueryNode {
  const parts = partsOf(query).flatMap((part): QueryNode[] => {
    const holder = holderOf(part, term, exclude);
    if (holder === undefined) return [part];
    const changed = change(holder);
    if (changed === undefined) return [];
    return [exclude ? { kind: 'not', node: changed, start: part.start, end: part.end } : changed];
  });
  return allOf(parts);
}

function partsOf(query: QueryNode): QueryNode[] {
  return query.kind === 'and' ? query.nodes : [query];
}

/** The term of the field in a part of the query, which may be negated. */
function holderOf(part: QueryNode, term: FacetTerm, exclude: boolean): TermNode | undefined {
  const node = exclude && part.kind === 'not' ? part.node : part;
  if (exclude !== (part.kind === 'not') || node.kind !== 'term') return undefined;
  return node.field === term.field && node.key === term.key ? node : undefined;
}

function isValue(value: TermNode['values'][number], term: FacetTerm): boolean {
  return value.match === 'is' && value.text === term.value;
}
