import { decisiveByCounts, evaluationsOf, rejectionsIn } from './rule-evaluations.js';
import type { Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';

/** Distinct rules of an execution beyond this are left out of its roll-up. */
const MAX_RULES = 200;

/** The rules of an execution that questions over many executions ask for, by id. */
export interface RuleRollUp {
  /** Rules that failed at least once, for the execution or for a candidate. */
  failed: string[];
  /** Rules that decided the outcome of the execution or of a candidate. */
  decisive: string[];
}

/**
 * `decidedBy` says which rule decided, else the failed rules that the reasons name. Without them the first failed
 * rule that rejects decided an adverse decision, as `explain` tells it. Rules with counts say it themselves.
 */
export function rollUpRules(snapshot: Snapshot): RuleRollUp {
  const { decision, steps } = snapshot;
  const failed = new Set<string>();
  const decisive = new Set<string>();
  for (const step of steps) {
    if (step.status === 'skipped') continue;
    for (const { id, result, counts } of step.rules ?? []) {
      if (result === 'fail' || (counts?.failed ?? 0) > 0) failed.add(id);
      if ((counts?.decisive ?? 0) > 0) decisive.add(id);
    }
  }
  const named = (decision?.reasons ?? []).flatMap(({ ruleId, code }) => {
    const id = ruleId ?? code;
    return failed.has(id) ? [id] : [];
  });
  const by = decision?.decidedBy;
  if (by) {
    if (by.type === 'rule') decisive.add(by.id);
  } else if (named.length > 0) {
    for (const id of named) decisive.add(id);
  } else if (decision?.adverse === true && failed.size > 0) {
    const { inForce } = evaluationsOf(stepsInOrder(snapshot));
    const [first] = rejectionsIn(inForce);
    if (first && decisiveByCounts(inForce).length === 0) decisive.add(first.evidence.rule);
  }
  return {
    failed: [...failed].slice(0, MAX_RULES),
    decisive: [...decisive].slice(0, MAX_RULES),
  };
}
