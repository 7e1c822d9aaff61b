import type { Json, Rule, RuleEvidence } from '@xray/core';
import { holds, operatorOf, valueFor, type Operator } from '@xray/core/rule-test';
import { formatNumber } from '@/lib/format';

const SIGNS: Record<Operator, string> = {
  '>=': '≥',
  '>': '>',
  '<=': '≤',
  '<': '<',
  '==': '=',
  '!=': '≠',
  in: 'in',
  'not in': 'not in',
};

const MAX_VALUE_CHARS = 60;

/** `612`, `"gold"`, `[3 items]`: a rule's value in a cell. */
export function ruleValueText(value: Json | undefined, unit: string | null | undefined): string {
  if (value === undefined || value === null) return value === null ? 'null' : '–';
  const suffix = unit ? ` ${unit}` : '';
  if (typeof value === 'number') return formatNumber(value) + suffix;
  if (typeof value === 'string') return cut(value) + suffix;
  if (typeof value === 'boolean') return String(value);
  return cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

/** The operator as people write it; any other as it was sent. */
export function operatorText(op: string | null | undefined): string {
  const known = operatorOf(op);
  return known === undefined ? (op ?? '') : SIGNS[known];
}

/**
 * How a value stood to its threshold: `612 < 660`; where that cannot be worked out, what was asked for:
 * `12, asked within 3`.
 */
export function relationText({
  actual,
  threshold,
  op,
  unit,
}: Pick<RuleEvidence, 'actual' | 'threshold' | 'op' | 'unit'>): string {
  if (threshold === undefined) return actual === undefined ? '' : ruleValueText(actual, unit);
  const asked = ruleValueText(threshold, unit);
  const known = operatorOf(op);
  const held = known === undefined ? null : holds(known, actual, threshold);
  if (held === null) {
    const was = actual === undefined ? [] : [ruleValueText(actual, null)];
    return [...was, ['asked', operatorText(op), asked].filter(Boolean).join(' ')].join(', ');
  }
  const shown = held ? op : valueFor('fail', { op, threshold })?.op;
  return `${ruleValueText(actual, null)} ${operatorText(shown)} ${asked}`;
}

/** Where two numbers stand on one scale from 0, as shares of 1; null when they are not both numbers. */
export function ruleBar(
  rule: Pick<Rule, 'actual' | 'threshold'>,
): { actual: number; threshold: number } | null {
  const { actual, threshold } = rule;
  if (typeof actual !== 'number' || typeof threshold !== 'number') return null;
  if (actual < 0 || threshold < 0) return null;
  const most = Math.max(actual, threshold);
  if (!(most > 0) || !Number.isFinite(most)) return null;
  // A little air beyond the greater, so that both ends are seen.
  return { actual: (actual / most) * 0.9, threshold: (threshold / most) * 0.9 };
}

/**
 * Which rules of a step decided: by their counts, or the first that failed of those that reject, unless the
 * decision went in its subject's favour all the same (`adverse` is the decision's).
 */
export function decisiveRules(
  rules: readonly Rule[],
  adverse: boolean | null | undefined,
): ReadonlySet<Rule> {
  const counted = rules.filter((rule) => (rule.counts?.decisive ?? 0) > 0);
  if (counted.length > 0) return new Set(counted);
  if (adverse === false) return new Set();
  // The SDK's `check` leaves the effect out where a failure rejects.
  const first = rules.find(
    (rule) => rule.result === 'fail' && (rule.effect ?? 'reject') === 'reject',
  );
  return new Set(first === undefined ? [] : [first]);
}
