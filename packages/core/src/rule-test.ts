import type { Json, Rule } from './snapshot.js';

const OPERATORS = ['>=', '>', '<=', '<', '==', '!=', 'in', 'not in'] as const;
export type Operator = (typeof OPERATORS)[number];

/** How people and libraries write them. */
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

/** The operator that a rule was recorded with; undefined for one that is not known. */
export function operatorOf(op: string | null | undefined): Operator | undefined {
  return ALIASES.get((op ?? '').trim().toLowerCase());
}

/** Whether `actual op threshold` holds; null where that cannot be told without guessing. */
export function holds(
  op: Operator,
  actual: Json | undefined,
  threshold: Json | undefined,
): boolean | null {
  if (op === 'in' || op === 'not in') {
    if (!isPrimitive(actual) || !Array.isArray(threshold)) return null;
    if (!threshold.every((one) => typeof one === typeof actual)) return null;
    return threshold.includes(actual) === (op === 'in');
  }
  if (op === '==' || op === '!=') {
    if (!isPrimitive(actual) || typeof actual !== typeof threshold) return null;
    if (!isPrimitive(threshold)) return null;
    return (actual === threshold) === (op === '==');
  }
  if (typeof actual !== 'number' || typeof threshold !== 'number') return null;
  if (op === '>=') return actual >= threshold;
  if (op === '>') return actual > threshold;
  return op === '<=' ? actual <= threshold : actual < threshold;
}

/** Whether a rule's recorded values give its recorded result; null where that cannot be told. */
export function agreesWithItself(rule: Rule): boolean | null {
  const op = operatorOf(rule.op);
  if (op === undefined || (rule.result !== 'pass' && rule.result !== 'fail')) return null;
  const held = holds(op, rule.actual, rule.threshold);
  return held === null ? null : held === (rule.result === 'pass');
}

/** What a rule's value has to be to pass or to fail; null where the record does not say how they are compared. */
export function valueFor(
  flipsTo: 'pass' | 'fail',
  { op, threshold }: Pick<Rule, 'op' | 'threshold'>,
): { op: Operator; value: Json } | null {
  const known = operatorOf(op);
  if (known === undefined || threshold === undefined || threshold === null) return null;
  return { op: flipsTo === 'pass' ? known : NEGATED[known], value: threshold };
}

/** The distance of two numbers without the noise of binary fractions: 0.47 to 0.43 is 0.04. */
export function distance(from: number, to: number): number {
  return Number(Math.abs(to - from).toPrecision(12));
}

function isPrimitive(value: Json | undefined): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
