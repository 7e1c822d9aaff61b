import { describe, expect, test } from 'vitest';
import { appearancesOf, type Candidate, type Snapshot } from '../src/index.js';
import { minimalSnapshot } from './full-snapshot.js';

const SIZE = 5_000;
const CUTOFF = 0.62;
const REASONS = ['PRICE_HIGH', 'TOO_FAR', 'SCORE_LOW'];

interface Fate {
  id: string;
  outcome: 'selected' | 'kept' | 'rejected';
  reason: number;
  score: number;
}

/** Decides about the nth candidate without a simple pattern. Scores from the cutoff on are kept. */
function fateOf(n: number): Fate {
  const score = ((n * 7_919) % 100_003) / 100_003;
  const isKept = score >= CUTOFF;
  return {
    id: `offer/${n}`,
    outcome: score > 0.99 ? 'selected' : isKept ? 'kept' : 'rejected',
    reason: isKept ? -1 : n % REASONS.length,
    score,
  };
}

const fates = Array.from({ length: SIZE }, (_, n) => fateOf(n));
const isKept = ({ outcome }: Fate): boolean => outcome !== 'rejected';
const hasDetail = (n: number): boolean => n % 250 === 0;

function detailOf({ id, outcome, reason, score }: Fate, n: number): Candidate {
  return {
    id,
    outcome,
    score,
    rank: n,
    reasons: reason < 0 ? [] : [{ code: REASONS[reason] ?? '', ruleId: 'max_km' }],
    rules: [
      { id: 'max_km', result: isKept({ id, outcome, reason, score }) ? 'pass' : 'fail', actual: n },
    ],
  };
}

const chosen: Snapshot = {
  ...minimalSnapshot,
  steps: [
    {
      name: 'filter',
      rules: [{ id: 'max_km', field: 'km', op: '<=', threshold: 30, unit: 'km' }],
      candidates: {
        in: SIZE,
        out: fates.filter(isKept).length,
        byOutcome: {},
        cutoff: CUTOFF,
        items: fates.flatMap((fate, n) => (hasDetail(n) ? [detailOf(fate, n)] : [])),
        ledger: {
          ids: fates.map(({ id }) => id),
          outcomes: fates.map(({ outcome }) => outcome[0]).join(''),
          reasons: REASONS,
          reasonIx: fates.map(({ reason }) => reason),
          scores: fates.map(({ score }) => score),
        },
      },
    },
  ],
};

/** Computes the same answer by looking at every candidate. */
function bruteForce(fate: Fate, n: number): object {
  const { outcome, reason, score } = fate;
  let nearest: { rival: Fate; apart: number } | undefined;
  for (const rival of fates) {
    const apart = Math.abs(rival.score - score);
    if (isKept(rival) && (nearest === undefined || apart < nearest.apart))
      nearest = { rival, apart };
  }
  return {
    outcome,
    reason: reason < 0 ? null : REASONS[reason],
    score,
    rank: hasDetail(n) ? n : null,
    cutoff: CUTOFF,
    margin: Number((score - CUTOFF).toPrecision(12)),
    rival:
      isKept(fate) || nearest === undefined
        ? null
        : {
            id: nearest.rival.id,
            score: nearest.rival.score,
            margin: Number(nearest.apart.toPrecision(12)),
          },
    rule:
      isKept(fate) || !hasDetail(n)
        ? null
        : { rule: 'max_km', field: 'km', op: '<=', actual: n, threshold: 30, unit: 'km' },
    ledgerOnly: !hasDetail(n),
  };
}

describe('appearances of a candidate', () => {
  test(
    'the history of each of 5,000 candidates equals a brute-force search',
    { timeout: 240_000 },
    () => {
      // Each history reads the whole record. Only the full run computes all of them.
      const every = process.env['XRAY_TEST_FULL'] === undefined ? 10 : 1;
      const wrong: object[] = [];
      for (const [n, fate] of fates.entries()) {
        if (n % every !== 0) continue;
        const found = appearancesOf(chosen, fate.id);
        const { step, type, ...appearance } = found[0] ?? { step: null, type: null };
        const expected = bruteForce(fate, n);
        if (
          found.length !== 1 ||
          step?.name !== 'filter' ||
          type !== null ||
          !isSame(appearance, expected)
        ) {
          wrong.push({ appearance, expected });
        }
      }
      expect(wrong.slice(0, 3)).toEqual([]);
    },
  );

  test('includes steps in which only the items name the candidate', () => {
    const items: Candidate[] = [{ id: 'offer/late', outcome: 'kept', score: 0.7 }];
    const late = { name: 'late', candidates: { in: 1, out: 1, byOutcome: {}, items } };
    const found = appearancesOf({ ...chosen, steps: [...chosen.steps, late] }, 'offer/late');
    expect(found).toMatchObject([
      { step: { sequence: 1, name: 'late' }, outcome: 'kept', score: 0.7, ledgerOnly: false },
    ]);
  });

  test('is empty for a candidate that did not occur', () => {
    expect(appearancesOf(chosen, 'offer/5000')).toEqual([]);
    expect(appearancesOf(minimalSnapshot, 'offer/1')).toEqual([]);
  });
});

function isSame(a: object, b: object): boolean {
  const inOrder = (value: object): string =>
    JSON.stringify(
      Object.entries(value)
        .map(([key, value]) => [
          key,
          value && typeof value === 'object' ? inOrder(value as object) : value,
        ])
        .toSorted(([x], [y]) => (String(x) < String(y) ? -1 : 1)),
    );
  return inOrder(a) === inOrder(b);
}
