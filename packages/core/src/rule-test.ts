import { compareNumbers, isExactNumber, isNumber, type RecordedNumber } from './exact-json.js';
import type { Json, Rule } from './snapshot.js';

const OPERATORS = ['>=', '>', '<=', '<', '==', '!=', 'in', 'not in'] as const;
export type Operator = (typeof OPERATORS)[number];

/** Other common spellings. */
const ALIASES = new Map<string, Operator>([
  ...OPERATORS.map((op) => [op, op] as const),
  ['gte', '>='],
  ['ge', '>='],
  ['≥', '>='],
  ['gt', '>'],
  ['lte', '<='],
  ['le', '<='],
  ['≤', '<='],
  ['lt', '<'],
  ['eq', '=='],
  ['=', '=='],
  ['===', '=='],
  ['ne', '!='],
  ['neq', '!='],
  ['!==', '!='],
  ['<>', '!='],
  ['≠', '!='],
  ['not_in', 'not in'],
  ['nin', 'not in'],
]);

const NEGATED: Record<Operator, Operator> = {
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '<': '>=',
  '==': '!=',
  '!=': '==',
  in: 'not in',
  'not in': 'in',
};

/** The operator of a rule. Undefined if it is unknown. */
export function operatorOf(op: string | null | undefined): Operator | undefined {
  return ALIASES.get((op ?? '').trim().toLowerCase());
}

/** Whether `actual op threshold` holds. Null if the answer would be a guess. */
export function holds(
  op: Operator,
  actual: Json | undefined,
  threshold: Json | undefined,
): boolean | null {
  if (op === 'in' || op === 'not in') {
    if (!Array.isArray(threshold) || areEqual(actual, actual) === null) return null;
    const equal = threshold.map((item) => areEqual(actual, item));
    if (equal.includes(null)) return null;
    return equal.includes(true) === (op === 'in');
  }
  if (op === '==' || op === '!=') {
    const equal = areEqual(actual, threshold);
    return equal === null ? null : equal === (op === '==');
  }
  if (!isNumber(actual) || !isNumber(threshold)) return null;
  const order = compareNumbers(actual, threshold);
  if (op === '>=') return order >= 0;
  if (op === '>') return order > 0;
  return op === '<=' ? order <= 0 : order < 0;
}

/** Whether the recorded values of a rule give its recorded result. Null if that cannot be computed. */
export function agreesWithItself(rule: Rule): boolean | null {
  const op = operatorOf(rule.op);
  if (op === undefined || (rule.result !== 'pass' && rule.result !== 'fail')) return null;
  const held = holds(op, rule.actual, rule.threshold);
  return held === null ? null : held === (rule.result === 'pass');
}

/**
 * The value that a rule needs to pass or to fail. Null if the record does not say how values are compared.
 */
export function valueFor(
  flipsTo: 'pass' | 'fail',
  { op, threshold }: Pick<Rule, 'op' | 'threshold'>,
): { op: Operator; value: Json } | null {
  const known = operatorOf(op);
  if (known === undefined || threshold === undefined || threshold === null) return null;
  return { op: flipsTo === 'pass' ? known : NEGATED[known], value: threshold };
}

/** The distance of two numbers without binary rounding errors: 0.47 to 0.43 is 0.04. */
export function distance(from: RecordedNumber, to: RecordedNumber): number {
  const [a, b] = [wholeNumber(from), wholeNumber(to)];
  const distance = Math.abs(a === null || b === null ? Number(to) - Number(from) : Number(b - a));
  return Number.isFinite(distance) ? Number(distance.toPrecision(12)) : Number.MAX_VALUE;
}

/** An exact whole number of moderate length. A double is exact enough for fewer digits. */
function wholeNumber(value: RecordedNumber): bigint | null {
  const text = String(value);
  return text.length > 15 && text.length <= 400 && /^-?\d+$/.test(text) ? BigInt(text) : null;
}

/** Null if the types differ, or a value is not a text, number or boolean. */
function areEqual(a: Json | undefined, b: Json | undefined): boolean | null {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
  if (typeof a !== typeof b || isExactNumber(a) || isExactNumber(b)) return null;
  return typeof a === 'string' || typeof a === 'boolean' ? a === b : null;
}
