import type { CohortExplanation, ExplanationKind } from '@xray/core';

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

/** How a trait is associated with the change. */
export function howText({
  how,
  difference,
}: Pick<CohortExplanation, 'how' | 'difference'>): string {
  if (how === 'effect') return 'decisions changed for executions that have it';
  if (how === 'frequency') return difference > 0 ? 'became more frequent' : 'became less frequent';
  return 'part of the group filters, so its effect cannot be isolated';
}
