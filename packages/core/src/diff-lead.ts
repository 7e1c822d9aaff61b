import type { CandidateDifference, ComparedStep, RuleDifference, ValueChange } from './answers.js';

/** The most telling difference at a step. Rules come before candidates, and both before values. */
export type Lead =
  | { kind: 'only'; side: 'a' | 'b' }
  | { kind: 'status' }
  | { kind: 'rule'; rule: RuleDifference }
  | { kind: 'candidate'; candidate: CandidateDifference['moved'][number] }
  | { kind: 'candidates'; candidates: CandidateDifference }
  | { kind: 'value'; change: ValueChange }
  | { kind: 'rules_reordered' }
  | { kind: 'moved' }
  | { kind: 'other' };

export function leadOf(step: ComparedStep): Lead {
  const { kind, a, b, rules, candidates, changes } = step;
  if (kind === 'removed' || kind === 'added') {
    return { kind: 'only', side: kind === 'removed' ? 'a' : 'b' };
  }
  if (a?.status !== b?.status) return { kind: 'status' };
  const rule =
    rules.find(({ fields }) => fields.includes('result')) ??
    rules.find((rule) => rule.kind !== 'changed') ??
    rules.find(({ incidental }) => !incidental);
  if (rule) return { kind: 'rule', rule };
  const [candidate] = candidates?.moved ?? [];
  if (candidate) return { kind: 'candidate', candidate };
  if (candidates && candidates.out.a !== candidates.out.b)
    return { kind: 'candidates', candidates };
  if (kind === 'moved') return { kind: 'moved' };
  const [change] = changes;
  if (change && change.incidental !== true) return { kind: 'value', change };
  if (candidates) return { kind: 'candidates', candidates };
  if (step.rulesReordered) return { kind: 'rules_reordered' };
  if (change) return { kind: 'value', change };
  const [other] = rules;
  return other ? { kind: 'rule', rule: other } : { kind: 'other' };
}
