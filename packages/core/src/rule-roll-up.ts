import type { Snapshot } from './snapshot.js';

/** Distinct rules of an execution beyond this are left out of its roll-up. */
const MAX_RULES = 200;

/** The rules of an execution that questions over many executions ask for, by id. */
export interface RuleRollUp {
  /** Failed at least once, for what was decided on or for a candidate. */
  failed: string[];
  /** Decided: of the execution's outcome, or of at least one candidate. */
  decisive: string[];
}

/**
 * What decided is read from `decision.decidedBy`, else from the rules that its reasons name, else, of an
 * adverse decision, it is the first failed rule that rejects. Candidates' deciding rules are counted.
 */
export function rollUpRules({ decision, steps }: Snapshot): RuleRollUp {
  const failed = new Set<string>();
  const decisive = new Set<string>();
  let firstRejecting: string | undefined;
  for (const step of steps) {
    if (step.status === 'skipped') continue;
    for (const { id, result, effect, counts } of step.rules ?? []) {
      if (counts) {
        if (counts.failed > 0) failed.add(id);
        if (counts.decisive > 0) decisive.add(id);
      } else if (result === 'fail') {
        failed.add(id);
        if ((effect ?? 'reject') === 'reject') firstRejecting ??= id;
      }
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
  } else if (decision?.adverse === true && firstRejecting !== undefined) {
    decisive.add(firstRejecting);
  }
  return {
    failed: [...failed].slice(0, MAX_RULES),
    decisive: [...decisive].slice(0, MAX_RULES),
  };
}
