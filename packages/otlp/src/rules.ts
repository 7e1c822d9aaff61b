import type { Json, Rule } from '@xray/core';
import { EVALUATION_EVENT, FLAG_EVENT, RULE_EVENT } from './conventions.js';
import { cut } from './names.js';
import { numberOf, type SpanView } from './span-view.js';
import type { Attributes } from './telemetry.js';
import { isObject, jsonOf } from './values.js';

const MAX_RULE_ID = 128;
const SAYS_PASS = ['passed', 'allowed', 'valid', 'safe', 'success', 'ok'];
const SAYS_FAIL = ['triggered', 'flagged', 'blocked', 'tripwire_triggered', 'violated', 'unsafe'];

/** The rule of a guard span. Without a word in its output, `tripped` or nothing gives the result. */
export function guardRule(name: string, output: Json | undefined, isTripped: boolean): Rule {
  const value = jsonOf(output ?? null);
  const fields = isObject(value) ? (value as Attributes) : {};
  const result = isTripped ? 'fail' : resultOf(fields);
  const [score, threshold] = [numberOf(fields.score), numberOf(fields.threshold)];
  return {
    id: cut(name, MAX_RULE_ID),
    effect: 'reject',
    ...(result !== undefined && { result }),
    ...(score !== undefined && { field: 'score', actual: score }),
    ...(threshold !== undefined && { threshold, op: '<' }),
  };
}

function resultOf(fields: Attributes): 'pass' | 'fail' | undefined {
  for (const name of SAYS_PASS) {
    if (typeof fields[name] === 'boolean') return fields[name] ? 'pass' : 'fail';
  }
  for (const name of SAYS_FAIL) {
    if (typeof fields[name] === 'boolean') return fields[name] ? 'fail' : 'pass';
  }
  return undefined;
}

/** The guardrail that an agent's status names: OpenAI Agents says it nowhere else. */
export function trippedGuardrail(statusMessage: string): string | undefined {
  return /Guardrail tripwire triggered: \{'guardrail': '([^']+)'\}/.exec(statusMessage)?.[1];
}

/** Rules in events of the span: written by hand, evaluations, annotations. */
export function eventRules(view: SpanView): Rule[] {
  const events = view.span.events.flatMap(({ name, attributes }) => {
    if (name === RULE_EVENT) return [ruleEvent(attributes)];
    if (name === EVALUATION_EVENT) return [evaluation(attributes)];
    return [];
  });
  const annotations = (view.list('annotations') ?? []).flatMap((entry) => {
    const { annotation } = isObject(entry) ? (entry as Attributes) : {};
    return isObject(annotation) ? [annotationRule(annotation as Attributes)] : [];
  });
  return [...events, ...annotations];
}

/** Whether a person annotated the span. */
export function isAnnotatedByPerson(view: SpanView): boolean {
  return (view.list('annotations') ?? []).some((entry) => {
    const { annotation } = isObject(entry) ? (entry as Attributes) : {};
    return isObject(annotation) && annotation.annotator_kind === 'HUMAN';
  });
}

function ruleEvent(attributes: Attributes): Rule {
  const read = (name: string): Json | undefined => attributes[`xray.rule.${name}`];
  const [field, op, effect, result] = [read('field'), read('op'), read('effect'), read('result')];
  const [actual, threshold, reason] = [read('actual'), read('threshold'), read('reason')];
  return {
    id: cut(String(read('id') ?? 'rule'), MAX_RULE_ID),
    ...(isResult(result) && { result }),
    ...(typeof effect === 'string' && { effect }),
    ...(typeof field === 'string' && { field }),
    ...(typeof op === 'string' && { op }),
    ...(actual !== undefined && { actual }),
    ...(threshold !== undefined && { threshold }),
    ...(typeof reason === 'string' && { reason }),
  };
}

function isResult(value: unknown): value is 'pass' | 'fail' | 'skip' | 'error' {
  return value === 'pass' || value === 'fail' || value === 'skip' || value === 'error';
}

function evaluation(attributes: Attributes): Rule {
  const label = attributes['gen_ai.evaluation.score.label'];
  const score = numberOf(attributes['gen_ai.evaluation.score.value']);
  return {
    id: cut(String(attributes['gen_ai.evaluation.name'] ?? 'evaluation'), MAX_RULE_ID),
    effect: 'score',
    ...((score ?? label) !== undefined && { actual: score ?? label }),
    ...(score !== undefined && { field: 'score' }),
  };
}

function annotationRule(annotation: Attributes): Rule {
  const score = numberOf(annotation.score);
  const actual = score ?? annotation.label;
  return {
    id: cut(String(annotation.name ?? 'annotation'), MAX_RULE_ID),
    effect: 'score',
    ...(actual !== undefined && { actual }),
  };
}

/** One evaluation of a feature flag. */
export interface FlagEvaluation {
  rule: Rule;
  key: string;
  variant: string | undefined;
  /** Equal for the event, the log record and the span of one evaluation. */
  identity: string;
}

/** The evaluations that a span's events hold, and the one that the span itself is. */
export function flagEvaluations(view: SpanView): {
  own: FlagEvaluation | undefined;
  events: FlagEvaluation[];
} {
  return {
    own: view.has('feature_flag.key') ? flagEvaluation(view.span.attributes) : undefined,
    events: view.span.events
      .filter(({ name }) => name === FLAG_EVENT)
      .map(({ attributes }) => flagEvaluation(attributes)),
  };
}

function flagEvaluation(attributes: Attributes): FlagEvaluation {
  const key = String(attributes['feature_flag.key'] ?? 'flag');
  const variant = attributes['feature_flag.result.variant'] ?? attributes['feature_flag.variant'];
  const value = attributes['feature_flag.result.value'];
  const reason = String(attributes['feature_flag.result.reason'] ?? '').toLowerCase();
  const actual = variant ?? value;
  const isError = reason === 'error' || attributes['error.type'] !== undefined;
  return {
    rule: {
      id: cut(key, MAX_RULE_ID),
      result: isError ? 'error' : 'pass',
      effect: 'none',
      ...(actual !== undefined && { actual }),
    },
    key,
    variant: variant === undefined ? undefined : String(variant),
    identity: JSON.stringify([key, variant ?? null, value ?? null, reason]),
  };
}
