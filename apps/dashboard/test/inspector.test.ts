import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  candidateRows,
  sharesOf,
  textsOfScores,
  viewCandidates,
} from '@/features/inspector/candidate-rows';

const set = {
  in: 4,
  out: 1,
  byOutcome: { selected: 1, rejected: 3 },
  cutoff: 0.5,
  items: [{ id: 'a', outcome: 'selected' as const, score: 0.9, rank: 1 }],
  ledger: {
    ids: ['a', 'b', 'c', 'd'],
    outcomes: 'srrx',
    reasons: ['PRICE'],
    reasonIx: [-1, 0, -1, 7],
    scores: [0.9, 0.45, null, 0.1],
  },
};

describe('candidates', () => {
  it('lists each once, with its reason and score from the ledger if there is no detail', () => {
    expect(
      candidateRows(set).map(({ id, outcome, score, reason }) => [id, outcome, score, reason]),
    ).toEqual([
      ['a', 'selected', 0.9, ''],
      ['b', 'rejected', 0.45, 'PRICE'],
      ['c', 'rejected', null, ''],
      ['d', 'unknown', 0.1, ''],
    ]);
  });

  it('puts the nearest to the cutoff first, and candidates without a score last', () => {
    const rows = viewCandidates(
      candidateRows(set),
      { text: '', outcome: null, sort: 'cutoff' },
      0.5,
    );
    expect(rows.map((row) => row.id)).toEqual(['b', 'a', 'd', 'c']);
  });

  it('writes different scores and the cutoff differently', () => {
    const rows = [{ score: 0.59996 }, { score: 0.6 }, { score: null }, { score: 0.2 }];
    expect([...textsOfScores(rows, 0.60001)]).toEqual([
      [0.59996, '0.59996'],
      [0.6, '0.6'],
      [0.2, '0.2'],
      [0.60001, '0.60001'],
    ]);
  });

  it('finds by id and by reason', () => {
    const rows = candidateRows(set);
    expect(viewCandidates(rows, { text: 'pri', outcome: null, sort: 'given' }, null)).toHaveLength(
      1,
    );
    expect(viewCandidates(rows, { text: '', outcome: 'rejected', sort: 'id' }, null)).toHaveLength(
      2,
    );
  });

  it('has shares that sum to one, or no shares', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.nat()), (counts) => {
        const shares = sharesOf(counts);
        const sum = shares.reduce((total, each) => total + each.share, 0);
        expect(shares.length === 0 ? 1 : sum).toBeCloseTo(1);
      }),
    );
  });
});
