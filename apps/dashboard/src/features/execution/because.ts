import type { RuleEvidence, Snapshot, Step } from '@xray/core';
import { explain } from '@xray/core/explain';

/** A reason of the decision with the first rule that supports it. */
export interface Because {
  code: string;
  text: string | null;
  rule: RuleEvidence | null;
  /** The number of further rules that support it. */
  moreRules: number;
  /** The number of candidates rejected with its code. */
  candidates: number | null;
}

export interface BecauseLine {
  reasons: Because[];
  /** Whether the explanation names a change that flips the decision. */
  canFlip: boolean;
}

/**
 * The reasons of a decision in one line, from an execution without payloads. Without a recorded reason it shows
 * the failed rule that decided.
 */
export function becauseLine(snapshot: Snapshot): BecauseLine {
  const explanation = explain({ ...snapshot, steps: snapshot.steps.map(withoutCandidates) });
  const reasons = explanation.reasons.map(({ code, text, evidence }): Because => {
    const rules = evidence.filter((item) => item.kind === 'rule');
    const counted = evidence.find((item) => item.kind === 'candidates');
    return {
      code,
      text,
      rule: rules[0] ?? null,
      moreRules: Math.max(0, rules.length - 1),
      candidates: counted?.count ?? null,
    };
  });
  const decisive = explanation.unnamedFailures.find((rule) => rule.decisive);
  if (reasons.length === 0 && decisive !== undefined) {
    const { rule: code } = decisive;
    reasons.push({ code, text: null, rule: decisive, moreRules: 0, candidates: null });
  }
  return { reasons, canFlip: explanation.nearMiss.changes.length > 0 };
}

/** A detail without payloads has counts of candidates but no candidates. */
function withoutCandidates(step: Step): Step {
  if (!step.candidates) return step;
  return { ...step, candidates: { ...step.candidates, items: [], ledger: null } };
}
