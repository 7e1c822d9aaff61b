import { z } from 'zod';
import { LIMITS } from './snapshot.js';

/** The maximum number of rules of one app. */
const MAX_RULES = 200;
/** The preview counts deletions within these numbers of days from now. */
export const PREVIEW_DAYS = [1, 7, 30, 90, 365] as const;

/** How long executions are kept. A null environment or pipeline means all of them. */
export const retentionRuleSchema = z.object({
  environment: z.string().min(1).max(LIMITS.environment).nullable(),
  pipeline: z.string().min(1).max(LIMITS.name).nullable().default(null),
  /** The days since `receivedAt` after which executions are deleted. Null keeps them forever. */
  days: z.int().min(1).max(36_500).nullable(),
  /** Nothing in the rule's scope is deleted, by any request or other rule. */
  legalHold: z.boolean(),
});
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

/**
 * An app's rules, with the number of executions that each has deleted and the time of the last deletion.
 */
export const retentionSchema = z.object({
  items: z.array(
    retentionRuleSchema.extend({ deleted: z.int(), lastDeletedAt: z.string().nullable() }),
  ),
});
export type Retention = z.infer<typeof retentionSchema>;

export const newRetentionSchema = z.object({
  items: z
    .array(retentionRuleSchema)
    .max(MAX_RULES)
    .refine(
      (rules) => new Set(rules.map(scopeKey)).size === rules.length,
      'two rules name the same environment and pipeline',
    ),
});
export type NewRetention = z.input<typeof newRetentionSchema>;

const goingSchema = z.object({
  /** Executions that the next run deletes. */
  now: z.int(),
  /** Executions that are deleted within this many days from now, including those of `now`. */
  within: z.array(z.object({ days: z.int(), executions: z.int() })),
});

/** The deletions that rules would cause if no more executions arrived, and their times. */
export const retentionPreviewSchema = z.object({
  groups: z.array(
    z.object({
      environment: z.string(),
      pipeline: z.string(),
      executions: z.int(),
      /** The days of the rule that applies. Null keeps executions forever. */
      days: z.int().nullable(),
      /** The scope of the rule that applies. Null if no rule applies. */
      rule: retentionRuleSchema.pick({ environment: true, pipeline: true }).nullable(),
      /** Whether a legal hold protects all of them. */
      held: z.boolean(),
      /** Days until the oldest execution is deleted. 0 means the next run, null means never. */
      firstInDays: z.int().nullable(),
      goes: goingSchema,
    }),
  ),
  executions: z.int(),
  held: z.int(),
  goes: goingSchema,
});
export type RetentionPreview = z.infer<typeof retentionPreviewSchema>;

/** Executions of one environment and pipeline with the same age in whole days. */
export interface AgeCount {
  environment: string;
  pipeline: string;
  ageDays: number;
  executions: number;
}

type Scope = Pick<RetentionRule, 'environment' | 'pipeline'>;

/**
 * The rule that applies. A rule with both names comes first, then rules with one name, then the general
 * rule. If one rule names the environment and another the pipeline, the longer one applies: a deletion
 * cannot be undone.
 */
export function ruleFor(
  rules: readonly RetentionRule[],
  { environment, pipeline }: { environment: string; pipeline: string },
): RetentionRule | null {
  let best: RetentionRule | null = null;
  for (const rule of rules) {
    if (!covers(rule, environment, pipeline)) continue;
    if (best === null || isBefore(rule, best)) best = rule;
  }
  return best;
}

/** Any rule that covers an execution can hold it. */
export function isHeld(
  rules: readonly RetentionRule[],
  { environment, pipeline }: { environment: string; pipeline: string },
): boolean {
  return rules.some((rule) => rule.legalHold && covers(rule, environment, pipeline));
}

/** Computes what the rules would delete, and when. Groups with the most deletions come first. */
export function previewRetention(
  rules: readonly RetentionRule[],
  counts: readonly AgeCount[],
): RetentionPreview {
  const groups = new Map<string, AgeCount[]>();
  for (const count of counts) {
    const key = JSON.stringify([count.environment, count.pipeline]);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [count]);
    else members.push(count);
  }
  const items = [...groups.values()].map((members) => previewGroup(rules, members));
  items.sort(
    (a, b) =>
      b.goes.now - a.goes.now ||
      (a.firstInDays ?? Infinity) - (b.firstInDays ?? Infinity) ||
      compareTexts(a.environment, b.environment) ||
      compareTexts(a.pipeline, b.pipeline),
  );
  return {
    groups: items,
    executions: sumOf(items, (group) => group.executions),
    held: sumOf(items, (group) => (group.held ? group.executions : 0)),
    goes: {
      now: sumOf(items, (group) => group.goes.now),
      within: PREVIEW_DAYS.map((days, place) => ({
        days,
        executions: sumOf(items, (group) => group.goes.within[place]?.executions ?? 0),
      })),
    },
  };
}

function previewGroup(
  rules: readonly RetentionRule[],
  members: readonly AgeCount[],
): RetentionPreview['groups'][number] {
  const { environment, pipeline } = members[0] ?? { environment: '', pipeline: '' };
  const rule = ruleFor(rules, { environment, pipeline });
  const held = isHeld(rules, { environment, pipeline });
  const days = rule?.days ?? null;
  const goesWithin = (within: number): number =>
    days === null || held
      ? 0
      : sumOf(members, ({ ageDays, executions }) => (ageDays + within >= days ? executions : 0));
  const oldest = members.reduce((most, { ageDays }) => Math.max(most, ageDays), 0);
  return {
    environment,
    pipeline,
    executions: sumOf(members, ({ executions }) => executions),
    days,
    rule: rule === null ? null : { environment: rule.environment, pipeline: rule.pipeline },
    held,
    firstInDays: days === null || held ? null : Math.max(0, days - oldest),
    goes: {
      now: goesWithin(0),
      within: PREVIEW_DAYS.map((within) => ({ days: within, executions: goesWithin(within) })),
    },
  };
}

function covers(rule: Scope, environment: string, pipeline: string): boolean {
  return (
    (rule.environment === null || rule.environment === environment) &&
    (rule.pipeline === null || rule.pipeline === pipeline)
  );
}

function isBefore(a: RetentionRule, b: RetentionRule): boolean {
  const names = namesOf(a) - namesOf(b);
  if (names !== 0) return names > 0;
  const longer = (a.days ?? Infinity) - (b.days ?? Infinity);
  // Equal rules delete at the same time. Then the environment's rule counts the deletions.
  return Number.isNaN(longer) || longer === 0 ? a.environment !== null : longer > 0;
}

function namesOf({ environment, pipeline }: Scope): number {
  return Number(environment !== null) + Number(pipeline !== null);
}

function scopeKey({ environment, pipeline }: Scope): string {
  return JSON.stringify([environment, pipeline]);
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
