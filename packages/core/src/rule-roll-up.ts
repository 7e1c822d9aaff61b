import { decisiveByCounts, evaluationsOf, rejectionsIn } from './rule-evaluations.js';
import type { Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';

/** The maximum number of distinct rules in an execution's roll-up. Further rules are left out. */
const MAX_RULES = 200;

/** The rules of one execution, by id, for questions about many executions. */
export interface RuleRollUp {
  /** Rules that failed at least once, for the execution or for a candidate. */
  failed: string[];
  /** Rules that decided the outcome of the execution or of a candidate. */
  decisive: string[];
}

/**
 * Names the rules that decided: those of `decidedBy`, else the failed rules that the reasons name. Else the
 * first failed rejecting rule decided an adverse decision, as in `explain`. Rules with counts have their
 * own count of decisions.
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
