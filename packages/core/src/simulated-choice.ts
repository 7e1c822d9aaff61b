import { isKept, knownCandidates, type KnownCandidate } from './candidates.js';
import { isNumber } from './exact-json.js';
import type { Evaluation } from './rule-evaluations.js';
import { holds, operatorOf, type Operator } from './rule-test.js';
import type { OpenCause, ThresholdChange } from './simulation.js';
import type { Json, Rule } from './snapshot.js';
import type { PlacedStep } from './step-order.js';

/** What becomes of the first candidate of the last ranking if a filter's threshold changes. */
export interface SimulatedChoice {
  rule: string;
  was: Json;
  verdict: 'same' | 'changes' | 'open';
  open: OpenCause | null;
  /** Whether the filter keeps other candidates. */
  turns: boolean;
}

/**
 * A tighter filter removes kept candidates, and the ranking's scores say who follows: exact while all kept ones have
 * detail. A candidate that a looser filter lets in has no score at the ranking, unless the filter recorded it.
 * Null if no changed rule was evaluated for candidates.
 */
export function simulateChoice(
  steps: readonly PlacedStep[],
  evaluations: readonly Evaluation[],
  changes: readonly ThresholdChange[],
): SimulatedChoice | null {
  const changed = evaluations.flatMap(({ evidence }) => {
    const change = changes.find(({ rule }) => rule === evidence.rule);
    return change === undefined || evidence.of !== 'candidates' ? [] : [{ evidence, change }];
  });
  const [first] = changed;
  if (first === undefined) return null;
  const facts = { rule: first.evidence.rule, was: first.evidence.threshold ?? null };
  const open = (cause: OpenCause): SimulatedChoice => ({
    ...facts,
    verdict: 'open',
    open: cause,
    turns: true,
  });
  const removed = new Set<string>();
  const admitted: KnownCandidate[] = [];
  for (const { evidence, change } of changed) {
    const filter = steps.find(({ index }) => index === evidence.step.index)?.step;
    const set = filter?.candidates;
    const rule = filter?.rules?.find(({ id }) => id === evidence.rule);
    const op = operatorOf(rule?.op);
    if (!set || !rule || op === undefined || rule.threshold === undefined) {
      return open('not_computable');
    }
    const judged = judge([...knownCandidates(set).values()], rule, {
      op,
      to: change.threshold,
      ruleCount: filter.rules?.length ?? 0,
    });
    if (typeof judged === 'string') return open(judged);
    const kept = set.items.filter(({ outcome }) => isKept(outcome));
    if (kept.length < set.out) return open('candidates_without_detail');
    for (const { id } of judged.removed) removed.add(id);
    admitted.push(...judged.admitted);
  }
  if (removed.size + admitted.length === 0) {
    return { ...facts, verdict: 'same', open: null, turns: false };
  }
  const last = steps.findLastIndex(({ index }) =>
    changed.some(({ evidence }) => evidence.step.index === index),
  );
  const ranked = rankingAfter(steps, last);
  const [leader] = ranked ?? [];
  if (ranked === undefined) return open('not_computable');
  const next = ranked.find(({ id }) => !removed.has(id));
  if (next === undefined || leader === undefined) {
    return open(admitted.length > 0 ? 'newcomers_without_score' : 'nothing_left');
  }
  const bar = next.score;
  if (admitted.some(({ score }) => score === null || bar === null || score === bar)) {
    return open('newcomers_without_score');
  }
  const isOvertaken = admitted.some(({ score }) => score !== null && bar !== null && score > bar);
  return {
    ...facts,
    verdict: isOvertaken || next.id !== leader.id ? 'changes' : 'same',
    open: null,
    turns: true,
  };
}

/** The candidates that the new threshold removes, and those that it lets in. */
function judge(
  candidates: readonly KnownCandidate[],
  rule: Rule,
  { op, to, ruleCount }: { op: Operator; to: Json; ruleCount: number },
): { removed: KnownCandidate[]; admitted: KnownCandidate[] } | OpenCause {
  const removed: KnownCandidate[] = [];
  const admitted: KnownCandidate[] = [];
  const isLooser = admitsMore(op, rule.threshold, to);
  for (const candidate of candidates) {
    const kept = isKept(candidate.outcome);
    const results = candidate.item?.rules ?? [];
    const own = results.find(({ id }) => id === rule.id);
    const failed = results.filter(({ result }) => result === 'fail');
    if (!kept && candidate.item !== null && failed.some(({ id }) => id !== rule.id)) continue;
    // Without its detail a rejected candidate may have failed this rule alone.
    if (!kept && candidate.item === null && !isLooser) continue;
    if (own === undefined) {
      if (kept) return 'candidates_without_detail';
      if (isLooser) return 'newcomers_without_score';
      continue;
    }
    const [held, holdsNow] = [holds(op, own.actual, rule.threshold), holds(op, own.actual, to)];
    if (held === null || holdsNow === null || held !== (own.result === 'pass')) {
      return 'not_computable';
    }
    if (kept && !holdsNow) removed.push(candidate);
    if (kept || !holdsNow || own.result !== 'fail') continue;
    // A filter that stops at the first failed rule did not evaluate the rules behind it.
    if (results.length < ruleCount) return 'not_evaluated';
    admitted.push(candidate);
  }
  return { removed, admitted };
}

/** Whether some value passes only the new threshold. True if that cannot be told. */
function admitsMore(op: Operator, from: Json | undefined, to: Json): boolean {
  if (!isNumber(from) || !isNumber(to)) return true;
  if (op === '>=' || op === '>') return Number(to) < Number(from);
  if (op === '<=' || op === '<') return Number(to) > Number(from);
  return true;
}

/** The candidates of the last step after the filters that has some, best first. Undefined if some are not known. */
function rankingAfter(steps: readonly PlacedStep[], last: number): KnownCandidate[] | undefined {
  const ranking = steps.slice(last + 1).findLast(({ step }) => step.candidates);
  const set = ranking?.step.candidates;
  if (!set) return undefined;
  const known = [...knownCandidates(set).values()];
  if (known.length < set.in) return undefined;
  // A ledger is written in the order of the ranking.
  if (set.ledger) return known;
  return known.sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
}
