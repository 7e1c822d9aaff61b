import { stringifyJson, type Json } from './exact-json.js';
import type { Rule, Step } from './snapshot.js';

/**
 * The settings of a rule, as one step recorded them. They exclude the result, so most executions share
 * them.
 */
export interface RuleSetting {
  id: string;
  version?: string;
  op?: string;
  threshold?: Json;
  effect?: string;
  field?: string;
  unit?: string;
}

/** The parts of a setting that can change. */
export const SETTING_FIELDS = ['threshold', 'op', 'version', 'effect', 'field', 'unit'] as const;
export type SettingField = (typeof SETTING_FIELDS)[number];

/** The maximum number of settings per step. Further ones are left out. */
export const MAX_STEP_SETTINGS = 200;
/** A longer threshold is stored as its beginning, with its length and a digest. */
export const MAX_THRESHOLD_CHARACTERS = 200;
const MAX_TEXT = 128;

/** The rules that a step evaluated, in order. Null if the step was skipped or has no rules. */
export function ruleSettingsOf(
  { status, rules }: Pick<Step, 'status' | 'rules'>,
  digest: (text: string) => string,
): RuleSetting[] | null {
  if (status === 'skipped' || !rules || rules.length === 0) return null;
  const settings = new Map<string, RuleSetting>();
  for (const rule of rules) {
    const setting = settingOf(rule, digest);
    const key = stringifyJson(setting);
    if (!settings.has(key)) settings.set(key, setting);
    if (settings.size === MAX_STEP_SETTINGS) break;
  }
  return [...settings.values()];
}

function settingOf(rule: Rule, digest: (text: string) => string): RuleSetting {
  const { id, version, op, threshold, effect, field, unit } = rule;
  return {
    id,
    ...(version && { version }),
    ...(op && { op: op.slice(0, MAX_TEXT) }),
    ...(threshold !== undefined &&
      threshold !== null && { threshold: boundedThreshold(threshold, digest) }),
    ...(effect && { effect }),
    ...(field && { field: field.slice(0, MAX_TEXT) }),
    ...(unit && { unit: unit.slice(0, MAX_TEXT) }),
  };
}

function boundedThreshold(threshold: Json, digest: (text: string) => string): Json {
  const text = stringifyJson(threshold);
  if (text.length <= MAX_THRESHOLD_CHARACTERS) return threshold;
  return `${text.slice(0, 80)}… (${text.length} characters, SHA-256 ${digest(text).slice(0, 12)})`;
}

/** The value of one part of a setting. Null if it was not recorded. */
export function settingValue(setting: RuleSetting, field: SettingField): Json {
  return setting[field] ?? null;
}
