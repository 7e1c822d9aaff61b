import type { CandidateDifference, ComparedStep, RuleDifference } from './answers.js';
import { knownCandidates, type KnownCandidate } from './candidates.js';
import type { IsIncidental } from './incidental.js';
import { diffJson, type Equality } from './json-diff.js';
import type { CandidateSet, Json, Rule } from './snapshot.js';

const MAX = { rules: 50, fields: 20, counts: 50, candidates: 50 };

type RulesListed = Pick<ComparedStep, 'rules' | 'moreRules' | 'rulesReordered'>;

/**
 * Compares rules by id; for a repeated id, the nth with the nth. `parts`: a result or a whole rule differs.
 * `tell`: more than incidental values differ.
 */
export function diffRules(
  a: Rule[],
  b: Rule[],
  equality: Equality,
  isIncidental: IsIncidental,
): { listed: RulesListed; parts: boolean; tell: boolean } {
  const [left, right] = [keyed(a), keyed(b)];
  const differences: RuleDifference[] = [];
  let [parts, tell] = [false, false];
  for (const [key, rule] of left) {
    const other = right.get(key);
    const difference = other
      ? changedRule(rule, other, equality, isIncidental)
      : only('removed', rule);
    if (!difference) continue;
    differences.push(difference);
    parts ||= difference.kind !== 'changed' || difference.fields.includes('result');
    tell ||= !difference.incidental;
  }
  for (const [key, rule] of right) {
    if (left.has(key)) continue;
    differences.push(only('added', rule));
    [parts, tell] = [true, true];
  }
  const inBoth = (keys: Iterable<string>, other: Map<string, Rule>): string[] =>
    [...keys].filter((key) => other.has(key));
  const order = inBoth(right.keys(), left);
  const rulesReordered = inBoth(left.keys(), right).some((key, place) => order[place] !== key);
  return {
    listed: {
      rules: differences.slice(0, MAX.rules),
      moreRules: Math.max(0, differences.length - MAX.rules),
      rulesReordered,
    },
    parts,
    tell: tell || rulesReordered,
  };
}

function keyed(rules: Rule[]): Map<string, Rule> {
  const seen = new Map<string, number>();
  return new Map(
    rules.map((rule) => {
      const nth = seen.get(rule.id) ?? 0;
      seen.set(rule.id, nth + 1);
      return [`${nth} ${rule.id}`, rule];
    }),
  );
}

function changedRule(
  a: Rule,
  b: Rule,
  equality: Equality,
  isIncidental: IsIncidental,
): RuleDifference | undefined {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const valueOf = (rule: Rule, field: string): Json => (rule[field] ?? null) as Json;
  const fields = names.filter(
    (name) => equality.of(valueOf(a, name)) !== equality.of(valueOf(b, name)),
  );
  if (fields.length === 0) return undefined;
  // The most important fields come first, because a sender may add many others.
  const first = ['result', 'actual', 'threshold', 'op'].filter((name) => fields.includes(name));
  const shownFields = [...new Set([...first, ...fields])].slice(0, MAX.fields);
  return {
    rule: a.id,
    kind: 'changed',
    fields: shownFields,
    moreFields: fields.length - shownFields.length,
    incidental: fields.every(
      (field) =>
        (field === 'actual' || field === 'threshold') &&
        isIncidental(`/${a.field ?? a.id}`, valueOf(a, field), valueOf(b, field)),
    ),
    a: shown(a),
    b: shown(b),
  };
}

function only(kind: 'added' | 'removed', rule: Rule): RuleDifference {
  const side = shown(rule);
  return {
    rule: rule.id,
    kind,
    fields: [],
    moreFields: 0,
    incidental: false,
    a: kind === 'removed' ? side : null,
    b: kind === 'added' ? side : null,
  };
}

function shown(rule: Rule): NonNullable<RuleDifference['a']> {
  return {
    result: rule.result ?? null,
    ...(rule.actual !== undefined && { actual: rule.actual }),
    ...(rule.threshold !== undefined && { threshold: rule.threshold }),
    op: rule.op ?? null,
    unit: rule.unit ?? null,
  };
}

/** Compares candidates by id, from ledger and detail. Undefined if the two sides are equal. */
export function diffCandidates(
  a: CandidateSet | null | undefined,
  b: CandidateSet | null | undefined,
  equality: Equality,
): { listed: CandidateDifference; parts: boolean } | undefined {
  if (equality.of((a ?? null) as Json) === equality.of((b ?? null) as Json)) return undefined;
  const left = a ? knownCandidates(a) : new Map<string, KnownCandidate>();
  const right = b ? knownCandidates(b) : new Map<string, KnownCandidate>();
  const moved: CandidateDifference['moved'] = [];
  const onlyInA: string[] = [];
  let [movedCount, otherwiseChanged] = [0, 0];
  for (const [id, candidate] of left) {
    const other = right.get(id);
    if (!other) onlyInA.push(id);
    else if (candidate.outcome !== other.outcome || candidate.reason !== other.reason) {
      movedCount++;
      if (moved.length < MAX.candidates)
        moved.push({ id, a: placeOf(candidate), b: placeOf(other) });
    } else if (equality.of(contentOf(candidate)) !== equality.of(contentOf(other)))
      otherwiseChanged++;
  }
  const onlyInB = [...right.keys()].filter((id) => !left.has(id));
  const counts = diffJson(countsOf(a), countsOf(b), MAX.counts, equality);
  return {
    listed: {
      in: { a: a?.in ?? null, b: b?.in ?? null },
      out: { a: a?.out ?? null, b: b?.out ?? null },
      cutoff: { a: a?.cutoff ?? null, b: b?.cutoff ?? null },
      counts: counts.changes,
      moreCounts: counts.more,
      moved,
      moreMoved: movedCount - moved.length,
      otherwiseChanged,
      onlyInA: onlyInA.slice(0, MAX.candidates),
      moreOnlyInA: Math.max(0, onlyInA.length - MAX.candidates),
      onlyInB: onlyInB.slice(0, MAX.candidates),
      moreOnlyInB: Math.max(0, onlyInB.length - MAX.candidates),
      sampled: left.size < (a?.in ?? 0) || right.size < (b?.in ?? 0),
    },
    parts: movedCount > 0 || a?.out !== b?.out || Boolean(a) !== Boolean(b),
  };
}

function placeOf({ outcome, reason, score, rank }: KnownCandidate) {
  return { outcome, reason, score, rank };
}

function contentOf({ score, rank, item }: KnownCandidate): Json {
  return [score, rank, item as unknown as Json];
}

function countsOf(set: CandidateSet | null | undefined): Json {
  if (!set) return {};
  const { byOutcome, byReason, strata } = set;
  return { byOutcome, byReason: byReason ?? {}, strata: (strata ?? []) as Json };
}
