import type { ExplainedReason, Explanation, RuleChange, RuleEvidence } from './answers.js';
import { isNumber } from './exact-json.js';
import type { Evaluation } from './rule-evaluations.js';
import { distance, valueFor } from './rule-test.js';
import type { Snapshot } from './snapshot.js';

const MAX_CHANGES = 20;

type NearMiss = Explanation['nearMiss'];
type Unknown = NonNullable<NearMiss['unknown']>;

/** A mark of such a kind on the steps or their rules means that a rule may be missing. */
const LOSSES = new Set(['truncated', 'sampled', 'dropped', 'circular', 'redactor_error', 'erased']);
const HOLDS_RULES = /^(\/steps(\/\d+(\/rules(\/\d+)?)?)?)?$/;

/**
 * Finds the changes that would have led to another decision if everything else stayed the same. For an
 * adverse decision, or one whose reasons name failed rejecting rules, all of these must pass. For a
 * favourable one, any rejecting rule that passed must fail. A rule without an effect rejects a favourable
 * decision only if that is recorded as not adverse.
 */
export function nearMissOf(
  snapshot: Snapshot,
  reasons: ExplainedReason[],
  evaluations: Evaluation[],
): NearMiss {
  const { decision, status } = snapshot;
  const none = (unknown: Unknown): NearMiss => ({
    unknown,
    need: 'any',
    changes: [],
    moreChanges: 0,
    unevaluated: [],
    moreUnevaluated: 0,
  });
  if (status === 'running') return none('not_finished');
  if (!decision) return none('no_decision');
  if (decision.humanInvolvement === 'final' || decision.decidedBy?.type === 'human') {
    return none('human');
  }
  if (evaluations.length === 0) return none('no_rules');
  const ofDecision = evaluations.filter(({ evidence }) => evidence.of === 'decision');
  if (ofDecision.length === 0) return none('candidates_only');
  if (isIncomplete(snapshot)) return none('incomplete');

  const rejecting = ofDecision.filter(({ rejects }) => rejects).map(({ evidence }) => evidence);
  const failed = rejecting.filter(({ result }) => result === 'fail');
  const notAsked = rejecting
    .filter(({ result }) => result !== 'pass' && result !== 'fail')
    .map(({ step, rule }) => ({ step, rule }));
  const unevaluated = {
    unevaluated: notAsked.slice(0, MAX_CHANGES),
    moreUnevaluated: Math.max(0, notAsked.length - MAX_CHANGES),
  };
  if (failed.some(({ agrees }) => agrees === false)) return none('contradictory');

  if (failed.length > 0) {
    const named = new Set<unknown>(reasons.flatMap(({ evidence }) => evidence));
    const isNamed = failed.some((rule) => named.has(rule) || (rule.counts?.decisive ?? 0) > 0);
    if (decision.adverse === false || (decision.adverse !== true && !isNamed)) {
      return none('not_linked');
    }
    const failures = new Set<unknown>(failed);
    const restsOnFailures = ({ evidence }: ExplainedReason): boolean =>
      evidence.some((item) => failures.has(item));
    const hasMore = (decision.reasons ?? []).length > reasons.length;
    if (hasMore || !reasons.every(restsOnFailures)) return none('other_reasons');
    return {
      unknown: null,
      need: failed.length === 1 ? 'any' : 'all',
      ...bounded(failed.map((rule) => changeOf(rule, 'pass'))),
      ...unevaluated,
    };
  }
  const passed = rejecting.filter(
    ({ result, effect, agrees }) =>
      result === 'pass' && agrees !== false && (effect === 'reject' || decision.adverse === false),
  );
  if (decision.adverse === true || passed.length === 0) return none('not_linked');
  return {
    unknown: null,
    need: 'any',
    ...bounded(
      passed
        .map((rule) => changeOf(rule, 'fail'))
        .sort((a, b) => relativeMargin(a) - relativeMargin(b)),
    ),
    ...unevaluated,
  };
}

/** The change of a rule's value that would give the other result. */
export function changeOf(
  rule: Pick<
    RuleEvidence,
    'step' | 'path' | 'rule' | 'field' | 'op' | 'actual' | 'threshold' | 'unit'
  >,
  flipsTo: 'pass' | 'fail',
): RuleChange {
  const needs = valueFor(flipsTo, rule);
  return {
    step: rule.step,
    path: rule.path,
    rule: rule.rule,
    field: rule.field,
    ...(rule.actual !== undefined && { actual: rule.actual }),
    unit: rule.unit,
    needs,
    margin:
      isNumber(rule.actual) && isNumber(needs?.value) ? distance(rule.actual, needs.value) : null,
    flipsTo,
  };
}

/**
 * The distance divided by the needed value, so that units do not matter. Changes without numbers come last.
 */
export function relativeMargin({ margin, needs }: RuleChange): number {
  if (margin === null || !isNumber(needs?.value)) return Number.MAX_VALUE;
  return margin / Math.max(Math.abs(Number(needs.value)), Number.EPSILON);
}

function bounded(changes: RuleChange[]): Pick<NearMiss, 'changes' | 'moreChanges'> {
  return {
    changes: changes.slice(0, MAX_CHANGES),
    moreChanges: Math.max(0, changes.length - MAX_CHANGES),
  };
}

/** Whether a rule may be missing in the record. */
export function isIncomplete({ marks, dropped }: Snapshot): boolean {
  if ((dropped?.steps ?? 0) > 0) return true;
  return (marks ?? []).some(({ kind, path }) => LOSSES.has(kind) && HOLDS_RULES.test(path));
}
