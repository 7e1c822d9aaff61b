import * as fc from 'fast-check';
import {
  QUERY_FIELDS,
  allOf,
  anyOf,
  type AgoUnit,
  type CompareOp,
  type DurationUnit,
  type QueryField,
  type QueryNode,
  type TextField,
} from '../src/query.js';

const nowhere = { start: 0, end: 0 };
const COMPARISONS: CompareOp[] = ['>', '>=', '<', '<='];
const DURATION_UNITS: DurationUnit[] = ['ms', 's', 'min', 'h'];
const AGO_UNITS: AgoUnit[] = ['s', 'min', 'h', 'd', 'w'];

/** Texts that a query can contain, including every character with a meaning in the language. */
export const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'loan-approval',
    '100%',
    'a_b',
    'OR',
    '*',
    'a*',
    '-x',
    'a"b',
    '\\',
    'x:y',
    'a=b',
    'a.b',
    'a/b',
    'a,b',
    '(a)',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0')),
);

const fields = Object.keys(QUERY_FIELDS) as QueryField[];
const openFields = fields.filter(
  (field) => QUERY_FIELDS[field].takes === 'text' && field !== 'status' && field !== 'candidate',
) as TextField[];

function keyOf(field: QueryField): fc.Arbitrary<string | null> {
  if (field === 'rule') {
    const key = anyText.filter((text) => text !== '').map((text) => `${text}.threshold`);
    return fc.oneof(fc.constant(null), key);
  }
  return QUERY_FIELDS[field].keyed ? anyText : fc.constant(null);
}

const value = fc.record({
  match: fc.constantFrom('is' as const, 'prefix' as const),
  text: anyText,
  start: fc.constant(0),
  end: fc.constant(0),
});

const term = fc.constantFrom(...openFields).chain((field) =>
  fc.record({
    kind: fc.constant('term' as const),
    field: fc.constant(field),
    key: keyOf(field),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
    start: fc.constant(0),
    end: fc.constant(0),
  }),
);

const wholeTerm = fc
  .record({
    field: fc.constantFrom('candidate' as const, 'status' as const),
    text: anyText,
    status: fc.constantFrom('running', 'completed', 'failed', 'canceled', 'timed_out'),
  })
  .map(({ field, text, status }): QueryNode => ({
    kind: 'term',
    field,
    key: null,
    values: [{ match: 'is', text: field === 'status' ? status : text, ...nowhere }],
    ...nowhere,
  }));

const present = fc
  .constantFrom(...fields)
  .chain((field) => keyOf(field).map((key) => ({ field, key })))
  .filter(({ field }) => field !== 'candidate')
  .map(({ field, key }): QueryNode => ({
    kind: 'present',
    field: field as Exclude<QueryField, 'candidate'>,
    key,
    ...nowhere,
  }));

const time = fc.oneof(
  fc
    .date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    .chain((date) =>
      fc.constantFrom(
        { form: 'day' as const, day: date.toISOString().slice(0, 10) },
        { form: 'instant' as const, iso: date.toISOString() },
      ),
    ),
  fc.record({
    form: fc.constant('ago' as const),
    amount: fc.nat(5_000),
    unit: fc.constantFrom(...AGO_UNITS),
  }),
);

const measured = fc.oneof(
  fc
    .record({
      op: fc.constantFrom(...COMPARISONS),
      thousandths: fc.nat(2_000_000_000),
      unit: fc.constantFrom(...DURATION_UNITS),
    })
    .map(({ op, thousandths, unit }): QueryNode => ({
      kind: 'duration',
      op,
      amount: thousandths / 1_000,
      unit,
      ...nowhere,
    })),
  fc
    .record({ op: fc.constantFrom(...COMPARISONS, '=' as const), count: fc.nat(20) })
    .map((steps): QueryNode => ({ kind: 'steps', ...steps, ...nowhere })),
  fc
    .record({ op: fc.constantFrom(...COMPARISONS, '=' as const), time })
    .filter(({ op, time }) => op !== '=' || time.form === 'day')
    .map((started): QueryNode => ({ kind: 'started', ...started, ...nowhere })),
);

const flag = fc
  .record({ field: fc.constantFrom('adverse' as const, 'conflict' as const), value: fc.boolean() })
  .map((flag): QueryNode => ({ kind: 'flag', ...flag, ...nowhere }));

const freeText = fc
  .record({ text: anyText, quoted: fc.boolean() })
  .filter(({ text }) => text.trim() !== '')
  .map(({ text, quoted }): QueryNode => ({
    kind: 'text',
    text,
    quoted: quoted || !/^[\p{L}\p{N}.@]+$/u.test(text) || /^(?:AND|OR|NOT)$/.test(text),
    ...nowhere,
  }));

/** Any query that the parser can return, except for the places. */
export const anyQuery: fc.Arbitrary<QueryNode> = fc.letrec<{ node: QueryNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(term, wholeTerm, present, measured, flag, freeText),
    tie('node').map((node): QueryNode => ({ kind: 'not', node, ...nowhere })),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((nodes) => allOf(nodes, nowhere)),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((nodes) => anyOf(nodes, nowhere)),
  ),
})).node;

/** Removes the places, which change when a query is printed. */
export function placeless(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(placeless);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => key !== 'start' && key !== 'end');
  return Object.fromEntries(kept.map(([key, value]) => [key, placeless(value)]));
}
