import { scoringOf } from './candidate-account.js';
import { hasCandidate, isKept, knownCandidates, type KnownCandidate } from './candidates.js';
import { explain } from './explain.js';
import type { CandidateAppearance, DecidingRule } from './history.js';
import type { Snapshot, Step } from './snapshot.js';
import { stepSequence } from './step-order.js';

/** The fields of an appearance that come from the snapshot itself. */
export type RecordedAppearance = Omit<
  CandidateAppearance,
  'executionId' | 'pipeline' | 'environment' | 'at' | 'decision'
>;

/** All appearances of a candidate in one execution, in the order of the array of steps. */
export function appearancesOf(snapshot: Snapshot, id: string): RecordedAppearance[] {
  return snapshot.steps.flatMap((step, index) => {
    const set = step.candidates;
    if (!set || !hasCandidate(set, id)) return [];
    const all = knownCandidates(set);
    const known = all.get(id);
    if (known === undefined) return [];
    const { score, rank, outcome } = known;
    const scoring = scoringOf(set, all.values());
    const rival = isKept(outcome) ? null : scoring.rival(score);
    return [
      {
        step: { index, sequence: stepSequence(step, index), name: step.name },
        type: set.type ?? null,
        outcome: outcome ?? 'rejected',
        reason: known.reason,
        rule: isKept(outcome) ? null : decidingRuleOf(step, known),
        score,
        rank: Number.isInteger(rank) ? rank : null,
        cutoff: set.cutoff ?? null,
        margin: scoring.cutoffMargin(score),
        rival: rival && {
          ...rival,
          margin: score !== null && rival.score < score ? -rival.margin : rival.margin,
        },
        ledgerOnly: known.item === null,
      },
    ];
  });
}

/**
 * Finds the deciding rule: the rule that the first reason names, else the failed rule with the name of the
 * reason, else the first failed rule. Without detail, the rule of the step with the name of the reason.
 */
function decidingRuleOf(step: Step, { item, reason }: KnownCandidate): DecidingRule | null {
  const results = item?.rules ?? [];
  const failed = results.filter(({ result }) => result === 'fail').map(({ id }) => id);
  const named = item?.reasons?.[0]?.ruleId;
  const ofStep = step.rules ?? [];
  const called = [...failed, ...ofStep.map(({ id }) => id)].find((rule) => rule === reason);
  const id = named ?? called ?? failed[0];
  if (id === undefined) return null;
  const actual = results.find((result) => result.id === id)?.actual;
  const rule = ofStep.find((rule) => rule.id === id);
  return {
    rule: id,
    field: rule?.field ?? null,
    op: rule?.op ?? null,
    ...(actual !== undefined && { actual }),
    ...(rule?.threshold !== undefined && { threshold: rule.threshold }),
    unit: rule?.unit ?? null,
  };
}

/**
 * The rules that decided an execution, as its explanation lists them. Rules of the main reason come first.
 */
export function decidingRulesOf(snapshot: Snapshot): DecidingRule[] {
  const { reasons, unnamedFailures } = explain(snapshot);
  const evidence = [...reasons.flatMap((reason) => reason.evidence), ...unnamedFailures];
  const rules = new Map<string, DecidingRule>();
  for (const item of evidence) {
    if (item.kind !== 'rule' || !item.decisive || rules.has(item.rule)) continue;
    rules.set(item.rule, {
      rule: item.rule,
      field: item.field,
      op: item.op,
      ...(item.actual !== undefined && { actual: item.actual }),
      ...(item.threshold !== undefined && { threshold: item.threshold }),
      unit: item.unit,
    });
  }
  return [...rules.values()];
}
