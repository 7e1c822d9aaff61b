import type { Decision, Json, Rule, RuleEvidence } from '@xray/core';
import { isNumber, stringifyJson } from '@xray/core/exact-json';
import { holds, operatorOf, valueFor, type Operator } from '@xray/core/rule-test';
import type { Names } from '@/lib/dictionary';
import { formatApart, formatNumber, plural } from '@/lib/format';

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
/** Characters kept before the first difference of two long texts. */
const LEAD_CHARS = 8;

type Value = Json | undefined;

/** A rule's value in a cell: `612`, `gold`, `["us","ca"]`. */
export function ruleValueText(value: Value, unit: string | null | undefined): string {
  return withUnit(valueText(value), value, unit);
}

/**
 * Texts of values that are compared. Different values get different texts, if needed by more digits, quotes,
 * escapes, or a cut around the difference.
 */
export function valueTexts(values: readonly Value[]): string[] {
  const numbers = formatApart(values.map((value) => (typeof value === 'number' ? value : null)));
  const plain = values.map((value, index) =>
    typeof value === 'number' ? (numbers[index] ?? '') : valueText(value),
  );
  if (areApart(values, plain)) return plain;
  const whole = values.map((value, index) =>
    typeof value === 'number' || value === undefined ? (plain[index] ?? '') : stringifyJson(value),
  );
  const quoted = whole.map(cut);
  if (areApart(values, quoted)) return quoted;
  const escaped = whole.map(escapeUnusual);
  const around = cutAroundDifference(escaped);
  return areApart(values, around) ? around : escaped;
}

/** Texts of a rule's value and threshold, with the unit. */
export function ruleTexts({
  actual,
  threshold,
  unit,
}: Pick<Rule, 'actual' | 'threshold' | 'unit'>): { actual: string; threshold: string } {
  const [actualText = '', thresholdText = ''] = valueTexts([actual, threshold]);
  return {
    actual: withUnit(actualText, actual, unit),
    threshold: withUnit(thresholdText, threshold, unit),
  };
}

/** The rule with the name of its unit in the app's dictionary. */
export function withNamedUnit<T extends { unit?: string | null | undefined }>(
  rule: T,
  names: Names,
): T {
  return rule.unit ? { ...rule, unit: names('units', rule.unit) } : rule;
}

function withUnit(text: string, value: Value, unit: string | null | undefined): string {
  return unit && (isNumber(value) || typeof value === 'string') ? `${text} ${unit}` : text;
}

function valueText(value: Value): string {
  if (value === undefined) return '–';
  if (isNumber(value)) return cut(formatNumber(value));
  return cut(typeof value === 'string' ? value : stringifyJson(value));
}

function areApart(values: readonly Value[], texts: readonly string[]): boolean {
  const known = new Map<string, string>();
  return values.every((value, index) => {
    const seen = lookOf(texts[index] ?? '');
    const identity = value === undefined ? 'undefined' : stringifyJson(value);
    const other = known.get(seen) ?? identity;
    known.set(seen, identity);
    return other === identity;
  });
}

/** Reduces a text to what a reader sees: no invisible letters, and all spaces alike. */
function lookOf(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{C}]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

function cut(text: string): string {
  if (text.length <= MAX_VALUE_CHARS) return text;
  return `${Array.from(text).slice(0, MAX_VALUE_CHARS).join('')}…`;
}

/** Escapes letters that look like others or are invisible, such as `\u200b`. */
function escapeUnusual(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]| (?= )/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function cutAroundDifference(texts: readonly string[]): string[] {
  const [first = '', ...others] = texts;
  const same = others.map((other) => {
    let length = 0;
    while (length < first.length && first[length] === other[length]) length += 1;
    return length;
  });
  const from = Math.max(0, Math.min(...same) - LEAD_CHARS);
  return texts.map((text) => {
    const kept = text.slice(from, from + MAX_VALUE_CHARS);
    return `${from > 0 ? '…' : ''}${kept}${from + MAX_VALUE_CHARS < text.length ? '…' : ''}`;
  });
}

/** The sign of a known operator. Another operator stays as it was sent. */
export function operatorText(op: string | null | undefined): string {
  const known = operatorOf(op);
  return known === undefined ? (op ?? '') : SIGNS[known];
}

/**
 * The relation of a value to its threshold: `612 < 660`. If the operator is unknown, the requirement: `12,
 * required within 3`.
 */
export function relationText({
  actual,
  threshold,
  op,
  unit,
}: Pick<RuleEvidence, 'actual' | 'threshold' | 'op' | 'unit'>): string {
  if (threshold === undefined) return actual === undefined ? '' : ruleValueText(actual, unit);
  const [actualText = '', thresholdText = ''] = valueTexts([actual, threshold]);
  const required = withUnit(thresholdText, threshold, unit);
  const known = operatorOf(op);
  const held = known === undefined ? null : holds(known, actual, threshold);
  if (held === null) {
    const was = actual === undefined ? [] : [actualText];
    return [...was, ['required', operatorText(op), required].filter(Boolean).join(' ')].join(', ');
  }
  const shown = held ? op : valueFor('fail', { op, threshold })?.op;
  return `${actualText} ${operatorText(shown)} ${required}`;
}

/** The places of two numbers on one scale from 0, as shares of 1. Null if one is not a number. */
export function ruleBar(
  rule: Pick<Rule, 'actual' | 'threshold'>,
): { actual: number; threshold: number } | null {
  const { actual, threshold } = rule;
  if (typeof actual !== 'number' || typeof threshold !== 'number') return null;
  if (actual < 0 || threshold < 0) return null;
  const most = Math.max(actual, threshold);
  if (!(most > 0) || !Number.isFinite(most)) return null;
  // Some space beyond the greater one keeps both ends visible.
  return { actual: (actual / most) * 0.9, threshold: (threshold / most) * 0.9 };
}

/** The part of a decision that says which rule may have decided. */
export type Verdict = Pick<Decision, 'adverse' | 'decidedBy'>;

/**
 * The decisive rules of a step: by their counts, or else the rule that the decision names as its actor. If it names
 * nobody and is not favourable, the first failed rule that rejects.
 */
export function decisiveRules(
  rules: readonly Rule[],
  verdict: Verdict | null | undefined,
): ReadonlySet<Rule> {
  const counted = rules.filter((rule) => (rule.counts?.decisive ?? 0) > 0);
  if (counted.length > 0) return new Set(counted);
  const actor = verdict?.decidedBy;
  if (actor) return new Set(rules.filter(({ id }) => actor.type === 'rule' && id === actor.id));
  if (verdict?.adverse === false) return new Set();
  // The SDK's `check` omits the effect if a failure rejects.
  const first = rules.find(
    (rule) => rule.result === 'fail' && (rule.effect ?? 'reject') === 'reject',
  );
  return new Set(first === undefined ? [] : [first]);
}

/** A rule's effect and points: `reject`, `flag +3 points`. Empty if it has neither. */
export function effectText({ effect, points }: Pick<Rule, 'effect' | 'points'>): string {
  const score = isNumber(points)
    ? `${Number(points) > 0 ? '+' : ''}${plural(points, 'point')}`
    : '';
  return [effect, score].filter(Boolean).join(' ');
}

/** The columns that a table of rules needs. Empty and constant columns are left out. */
export interface RuleColumns {
  withActual: boolean;
  counted: boolean;
  /** Shown once above the table. Null if the rules differ. */
  commonEffect: string | null;
}

export function columnsOf(rules: readonly Rule[]): RuleColumns {
  const [effect = '', ...others] = new Set(rules.map(effectText));
  return {
    withActual: rules.some(({ actual }) => actual !== undefined),
    counted: rules.some(({ counts }) => counts),
    commonEffect: rules.length > 1 && others.length === 0 && effect !== '' ? effect : null,
  };
}
