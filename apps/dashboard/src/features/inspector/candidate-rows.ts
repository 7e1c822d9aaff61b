import type { Candidate, CandidateOutcome, CandidateSet } from '@xray/core';
import { formatApart } from '@/lib/format';

/** A candidate as the table shows it. */
export interface CandidateRow {
  id: string;
  outcome: string;
  score: number | null;
  rank: number | null;
  /** Code of the deciding reason. */
  reason: string;
  /** What else was kept of it; only its line in the ledger when absent. */
  detail: Candidate | null;
}

const LEDGER_OUTCOMES: Record<string, CandidateOutcome> = {
  s: 'selected',
  k: 'kept',
  r: 'rejected',
  d: 'deferred',
  e: 'error',
};

/** Every candidate that the set knows of: those with detail first, then those only in the ledger. */
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

/** Texts of the scores and of the cutoff, by their value: different ones are told apart. */
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

/** Rows that fit, in order; those without what is sorted by come last, equal ones as they were. */
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

/** Counts by name, greatest first, with their share of the whole; shares of nothing are 0. */
export function sharesOf(
  counts: Record<string, number>,
): { name: string; count: number; share: number }[] {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return entries
    .map(([name, count]) => ({ name, count, share: total > 0 ? count / total : 0 }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
