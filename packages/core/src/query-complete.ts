import { QUERY_FIELDS, fieldNamed } from './query-fields.js';
import { lexQuery, type PairToken, type QueryToken } from './query-lexer.js';
import { QUERY_LIMITS, type QueryField, type QuerySpan } from './query-tree.js';

export interface QueryOption {
  /** The text that replaces the span. */
  insert: string;
  about: string;
}

/**
 * Completions at the caret, and the span that they replace. `options` are fixed: field names, values of
 * fields with few values, and example comparisons. Other values and keys come from the app's facets; write
 * those with `printQueryValue`.
 */
export interface QueryCompletion extends QuerySpan {
  expects: 'field' | 'key' | 'value';
  /** Null if a field is expected. */
  field: QueryField | null;
  key: string | null;
  /** The text between the span's start and the caret. */
  prefix: string;
  options: QueryOption[];
}

/**
 * Returns null if nothing can be offered, for example within a phrase. `caret` is an offset in UTF-16 code
 * units.
 */
export function completeQuery(text: string, caret: number): QueryCompletion | null {
  if (text.length > QUERY_LIMITS.length) return null;
  const before = text.slice(0, Math.max(0, caret));
  const token = lexQuery(before).at(-1);
  if (token === undefined || token.end < before.length)
    return fieldAt(before.length, '', before.length);
  // The same token, including its text behind the caret.
  const whole = lexQuery(text).find((other) => other.start === token.start) ?? token;
  if (token.kind === 'pair') return inPair(token, whole, before.length);
  if (token.kind === '(' || (token.kind === 'not' && before.endsWith('-'))) {
    return fieldAt(before.length, '', before.length);
  }
  if (token.kind !== 'text' || token.quoted) return null;
  const nameEnd = whole.kind === 'pair' ? whole.name.end : whole.end;
  const dot = token.text.indexOf('.');
  const field = dot < 0 ? undefined : fieldNamed(token.text.slice(0, dot));
  if (field === undefined || QUERY_FIELDS[field].keyed === undefined) {
    return fieldAt(token.start, token.text, whole.kind === 'pair' ? nameEnd + 1 : nameEnd);
  }
  return {
    expects: 'key',
    field,
    key: null,
    prefix: token.text.slice(dot + 1),
    start: token.start + dot + 1,
    end: whole.kind === 'pair' ? (whole.key?.end ?? nameEnd) : whole.end,
    options: [],
  };
}

function fieldAt(start: number, prefix: string, end: number): QueryCompletion {
  const lower = prefix.toLowerCase();
  const options = Object.entries(QUERY_FIELDS)
    .filter(([name]) => name.startsWith(lower))
    .map(([name, { keyed, about }]) => ({
      insert: keyed === true ? `${name}.` : `${name}:`,
      about,
    }));
  return { expects: 'field', field: null, key: null, prefix, start, end, options };
}

function inPair(token: PairToken, whole: QueryToken, caret: number): QueryCompletion | null {
  const field = fieldNamed(token.name.text);
  const last = token.values.at(-1);
  if (field === undefined || last === undefined) return null;
  const { takes, values, about, example } = QUERY_FIELDS[field];
  const isCompared = takes === 'duration' || takes === 'started' || takes === 'steps';
  const start = isCompared ? last.start - token.op.length : last.start;
  const prefix = isCompared ? token.op + last.text : last.text;
  const rest =
    whole.kind === 'pair' ? whole.values.find((value) => value.start === last.start) : undefined;
  const known = isCompared ? [example.slice(example.indexOf(':') + 1)] : (values ?? []);
  return {
    expects: 'value',
    field,
    key: token.key?.text ?? null,
    prefix,
    start,
    end: Math.max(caret, rest?.end ?? caret),
    options: known
      .filter((value) => value.startsWith(prefix))
      .map((value) => ({ insert: value, about })),
  };
}
