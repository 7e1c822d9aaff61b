import type { OtlpSettings } from '@xray/core';

type OutcomeRule = OtlpSettings['outcomes'][number];

/** Settings as their form holds them: lists as texts. */
export interface OtlpDraft {
  take: OtlpSettings['take'];
  content: boolean;
  /** Names, one on each line. */
  redact: string;
  pipeline: string;
  environment: string;
  outcomes: OutcomeDraft[];
}

export interface OutcomeDraft {
  key: string;
  pipeline: string;
  step: string;
  path: string;
  /** `N=declined, A=approved` */
  map: string;
  /** `declined, referred` */
  adverse: string;
}

export function toOtlpDraft(settings: OtlpSettings): OtlpDraft {
  const { take, content, redact, pipeline, environment, outcomes } = settings;
  return {
    take,
    content,
    redact: redact.join('\n'),
    pipeline: pipeline.join('\n'),
    environment: environment.join('\n'),
    outcomes: outcomes.map((rule, index) => ({
      key: `stored ${index}`,
      pipeline: rule.pipeline ?? '',
      step: rule.step ?? '',
      path: rule.path,
      map: Object.entries(rule.map ?? {})
        .map(([value, outcome]) => `${value}=${outcome}`)
        .join(', '),
      adverse: (rule.adverse ?? []).join(', '),
    })),
  };
}

export function emptyOutcome(key: string): OutcomeDraft {
  return { key, pipeline: '', step: '', path: '', map: '', adverse: '' };
}

export function fromOtlpDraft(draft: OtlpDraft): OtlpSettings {
  return {
    take: draft.take,
    content: draft.content,
    redact: linesIn(draft.redact),
    pipeline: linesIn(draft.pipeline),
    environment: linesIn(draft.environment),
    outcomes: draft.outcomes.map(ruleOf),
  };
}

function ruleOf({ pipeline, step, path, map, adverse }: OutcomeDraft): OutcomeRule {
  const pairs = partsIn(map).map((part): [string, string] => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
  const outcomes = partsIn(adverse);
  return {
    ...(pipeline.trim() !== '' && { pipeline: pipeline.trim() }),
    ...(step.trim() !== '' && { step: step.trim() }),
    path: path.trim(),
    ...(pairs.length > 0 && { map: Object.fromEntries(pairs) }),
    ...(outcomes.length > 0 && { adverse: outcomes }),
  };
}

function linesIn(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function partsIn(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
