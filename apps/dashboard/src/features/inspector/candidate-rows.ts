import type { Candidate, CandidateOutcome, CandidateSet } from '@xray/core';
import { formatApart } from '@/lib/format';

/** A row of the candidates' table. */
export interface CandidateRow {
  id: string;
  outcome: string;
  score: number | null;
  rank: number | null;
  /** The code of the decisive reason. */
  reason: string;
  /** The candidate's detail. Null if only the ledger knows it. */
  detail: Candidate | null;
}

const LEDGER_OUTCOMES: Record<string, CandidateOutcome> = {
  s: 'selected',
  k: 'kept',
  r: 'rejected',
  d: 'deferred',
  e: 'error',
};

/** All candidates of the set: those with detail first, then those only in the ledger. */
export function candidateRows(set: CandidateSet): CandidateRow[] {
  const rows = set.items.map(rowOf);
  const { ledger } = set;
  if (!ledger) return rows;
  const detailed = new Set(set.items.map((item) => item.id));
  for (const [index, id] of ledger.ids.entries()) {
    if (detailed.has(id)) continue;
    rows.push({
      id,
      outcome: LEDGER_OUTCOMES[ledger.outcomes[index] ?? ''] ?? 'unknown',
      score: ledger.scores?.[index] ?? null,
      rank: null,
      reason: ledger.reasons[ledger.reasonIx[index] ?? -1] ?? '',
      detail: null,
    });
  }
  return rows;
}

function rowOf(item: Candidate): CandidateRow {
  return {
    id: item.id,
    outcome: item.outcome,
    score: item.score ?? null,
    rank: item.rank ?? null,
    reason: item.reasons?.[0]?.code ?? '',
    detail: item,
  };
}

/** Texts of the scores and the cutoff, by value. Different values have different texts. */
export function textsOfScores(
  rows: readonly Pick<CandidateRow, 'score'>[],
  cutoff: number | null,
): ReadonlyMap<number, string> {
  const scores = [...rows.map(({ score }) => score), cutoff].filter((score) => score !== null);
  const texts = formatApart(scores);
  return new Map(scores.map((score, index) => [score, texts[index] ?? '']));
}

export type CandidateSort = 'given' | 'score' | 'rank' | 'cutoff' | 'id';

export interface CandidateView {
  text: string;
  outcome: string | null;
  sort: CandidateSort;
}

/** The matching rows, sorted. Rows without the sort value come last; equal rows keep their order. */
export function viewCandidates(
  rows: readonly CandidateRow[],
  view: CandidateView,
  cutoff: number | null,
): CandidateRow[] {
  const needle = view.text.trim().toLowerCase();
  const found = rows.filter(
    (row) =>
      (view.outcome === null || row.outcome === view.outcome) &&
      (needle === '' ||
        row.id.toLowerCase().includes(needle) ||
        row.reason.toLowerCase().includes(needle)),
  );
  switch (view.sort) {
    case 'score':
      return sortBy(found, (row) => (row.score === null ? null : -row.score));
    case 'rank':
      return sortBy(found, (row) => row.rank);
    case 'cutoff':
      return sortBy(found, (row) =>
        row.score === null || cutoff === null ? null : Math.abs(row.score - cutoff),
      );
    case 'id':
      return found.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    default:
      return found;
  }
}

function sortBy(
  rows: readonly CandidateRow[],
  key: (row: CandidateRow) => number | null,
): CandidateRow[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
    return x - y;
  });
}

/** Counts by name with their shares, greatest first. The shares are 0 if the sum is 0. */
export function sharesOf(
  counts: Record<string, number>,
): { name: string; count: number; share: number }[] {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return entries
    .map(([name, count]) => ({ name, count, share: total > 0 ? count / total : 0 }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
