import type { RetentionRule } from '@xray/core';

/** A rule as its form holds it. Empty texts are for all environments, for all pipelines, and forever. */
export interface DraftRule {
  key: string;
  environment: string;
  pipeline: string;
  days: string;
  legalHold: boolean;
}

export function toDraft({ environment, pipeline, days, legalHold }: RetentionRule): DraftRule {
  return {
    key: JSON.stringify([environment, pipeline]),
    environment: environment ?? '',
    pipeline: pipeline ?? '',
    days: days === null ? '' : String(days),
    legalHold,
  };
}

export function fromDraft({ environment, pipeline, days, legalHold }: DraftRule): RetentionRule {
  return {
    environment: environment.trim() === '' ? null : environment.trim(),
    pipeline: pipeline.trim() === '' ? null : pipeline.trim(),
    days: days.trim() === '' ? null : Number(days),
    legalHold,
  };
}

/** Whether two lists hold the same rules, in whatever order. */
export function isSameRules(a: readonly RetentionRule[], b: readonly RetentionRule[]): boolean {
  return textOf(a) === textOf(b);
}

function textOf(rules: readonly RetentionRule[]): string {
  return rules
    .map(({ environment, pipeline, days, legalHold }) =>
      JSON.stringify([environment, pipeline, days, legalHold]),
    )
    .toSorted()
    .join();
}
