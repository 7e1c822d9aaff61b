import { rollUpRules } from '../src/index.js';
import type { Rule, Snapshot, Step } from '../src/index.js';
import type { Trait, TraitCounts } from '../src/cohort-ranking.js';
import type { CohortExplanation, ExplanationKind } from '../src/cohorts.js';

/**
 * The difference between cohorts a and b. `threshold`: ruleset r42, which half of b uses, allows less debt.
 * `missing_step`: in the EU the credit history is no longer read, which costs points. `reordered`: the rule
 * that refers large amounts to a person now runs before the rule that declines.
 */
export const CAUSES = ['threshold', 'missing_step', 'reordered'] as const;
export type Cause = (typeof CAUSES)[number];

export interface PlantedOptions {
  appId: string;
  executions: number;
  cause: Cause | undefined;
}

/** Numbers in [0, 1) from a seed: mulberry32, by Tommy Ettinger (public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Loan applications of one cohort. Cohort b has the cause. */
export function plantedCohort(
  cohort: 'a' | 'b',
  seed: number,
  { appId, executions, cause }: PlantedOptions,
): Snapshot[] {
  const random = randomFrom(seed * 2 + (cohort === 'a' ? 0 : 1));
  return Array.from({ length: executions }, (_, index) =>
    application(random, cohort, cohort === 'b' ? cause : undefined, {
      executionId: `planted-${seed}-${cohort}-${index}`,
      appId,
    }),
  );
}

function application(
  random: () => number,
  cohort: 'a' | 'b',
  cause: Cause | undefined,
  ids: { executionId: string; appId: string },
): Snapshot {
  const pick = <T>(...values: [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0];
  const near = (mean: number, deviation: number): number =>
    mean + deviation * 1.732 * (random() + random() + random() + random() - 2);
  const region = pick('eu', 'eu', 'us', 'us', 'apac');
  // A ruleset with a new name but the same rules is not a cause.
  const isNew = cohort === 'b' && random() < 0.5;
  const hasHistory = !(cause === 'missing_step' && region === 'eu');
  const amount = Math.round(near(20_000, 8_000));
  const score = Math.round(near(hasHistory ? 700 : 655, 45));
  const dti = near(0.32, 0.06);
  const maxDti = cause === 'threshold' && isNew ? 0.34 : 0.42;
  const income = near(52_000, 12_000);
  const check = (id: string, passes: boolean, effect = 'reject'): Rule => ({
    id,
    result: passes ? 'pass' : 'fail',
    effect,
  });
  const review = check('manual_review', amount <= 22_000, 'flag');
  const rejecting = [
    check('min_score', score >= 660),
    check('max_dti', dti <= maxDti),
    check('min_income', income >= 30_000),
  ];
  const rules = cause === 'reordered' ? [review, ...rejecting] : [...rejecting, review];
  const first = rules.find(({ result }) => result === 'fail');
  const outcome =
    first === undefined ? 'approved' : first.effect === 'flag' ? 'escalated' : 'declined';
  const timedOut = random() < 0.02;
  const steps: Step[] = [
    { name: 'fetch_applicant', kind: 'retrieve' },
    ...(hasHistory ? [{ name: 'credit_history', kind: 'retrieve' }] : []),
    {
      name: 'score',
      kind: 'model',
      ...(timedOut && {
        status: 'failed' as const,
        error: { type: 'TimeoutError', message: 'too slow; the last known score was taken' },
      }),
    },
    { name: 'rules', kind: 'rules', rules },
    { name: 'decide', kind: 'decide' },
  ];
  return {
    ...ids,
    pipeline: 'loan-approval',
    environment: 'prod',
    versions: { code: '1.4.2', ruleset: isNew ? 'r42' : 'r41' },
    status: 'completed',
    decision: {
      outcome,
      adverse: outcome === 'declined',
      ...(first && { reasons: [{ code: first.id.toUpperCase(), ruleId: first.id }] }),
    },
    durationMs: 10 + 20 * random(),
    input: { purpose: pick('car', 'home', 'other'), term: pick(12, 24, 36), amount },
    // The tag became frequent without any effect on decisions.
    tags: random() < (cohort === 'b' ? 0.5 : 0.1) ? ['campaign'] : [],
    metadata: { region, channel: pick('web', 'branch', 'partner') },
    steps,
  };
}

/** Counts what `Store.cohortTraits` counts, by looking at every record. The store must return the same. */
export function countTraits(a: Snapshot[], b: Snapshot[], outcome: string | null): TraitCounts {
  const of = { a: { count: 0, total: 0 }, b: { count: 0, total: 0 } };
  const traits = new Map<string, Trait>();
  for (const [cohort, snapshots] of Object.entries({ a, b }) as ['a' | 'b', Snapshot[]][]) {
    for (const snapshot of snapshots) {
      const hit = (snapshot.decision?.outcome ?? null) === outcome ? 1 : 0;
      of[cohort].total += 1;
      of[cohort].count += hit;
      for (const [kind, name] of traitsOf(snapshot)) {
        const key = `${kind} ${name}`;
        const trait = traits.get(key) ?? {
          kind,
          name,
          term: null,
          within: { a: { count: 0, total: 0 }, b: { count: 0, total: 0 } },
        };
        trait.within[cohort].total += 1;
        trait.within[cohort].count += hit;
        traits.set(key, trait);
      }
    }
  }
  return { of, traits: [...traits.values()] };
}

function traitsOf(snapshot: Snapshot): [ExplanationKind, string][] {
  const { failed, decisive } = rollUpRules(snapshot);
  const ran = snapshot.steps.filter(({ status }) => status !== 'skipped');
  const broken = ran.filter(({ status }) => status === 'failed' || status === 'timed_out');
  const input = (snapshot.input ?? {}) as Record<string, unknown>;
  const named = <K extends ExplanationKind>(kind: K, names: Iterable<string>): [K, string][] =>
    [...new Set(names)].map((name) => [kind, name]);
  const pairs = (values: object): string[] =>
    Object.entries(values).map(([key, value]) => `${key}:${String(value)}`);
  return [
    ...named('decisive', decisive),
    ...named('rule', failed),
    ...named(
      'reason',
      (snapshot.decision?.reasons ?? []).map(({ code }) => code),
    ),
    ...named(
      'step',
      ran.map(({ name }) => name),
    ),
    ...named(
      'step_failure',
      broken.map(({ name }) => name),
    ),
    ...named(
      'error',
      broken.flatMap(({ error }) => (error ? [error.type] : [])),
    ),
    ...named('version', pairs(snapshot.versions ?? {})),
    ...named(
      'input',
      pairs(input).filter((pair) => !pair.startsWith('amount:')),
    ),
    ...named('metadata', pairs(snapshot.metadata ?? {})),
    ...named('tag', snapshot.tags ?? []),
    ...named('environment', [snapshot.environment ?? 'default']),
  ];
}

/** Counts the executions of each outcome in both cohorts. */
export function countOutcomes(
  a: Snapshot[],
  b: Snapshot[],
): { outcome: string | null; a: number; b: number }[] {
  const outcomeOf = ({ decision }: Snapshot): string | null => decision?.outcome ?? null;
  return [...new Set([...a, ...b].map(outcomeOf))].map((outcome) => ({
    outcome,
    a: a.filter((snapshot) => outcomeOf(snapshot) === outcome).length,
    b: b.filter((snapshot) => outcomeOf(snapshot) === outcome).length,
  }));
}

/**
 * Whether an explanation names the planted cause: the change itself, or the rule or step through which it
 * works.
 */
export function namesCause(cause: Cause, { kind, name, also }: CohortExplanation): boolean {
  const truths: Record<Cause, string[]> = {
    threshold: ['decisive max_dti', 'rule max_dti', 'reason MAX_DTI', 'version ruleset:r42'],
    missing_step: ['step credit_history', 'metadata region:eu'],
    reordered: ['decisive manual_review', 'rule manual_review', 'reason MANUAL_REVIEW'],
  };
  return [{ kind, name }, ...also].some((trait) =>
    truths[cause].includes(`${trait.kind} ${trait.name}`),
  );
}
