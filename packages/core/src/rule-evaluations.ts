import type { RuleEvidence, RuleSetAside } from './answers.js';
import { agreesWithItself } from './rule-test.js';
import type { Rule, Step } from './snapshot.js';
import type { PlacedStep } from './step-order.js';

const MAX_NAMES = 20;

/** The evaluation of a rule by one step of the execution. */
export interface Evaluation {
  evidence: RuleEvidence;
  /** Whether a failure speaks against the subject. Other rules only flag or score. */
  rejects: boolean;
}

/** The rules of an execution: usable ones, and those that cannot support the decision. */
export interface Evaluations {
  /** The rules of steps in force, including those evaluated for candidates. */
  inForce: Evaluation[];
  /** Rules of skipped steps and of attempts that a later attempt replaced. */
  notInForce: RuleSetAside[];
}

/** All rules of the steps, in their order. */
export function evaluationsOf(steps: PlacedStep[]): Evaluations {
  const replaced = replacedAttempts(steps);
  const inForce: Evaluation[] = [];
  const notInForce: RuleSetAside[] = [];
  for (const placed of steps) {
    const rules = placed.step.rules ?? [];
    if (rules.length === 0) continue;
    const why = whyNotInForce(placed, replaced);
    if (why === null) {
      inForce.push(...rules.map((rule, place) => evaluationOf(placed, rule, place)));
    } else {
      notInForce.push(asideOf(placed.ref, why, names(rules)));
    }
  }
  return { inForce, notInForce };
}

/**
 * Rules in force without a usable result, by step. `isNamed` skips rules that the explanation names
 * elsewhere.
 */
export function withoutResult(
  evaluations: Evaluation[],
  isNamed: (evidence: RuleEvidence) => boolean,
): RuleSetAside[] {
  const groups = new Map<
    string,
    { evidence: RuleEvidence; why: RuleSetAside['why']; ids: string[] }
  >();
  for (const { evidence } of evaluations) {
    const { result, step, of } = evidence;
    if (of === 'candidates' || result === 'pass' || result === 'fail' || isNamed(evidence))
      continue;
    const why =
      result === 'skip' ? 'rule_skipped' : result === 'error' ? 'rule_broke' : 'no_result';
    const key = `${step.index} ${why}`;
    const group = groups.get(key) ?? { evidence, why, ids: [] };
    group.ids.push(evidence.rule);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ evidence, why, ids }) =>
    asideOf(evidence.step, why, new Set(ids)),
  );
}

/**
 * The failed rules that speak against the subject. A rule whose values contradict its result is left out.
 */
export function rejectionsIn(evaluations: Evaluation[]): Evaluation[] {
  return evaluations.filter(
    ({ evidence: { of, result, agrees }, rejects }) =>
      of === 'decision' && rejects && result === 'fail' && agrees !== false,
  );
}

/** The rules of the decision whose counts show that they decided. */
export function decisiveByCounts(evaluations: Evaluation[]): Evaluation[] {
  return evaluations.filter(
    ({ evidence: { of, counts } }) => of === 'decision' && (counts?.decisive ?? 0) > 0,
  );
}

function evaluationOf({ step, ref, path }: PlacedStep, rule: Rule, place: number): Evaluation {
  const evidence: RuleEvidence = {
    kind: 'rule',
    step: ref,
    path: `${path}/rules/${place}`,
    rule: rule.id,
    version: rule.version ?? null,
    of: isAskedOfCandidates(step, rule) ? 'candidates' : 'decision',
    result: resultOf(rule),
    counts: countsOf(rule),
    effect: rule.effect ?? null,
    field: rule.field ?? null,
    op: rule.op ?? null,
    ...(rule.actual !== undefined && { actual: rule.actual }),
    ...(rule.threshold !== undefined && { threshold: rule.threshold }),
    unit: rule.unit ?? null,
    decisive: false,
    agrees: agreesWithItself(rule),
  };
  // The SDK's `check` omits the effect if a failure rejects.
  return { evidence, rejects: (rule.effect ?? 'reject') === 'reject' };
}

/**
 * In a step with candidates, a rule without a result was evaluated for them. So was a rule with counts,
 * unless it also has the single value that it tested.
 */
function isAskedOfCandidates(step: Step, { counts, result, actual }: Rule): boolean {
  if (!step.candidates) return false;
  return !result || (Boolean(counts) && actual === undefined);
}

/** A rule with counts only has failed if it failed at least once. */
function resultOf({ result, counts }: Rule): RuleEvidence['result'] {
  if (result) return result;
  if (!counts) return null;
  if (counts.failed > 0) return 'fail';
  if (counts.error > 0) return 'error';
  if (counts.passed > 0) return 'pass';
  return counts.skipped > 0 ? 'skip' : null;
}

function countsOf({ counts }: Rule): RuleEvidence['counts'] {
  if (!counts) return null;
  const { evaluated, passed, failed, skipped, error, decisive } = counts;
  return { evaluated, passed, failed, skipped, error, decisive };
}

function whyNotInForce(
  { step, index }: PlacedStep,
  replaced: ReadonlySet<number>,
): 'step_skipped' | 'attempt_replaced' | null {
  if (step.status === 'skipped') return 'step_skipped';
  return replaced.has(index) ? 'attempt_replaced' : null;
}

/**
 * The indexes of steps that a later attempt of the same step replaced. An attempt replaces one earlier
 * attempt, so a step in a loop keeps all its rounds.
 */
function replacedAttempts(steps: PlacedStep[]): Set<number> {
  const replaced = new Set<number>();
  const rounds = new Map<string, Rounds>();
  for (const { step, index } of steps) {
    if (step.status === 'skipped') continue;
    const key = `${step.parent ?? ''}/${step.name}`;
    const ofStep = rounds.get(key) ?? new Rounds();
    rounds.set(key, ofStep);
    const loser = ofStep.add(step.attempt ?? 0, index);
    if (loser !== undefined) replaced.add(loser);
  }
  return replaced;
}

/** The rounds of one step, each with its latest attempt. */
class Rounds {
  readonly #placesByAttempt = new Map<number, number[]>();
  #first = Infinity;

  /**
   * Adds an attempt. Returns the index of the replaced one: an earlier attempt, or this one if a later
   * attempt came first.
   */
  add(attempt: number, place: number): number | undefined {
    this.#first = Math.min(this.#first, attempt);
    const attempts = [...this.#placesByAttempt.keys()];
    const earlier = Math.max(...attempts.filter((other) => other < attempt), -1);
    if (earlier < 0 && attempt > this.#first && attempts.some((other) => other > attempt)) {
      return place;
    }
    const replaced = this.#take(earlier);
    const places = this.#placesByAttempt.get(attempt);
    if (places) places.push(place);
    else this.#placesByAttempt.set(attempt, [place]);
    return replaced;
  }

  #take(attempt: number): number | undefined {
    const places = this.#placesByAttempt.get(attempt);
    const place = places?.pop();
    if (places?.length === 0) this.#placesByAttempt.delete(attempt);
    return place;
  }
}

function names(rules: Rule[]): Set<string> {
  return new Set(rules.map(({ id }) => id));
}

function asideOf(
  step: RuleSetAside['step'],
  why: RuleSetAside['why'],
  ids: ReadonlySet<string>,
): RuleSetAside {
  const rules = [...ids].slice(0, MAX_NAMES);
  return { step, why, rules, moreRules: ids.size - rules.length };
}
