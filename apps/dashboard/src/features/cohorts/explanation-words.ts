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
  if (how === 'effect') return 'decisions on executions with it changed';
  if (how === 'frequency') return difference > 0 ? 'became more frequent' : 'became rarer';
  return 'tied to the groups themselves, so counts cannot isolate its effect';
}
