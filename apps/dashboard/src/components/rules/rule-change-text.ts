import { stringifyJson } from '@xray/core/exact-json';
import type { Json, NamedChange } from '@xray/core';
import { asRecorded, type Names } from '@/lib/dictionary';

type Change = Pick<NamedChange, 'rule' | 'step' | 'field' | 'from' | 'to'>;

const FIELD_WORDS: Record<NamedChange['field'], string> = {
  threshold: 'limit',
  op: 'operator',
  version: 'version',
  effect: 'effect',
  field: 'field',
  unit: 'unit',
  presence: '',
  order: 'order',
};

/** What a change is about: a rule, a rule of one of several steps, or a step. */
export function changeSubject(
  { rule, step }: Pick<NamedChange, 'rule' | 'step'>,
  names: Names = asRecorded,
): string {
  const stepName = step === null ? '' : names('steps', step);
  if (rule === null) return `step ${stepName}`;
  const ruleName = names('rules', rule);
  return step === null ? ruleName : `${ruleName} in ${stepName}`;
}

/** What happened to it: `limit 0.43 → 0.36`, `new`, `gone`, `order a, b → b, a`. */
export function changeWords(
  { rule, field, from, to }: Pick<Change, 'rule' | 'field' | 'from' | 'to'>,
  names: Names = asRecorded,
): string {
  if (field === 'presence') return to === true ? 'new' : 'gone';
  if (field === 'order' && Array.isArray(from) && Array.isArray(to)) {
    const kind = rule === null ? 'steps' : 'rules';
    const listed = (codes: Json[]) => codes.map((code) => names(kind, String(code))).join(', ');
    return `${FIELD_WORDS.order} ${listed(from)} → ${listed(to)}`;
  }
  return `${FIELD_WORDS[field]} ${settingText(from)} → ${settingText(to)}`;
}

/** `max_dti: limit 0.43 → 0.36` */
export function changeLine(change: Change, names: Names = asRecorded): string {
  return `${changeSubject(change, names)}: ${changeWords(change, names)}`;
}

/** A value of a setting. Several values are listed. */
export function settingText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return value.map(settingText).join(', ');
  return typeof value === 'string' ? value : stringifyJson(value);
}

/** `version r42`, or `ruleset r42, code 1.5.0` for several. */
export function versionsText(versions: Record<string, string>): string {
  const entries = Object.entries(versions);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return `version ${only[1]}`;
  return entries.map(([name, version]) => `${name} ${version}`).join(', ');
}
