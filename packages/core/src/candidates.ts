import type { Candidate, CandidateOutcome, CandidateSet } from './snapshot.js';

const LETTERS: Record<string, CandidateOutcome> = {
  s: 'selected',
  k: 'kept',
  r: 'rejected',
  d: 'deferred',
  e: 'error',
};

/** One candidate of a record. `item` holds its detail, if the record has it. */
export interface KnownCandidate {
  id: string;
  outcome: CandidateOutcome | null;
  /** Code of the deciding reason. */
  reason: string | null;
  score: number | null;
  rank: number | null;
  item: Candidate | null;
}

/**
 * Lists the candidates that the record holds individually: first those of the ledger, then those with
 * detail only. A repeated id counts once. An inconsistent ledger gives the parts that it has.
 */
export function knownCandidates(set: CandidateSet): Map<string, KnownCandidate> {
  const known = new Map<string, KnownCandidate>();
  const { ledger } = set;
  ledger?.ids.forEach((id, place) => {
    if (known.has(id)) return;
    const reasonIndex = ledger.reasonIx[place] ?? -1;
    known.set(id, {
      id,
      outcome: LETTERS[ledger.outcomes[place] ?? ''] ?? null,
      reason: reasonIndex < 0 ? null : (ledger.reasons[reasonIndex] ?? null),
      score: ledger.scores?.[place] ?? null,
      rank: null,
      item: null,
    });
  });
  for (const item of set.items) {
    const listed = known.get(item.id);
    if (listed?.item) continue;
    known.set(item.id, {
      id: item.id,
      outcome: listed?.outcome ?? item.outcome,
      reason: listed?.reason ?? item.reasons?.[0]?.code ?? null,
      score: listed?.score ?? item.score ?? null,
      rank: item.rank ?? null,
      item,
    });
  }
  return known;
}

/** Whether `knownCandidates` has the id, without building the whole map. */
export function hasCandidate({ ledger, items }: CandidateSet, id: string): boolean {
  return ledger?.ids.includes(id) === true || items.some((item) => item.id === id);
}

export function isKept(outcome: CandidateOutcome | null): boolean {
  return outcome === 'selected' || outcome === 'kept';
}
