import { stringifyJson } from '@xray/core/exact-json';
import type { NamedChange } from '@xray/core';

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
export function changeSubject({ rule, step }: Pick<NamedChange, 'rule' | 'step'>): string {
  if (rule === null) return `step ${step ?? ''}`;
  return step === null ? rule : `${rule} in ${step}`;
}

/** What happened to it: `limit 0.43 → 0.36`, `new`, `gone`, `order a, b → b, a`. */
export function changeWords({ field, from, to }: Pick<Change, 'field' | 'from' | 'to'>): string {
  if (field === 'presence') return to === true ? 'new' : 'gone';
  return `${FIELD_WORDS[field]} ${settingText(from)} → ${settingText(to)}`;
}

/** `max_dti: limit 0.43 → 0.36` */
export function changeLine(change: Change): string {
  return `${changeSubject(change)}: ${changeWords(change)}`;
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
