import type { Status } from './snapshot.js';
import type { QueryField } from './query-tree.js';

interface FieldFacts {
  takes: 'text' | 'flag' | 'duration' | 'started' | 'steps';
  /** Whether the field has a key, as in `field.key`. `optional`: the key may be absent. */
  keyed?: true | 'optional';
  /** The only possible values. */
  values?: readonly string[];
  /** A short description of the field. */
  about: string;
  example: string;
}

const STATUSES = Object.keys({
  running: true,
  completed: true,
  failed: true,
  canceled: true,
  timed_out: true,
} satisfies Record<Status, true>);

const FLAGS = ['true', 'false'];

/** All fields of the filter language, in the order of the completions. */
export const QUERY_FIELDS: Readonly<Record<QueryField, FieldFacts>> = {
  outcome: { takes: 'text', about: 'what was decided', example: 'outcome:declined' },
  status: {
    takes: 'text',
    values: STATUSES,
    about: 'technical status',
    example: 'status:failed',
  },
  pipeline: { takes: 'text', about: 'name of the pipeline', example: 'pipeline:loan-*' },
  env: { takes: 'text', about: 'environment', example: 'env:prod' },
  reason: {
    takes: 'text',
    about: 'code of a reason for the decision',
    example: 'reason:SCORE_LOW',
  },
  decisive: { takes: 'text', about: 'rule that decided the outcome', example: 'decisive:max_dti' },
  rule: {
    takes: 'text',
    keyed: 'optional',
    about: 'rule that failed, or rule.ID.threshold: how a rule was set',
    example: 'rule:max_dti',
  },
  step: { takes: 'text', about: 'name of a step', example: 'step:score' },
  failed: { takes: 'text', about: 'name of a failed step', example: 'failed:score' },
  error: { takes: 'text', about: 'type of the first error', example: 'error:TimeoutError' },
  subject: {
    takes: 'text',
    about: 'person or thing decided about: type/id, or an id',
    example: 'subject:applicant/123',
  },
  candidate: { takes: 'text', about: 'id of a candidate', example: 'candidate:B07X' },
  tag: { takes: 'text', about: 'tag', example: 'tag:vip' },
  version: {
    takes: 'text',
    keyed: true,
    about: 'version in force',
    example: 'version.ruleset:r42',
  },
  metadata: { takes: 'text', keyed: true, about: 'metadata value', example: 'metadata.region:eu' },
  duration: { takes: 'duration', about: 'how long it took', example: 'duration:>500ms' },
  started: { takes: 'started', about: 'when it started (UTC)', example: 'started:>=-24h' },
  steps: { takes: 'steps', about: 'number of steps', example: 'steps:>20' },
  adverse: {
    takes: 'flag',
    values: FLAGS,
    about: 'decided against the subject',
    example: 'adverse:true',
  },
  conflict: {
    takes: 'flag',
    values: FLAGS,
    about: 'conflicting records were received',
    example: 'conflict:true',
  },
  id: { takes: 'text', about: 'id of the execution', example: 'id:0197f7a0-*' },
};

const ALIASES: Readonly<Record<string, QueryField>> = {
  environment: 'env',
  versions: 'version',
  reasons: 'reason',
  tags: 'tag',
  execution: 'id',
};

/** Finds a field by its name, in any case, or by a common alias. */
export function fieldNamed(name: string): QueryField | undefined {
  const lower = name.toLowerCase();
  if (Object.hasOwn(QUERY_FIELDS, lower)) return lower as QueryField;
  return Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : undefined;
}

/** The parts of a rule's setting that a filter can ask for, as in `rule.max_dti.threshold:0.36`. */
export const RULE_PARTS = ['threshold', 'op', 'version', 'effect'] as const;
export type RulePart = (typeof RULE_PARTS)[number];

/** The rule and the part in the key of `rule.ID.PART`. The id may have dots itself. */
export function splitRuleKey(key: string): { rule: string; part: RulePart | undefined } {
  const dot = key.lastIndexOf('.');
  const part = RULE_PARTS.find((each) => each === key.slice(dot + 1));
  return { rule: key.slice(0, Math.max(0, dot)), part: dot < 0 ? undefined : part };
}

/** The known words most similar to `word`, nearest first; at most three. */
export function nearest(word: string, known: readonly string[]): string[] {
  const lower = word.toLowerCase().slice(0, 40);
  const near = known
    .map((name) => ({ name, distance: distanceOf(lower, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near.slice(0, 3).map(({ name }) => name);
}

/** 0 if the name begins with the word, else the Levenshtein distance. */
function distanceOf(word: string, name: string): number {
  if (word.length >= 2 && name.startsWith(word)) return 0;
  let row = Array.from({ length: name.length + 1 }, (_, index) => index);
  for (let i = 0; i < word.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < name.length; j++) {
      const replaced = (row[j] ?? 0) + (word[i] === name[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[name.length] ?? 0;
}
