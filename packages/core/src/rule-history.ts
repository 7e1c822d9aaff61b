import { z } from 'zod';
import type { Json } from './exact-json.js';
import {
  isConstant,
  keyOf,
  rulesAsked,
  type AskedRule,
  type FoundChange,
  type ObservedRun,
} from './rule-changes.js';
import { SETTING_FIELDS, type RuleSetting, type SettingField } from './rule-settings.js';

const count = z.int();
const json = z.unknown() as z.ZodType<Json>;
const text = z.string().nullable();

export const RULE_CHANGE_FIELDS = [...SETTING_FIELDS, 'presence', 'order'] as const;

/**
 * Counts of executions in one environment: all of them, and those in which the rule was evaluated, failed
 * or decided.
 */
const figuresSchema = z.object({
  executions: count,
  evaluated: count,
  failed: count,
  decided: count,
});
export type RuleFigures = z.infer<typeof figuresSchema>;

export const historyChangeSchema = z.object({
  /**
   * `presence` changes from false to true for a new rule. `order` has lists of names. Several values form a
   * list.
   */
  field: z.enum(RULE_CHANGE_FIELDS),
  from: json,
  to: json,
  /** The start of the first execution with the new state. */
  at: z.string(),
  environment: z.string(),
  /** The versions that were first seen with the change. */
  versions: z.record(z.string(), z.string()),
  /** `version`: old and new executions differ in a version. `time`: they differ only in time. */
  evidence: z.enum(['version', 'time']),
});

const ruleChangeSchema = historyChangeSchema.extend({
  /** Figures since the previous change and until the next change, in the same environment. */
  before: figuresSchema,
  after: figuresSchema,
});

const settingSchema = z.object({
  environment: z.string(),
  threshold: json,
  op: text,
  version: text,
  effect: text,
  field: text,
  unit: text,
  firstAt: z.string(),
  lastAt: z.string(),
  executions: count,
});
export type RuleSettingSpan = z.infer<typeof settingSchema>;

/**
 * The rules of a pipeline, and the changes of its rules and steps. Counts are of executions. If only a
 * sample was read (`sampled`), the counts are scaled up.
 */
export const ruleHistorySchema = z.object({
  pipeline: z.string(),
  from: z.string(),
  to: z.string(),
  executions: count,
  sampled: count,
  rules: z.array(
    z.object({
      id: z.string(),
      /** Set only if an execution evaluates the rule in several steps. */
      step: text,
      evaluated: count,
      failed: count,
      decided: count,
      firstAt: z.string(),
      lastAt: z.string(),
      /** Parts that have several values at the same time, such as a threshold that depends on the input. */
      varies: z.array(z.enum(SETTING_FIELDS)),
      /** The latest first. At most twenty are listed, chosen by frequency. */
      settings: z.array(settingSchema),
      moreSettings: count,
      /** The latest first. */
      changes: z.array(ruleChangeSchema),
    }),
  ),
  moreRules: count,
  /** Steps that were added, removed or moved. */
  steps: z.array(z.object({ name: z.string(), changes: z.array(historyChangeSchema) })),
});
export type RuleHistory = z.infer<typeof ruleHistorySchema>;
export type HistoryRule = RuleHistory['rules'][number];
export type HistoryChange = z.infer<typeof historyChangeSchema>;

const MAX_RULES = 200;
const MAX_SETTINGS = 20;
const MAX_CHANGES = 50;

/** Summarizes observed runs, sorted by time. Each run stands for `scale` executions. */
export function summarizeRules(
  runs: readonly ObservedRun[],
  { scale, changes }: { scale: number; changes: readonly FoundChange[] },
): Pick<RuleHistory, 'rules' | 'moreRules' | 'steps'> {
  const rules = rulesAsked(runs)
    .map((asked) => ruleOf(asked, { runs, changes, scale }))
    .sort(
      (a, b) =>
        b.changes.length - a.changes.length || b.evaluated - a.evaluated || (a.id < b.id ? -1 : 1),
    );
  const names = new Set(
    changes.flatMap(({ rule, step }) => (rule === null && step !== null ? [step] : [])),
  );
  return {
    rules: rules.slice(0, MAX_RULES),
    moreRules: Math.max(0, rules.length - MAX_RULES),
    steps: [...names].map((name) => ({
      name,
      changes: latestFirst(changes.filter(({ rule, step }) => rule === null && step === name)).map(
        outlineChange,
      ),
    })),
  };
}

interface Sources {
  runs: readonly ObservedRun[];
  changes: readonly FoundChange[];
  scale: number;
}

function ruleOf({ rule, step, asked }: AskedRule, sources: Sources): HistoryRule {
  const { runs, scale } = sources;
  const own = sources.changes.filter(
    (change) => change.rule === rule && (change.step === null || change.step === step),
  );
  const asking = asked.flatMap(({ index }) => runs[index] ?? []);
  const totals = figuresOf(asking, rule, { scale, isAsked: () => true });
  const spans = spansOf(asked, runs);
  return {
    id: rule,
    step,
    evaluated: totals.evaluated,
    failed: totals.failed,
    decided: totals.decided,
    firstAt: iso(asking[0]?.at),
    lastAt: iso(asking.at(-1)?.at),
    varies: SETTING_FIELDS.filter(
      (field) => !isConstant(asked, field) && varies(asked, runs, { field, changes: own }),
    ),
    settings: spans
      .slice(0, MAX_SETTINGS)
      .sort((a, b) => b.lastAt - a.lastAt || b.executions - a.executions)
      .map((span) => ({
        ...span,
        firstAt: iso(span.firstAt),
        lastAt: iso(span.lastAt),
        executions: Math.round(span.executions * scale),
      })),
    moreSettings: Math.max(0, spans.length - MAX_SETTINGS),
    changes: latestFirst(own).map((change) => ({
      ...outlineChange(change),
      ...beforeAndAfter(change, { own, asking: new Set(asking), rule }, sources),
    })),
  };
}

type Span = Omit<RuleSettingSpan, 'firstAt' | 'lastAt'> & { firstAt: number; lastAt: number };

/** Each distinct setting with the time span in which it was seen, the most frequent first. */
function spansOf(asked: AskedRule['asked'], runs: readonly ObservedRun[]): Span[] {
  const spans = new Map<string, Span>();
  const texts = new Map<RuleSetting, string>();
  for (const { index, settings } of asked) {
    const run = runs[index];
    if (run === undefined) continue;
    for (const setting of settings) {
      const text =
        texts.get(setting) ?? SETTING_FIELDS.map((field) => keyOf(setting, field)).join('\n');
      texts.set(setting, text);
      const key = `${run.environment}\n${text}`;
      const span = spans.get(key);
      if (span === undefined) spans.set(key, spanOf(run, setting));
      else {
        span.lastAt = run.at;
        span.executions++;
      }
    }
  }
  return [...spans.values()].sort((a, b) => b.executions - a.executions);
}

function spanOf({ environment, at }: ObservedRun, setting: RuleSetting): Span {
  const { threshold, op, version, effect, field, unit } = setting;
  return {
    environment,
    threshold: threshold ?? null,
    op: op ?? null,
    version: version ?? null,
    effect: effect ?? null,
    field: field ?? null,
    unit: unit ?? null,
    firstAt: at,
    lastAt: at,
    executions: 1,
  };
}

/** Whether a part has had several values in one environment since its last change. */
function varies(
  asked: AskedRule['asked'],
  runs: readonly ObservedRun[],
  { field, changes }: { field: SettingField; changes: readonly FoundChange[] },
): boolean {
  const last = new Map(
    changes
      .filter((change) => change.field === field)
      .sort((a, b) => a.at - b.at)
      .map((change) => [change.environment, change]),
  );
  const values = new Map<string, string>();
  for (const { index, settings } of asked) {
    const run = runs[index];
    if (run === undefined) continue;
    const change = last.get(run.environment);
    if (change !== undefined && (run.at < change.at || !change.isAfter(run))) continue;
    for (const setting of settings) {
      const value = keyOf(setting, field);
      const known = values.get(run.environment);
      if (known !== undefined && known !== value) return true;
      values.set(run.environment, value);
    }
  }
  return false;
}

function beforeAndAfter(
  { at, environment }: FoundChange,
  {
    own,
    asking,
    rule,
  }: { own: readonly FoundChange[]; asking: ReadonlySet<ObservedRun>; rule: string },
  { runs, scale }: Sources,
): { before: RuleFigures; after: RuleFigures } {
  const others = own
    .filter((change) => change.environment === environment)
    .map((change) => change.at);
  const since = Math.max(-Infinity, ...others.filter((other) => other < at));
  const until = Math.min(Infinity, ...others.filter((other) => other > at));
  const within = runs.filter(
    (run) => run.environment === environment && run.at >= since && run.at < until,
  );
  const counted = { scale, isAsked: (run: ObservedRun) => asking.has(run) };
  return {
    before: figuresOf(
      within.filter((run) => run.at < at),
      rule,
      counted,
    ),
    after: figuresOf(
      within.filter((run) => run.at >= at),
      rule,
      counted,
    ),
  };
}

function figuresOf(
  runs: readonly ObservedRun[],
  rule: string,
  { scale, isAsked }: { scale: number; isAsked: (run: ObservedRun) => boolean },
): RuleFigures {
  const scaled = (isCounted: (run: ObservedRun) => boolean): number =>
    Math.round(runs.filter(isCounted).length * scale);
  return {
    executions: scaled(() => true),
    evaluated: scaled(isAsked),
    failed: scaled(({ failed }) => failed.includes(rule)),
    decided: scaled(({ decisive }) => decisive.includes(rule)),
  };
}

function latestFirst(changes: readonly FoundChange[]): FoundChange[] {
  return changes.toSorted((a, b) => b.at - a.at).slice(0, MAX_CHANGES);
}

/** A found change as answers have it. */
export function outlineChange({
  field,
  from,
  to,
  at,
  environment,
  versions,
  evidence,
}: FoundChange): HistoryChange {
  return { field, from, to, at: iso(at), environment, versions, evidence };
}

function iso(ms: number | undefined): string {
  return new Date(ms ?? 0).toISOString();
}
