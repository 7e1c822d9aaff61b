import type { CohortExplanation, ExplanationKind } from '@xray/core';
import type { TermKind } from '@xray/core/terms';
import type { Names } from '@/lib/dictionary';

const WORDS: Partial<Record<ExplanationKind, [before: string, after: string]>> = {
  decisive: ['rule', 'decided'],
  rule: ['rule', 'failed'],
  reason: ['reason', 'given'],
  step: ['step', 'ran'],
  step_failure: ['step', 'failed'],
};

/** The words around the name of a trait: `rule max_dti decided`, `tag vip`. */
export function traitWords(kind: ExplanationKind): [before: string, after: string] {
  return WORDS[kind] ?? [kind.replaceAll('_', ' '), ''];
}

const TERMS: Partial<Record<ExplanationKind, TermKind>> = {
  pipeline: 'pipelines',
  decisive: 'rules',
  rule: 'rules',
  reason: 'reasons',
  step: 'steps',
  step_failure: 'steps',
};

/** The name of a trait, from the app's dictionary if it is a code. */
export function traitName(
  { kind, name }: Pick<CohortExplanation, 'kind' | 'name'>,
  names: Names,
): string {
  const term = TERMS[kind];
  return term === undefined ? name : names(term, name);
}

/** How a trait is associated with the change. */
export function howText({
  how,
  difference,
}: Pick<CohortExplanation, 'how' | 'difference'>): string {
  if (how === 'effect') return 'decisions changed for executions that have it';
  if (how === 'frequency') return difference > 0 ? 'became more frequent' : 'became less frequent';
  return 'part of the group filters, so its effect cannot be isolated';
}
