import type { CandidateAccount, CandidateMiss, RuleChange, RuleEvidence } from './answers.js';
import { isKept, knownCandidates, type KnownCandidate } from './candidates.js';
import { changeOf, relativeMargin } from './near-miss.js';
import { distance } from './rule-test.js';
import type { Evaluation } from './rule-evaluations.js';
import type { CandidateSet } from './snapshot.js';
import type { PlacedStep } from './step-order.js';

const MAX = { reasons: 20, rules: 20, selected: 10, byRule: 3, byScore: 3 };

interface Scored {
  id: string;
  score: number;
}

/**
 * Describes the steps with candidates: exact counts, rules, and the candidates that missed by the least.
 */
export function candidateAccounts(
  steps: PlacedStep[],
  evaluations: Evaluation[],
): CandidateAccount[] {
  return steps.flatMap((placed) => {
    const { candidates } = placed.step;
    return candidates ? [accountOf(placed, candidates, rulesAskedIn(placed, evaluations))] : [];
  });
}

/** The rules that a step evaluated for candidates. Rules that decided most candidates come first. */
function rulesAskedIn({ index }: PlacedStep, evaluations: Evaluation[]): RuleEvidence[] {
  const count = ({ counts }: RuleEvidence, of: 'decisive' | 'failed'): number => counts?.[of] ?? 0;
  return evaluations
    .map(({ evidence }) => evidence)
    .filter(({ of, step }) => of === 'candidates' && step.index === index)
    .toSorted(
      (a, b) =>
        count(b, 'decisive') - count(a, 'decisive') || count(b, 'failed') - count(a, 'failed'),
    );
}

function accountOf(placed: PlacedStep, set: CandidateSet, rules: RuleEvidence[]): CandidateAccount {
  const known = [...knownCandidates(set).values()];
  const selected = known.filter(({ outcome }) => outcome === 'selected');
  const reasons = Object.entries(set.byReason ?? {})
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count);
  return {
    step: placed.ref,
    path: `${placed.path}/candidates`,
    type: set.type ?? null,
    in: set.in,
    out: set.out,
    byOutcome: set.byOutcome,
    byReason: reasons.slice(0, MAX.reasons),
    moreReasons: Math.max(0, reasons.length - MAX.reasons),
    rules: rules.slice(0, MAX.rules),
    moreRules: Math.max(0, rules.length - MAX.rules),
    cutoff: set.cutoff ?? null,
    selected: selected.slice(0, MAX.selected).map(({ id, score }) => ({ id, score })),
    moreSelected: Math.max(0, selected.length - MAX.selected),
    nearMisses: nearMisses(placed, set, known),
    sampled: known.length < set.in,
  };
}

function nearMisses(
  placed: PlacedStep,
  set: CandidateSet,
  known: KnownCandidate[],
): CandidateMiss[] {
  const lost = known.filter(({ outcome }) => isLost(outcome));
  const { sign, boundary, cutoffMargin, rival } = scoringOf(set, known);
  const rules = rulesOf(placed, set);

  const byRule = lost
    .map((candidate) => ({ candidate, change: rules.onlyFailure(candidate) }))
    .flatMap(({ candidate, change }) => (change ? [{ candidate, change }] : []))
    .sort((a, b) => relativeMargin(a.change) - relativeMargin(b.change))
    .slice(0, MAX.byRule);
  const shortBy = ({ score }: KnownCandidate): number =>
    score === null || boundary === null || sign === 0 ? -1 : (boundary - score) * sign;
  const byScore = lost
    .filter((candidate) => shortBy(candidate) > 0)
    .sort((a, b) => shortBy(a) - shortBy(b))
    .slice(0, MAX.byScore);

  const chosen = new Set([...byRule.map(({ candidate }) => candidate), ...byScore]);
  return [...chosen].map((candidate) => {
    const { id, outcome, score, reason } = candidate;
    return {
      id,
      outcome: outcome ?? 'rejected',
      score,
      reason,
      cutoffMargin: cutoffMargin(score),
      rival: rival(score),
      change: rules.onlyFailure(candidate),
      unevaluated: rules.unevaluated(candidate),
    };
  });
}

/** Reads the scores of a step: the better direction, and a candidate's distance from being kept. */
export function scoringOf(set: CandidateSet, known: Iterable<KnownCandidate>) {
  const kept: Scored[] = [];
  const [ofKept, ofLost] = [new Scores(), new Scores()];
  for (const { id, outcome, score } of known) {
    if (score === null) continue;
    if (isKept(outcome)) {
      kept.push({ id, score });
      ofKept.add(score);
    } else if (isLost(outcome)) {
      ofLost.add(score);
    }
  }
  const cutoff = set.cutoff ?? null;
  const sign = directionOf(cutoff, ofKept, ofLost);
  return {
    sign,
    /** The score from which candidates are kept: the cutoff, else the worst score of a kept candidate. */
    boundary: cutoff ?? (sign === 0 ? null : sign === 1 ? ofKept.least : ofKept.most),
    /**
     * The distance of a score from the cutoff, negative below it. Null if score, cutoff or direction is
     * unknown.
     */
    cutoffMargin(score: number | null): number | null {
      if (score === null || cutoff === null || sign === 0) return null;
      return distance(score, cutoff) * Math.sign(score - cutoff) * sign;
    },
    /** The kept candidate with the nearest score, and the difference. */
    rival: (score: number | null) => (score === null ? null : nearestRival(kept, score)),
  };
}

class Scores {
  least = Infinity;
  most = -Infinity;

  add(score: number): void {
    if (score < this.least) this.least = score;
    if (score > this.most) this.most = score;
  }

  get isEmpty(): boolean {
    return this.least > this.most;
  }
}

function isLost(outcome: KnownCandidate['outcome']): boolean {
  return outcome === 'rejected' || outcome === 'deferred';
}

/** 1 if higher scores are kept, -1 if lower scores are kept, 0 if the record does not show it. */
function directionOf(cutoff: number | null, kept: Scores, lost: Scores): 1 | -1 | 0 {
  if (kept.isEmpty) return 0;
  if (cutoff !== null) {
    if (kept.least >= cutoff && kept.most > cutoff) return 1;
    if (kept.most <= cutoff && kept.least < cutoff) return -1;
  }
  if (lost.isEmpty) return 0;
  if (kept.least >= lost.most) return 1;
  return kept.most <= lost.least ? -1 : 0;
}

function nearestRival(kept: Scored[], score: number): CandidateMiss['rival'] {
  let nearest: Scored | undefined;
  for (const candidate of kept) {
    if (!nearest || Math.abs(candidate.score - score) < Math.abs(nearest.score - score))
      nearest = candidate;
  }
  if (!nearest) return null;
  return { ...nearest, margin: distance(score, nearest.score) };
}

/** Connects the results of one candidate with the rules of its step. */
function rulesOf({ step, ref, path }: PlacedStep, set: CandidateSet) {
  const ofStep = new Map((step.rules ?? []).map((rule, place) => [rule.id, { rule, place }]));
  const placeOf = new Map(set.items.map((item, place) => [item, place]));
  return {
    /**
     * The change of the only rule that the candidate failed. Null if it failed several, or the step lacks
     * the rule.
     */
    onlyFailure({ item }: KnownCandidate): RuleChange | null {
      const results = item?.rules ?? [];
      const failed = results.filter(({ result }) => result === 'fail' || result === 'error');
      const [only] = failed;
      const found = only && ofStep.get(only.id);
      if (!item || failed.length !== 1 || only?.result !== 'fail' || !found) return null;
      const place = results.indexOf(only);
      return changeOf(
        {
          step: ref,
          path: `${path}/candidates/items/${placeOf.get(item) ?? 0}/rules/${place}`,
          rule: only.id,
          field: found.rule.field ?? null,
          op: found.rule.op ?? null,
          ...(only.actual !== undefined && { actual: only.actual }),
          ...(found.rule.threshold !== undefined && { threshold: found.rule.threshold }),
          unit: found.rule.unit ?? null,
        },
        'pass',
      );
    },
    unevaluated({ item }: KnownCandidate): number {
      const asked = (item?.rules ?? []).filter(
        ({ id, result }) => ofStep.has(id) && (result === 'pass' || result === 'fail'),
      );
      return ofStep.size - new Set(asked.map(({ id }) => id)).size;
    },
  };
}
