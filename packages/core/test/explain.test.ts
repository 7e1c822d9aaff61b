import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  explain,
  explanationSchema,
  explanationText,
  snapshotSchema,
  type Explanation,
  type Json,
  type Rule,
  type Snapshot,
} from '../src/index.js';
import { fullSnapshot, minimalSnapshot } from './full-snapshot.js';
import { anySnapshot } from './snapshots.js';

const minScore = {
  id: 'min_score',
  result: 'fail',
  field: 'score',
  op: '>=',
  actual: 612,
  threshold: 660,
} satisfies Rule;
const maxDti = {
  id: 'max_dti',
  result: 'fail',
  op: '<=',
  actual: 0.47,
  threshold: 0.43,
} satisfies Rule;
const minIncome = {
  id: 'min_income',
  result: 'pass',
  op: '>=',
  actual: 5200,
  threshold: 3000,
} satisfies Rule;

/** A loan that was declined because its rules failed. `changes` overrides the rest. */
function declined(rules: Rule[], changes: Partial<Snapshot> = {}): Snapshot {
  return {
    ...minimalSnapshot,
    decision: {
      outcome: 'declined',
      adverse: true,
      reasons: rules
        .filter(({ result }) => result === 'fail')
        .map(({ id }) => ({ code: id.toUpperCase(), ruleId: id })),
    },
    steps: [{ name: 'fetch' }, { name: 'rules', kind: 'rules', rules }],
    ...changes,
  };
}

function at(snapshot: Snapshot, pointer: string): Json {
  let value: unknown = snapshot;
  for (const part of pointer.split('/').slice(1)) {
    value = (value as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value as Json;
}

function rulesNamed({ reasons, unnamedFailures, nearMiss, candidates }: Explanation) {
  return [
    ...reasons
      .flatMap(({ evidence }) => evidence)
      .flatMap((item) => (item.kind === 'rule' ? [item] : [])),
    ...unnamedFailures,
    ...nearMiss.changes,
    ...candidates.flatMap(({ rules }) => rules),
    ...candidates.flatMap((account) => account.nearMisses.flatMap(({ change }) => change ?? [])),
  ];
}

describe('explanation of any record', { timeout: 60_000 }, () => {
  test('is valid for every valid snapshot', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        expect(snapshotSchema.safeParse(snapshot).success).toBe(true);
        const explanation = explain(snapshot);
        expect(explanationSchema.parse(explanation)).toEqual(explanation);
      }),
      { numRuns: 500 },
    );
  });

  test('names only rules that the record has evaluated, with their recorded values', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        for (const named of rulesNamed(explain(snapshot))) {
          const recorded = at(snapshot, named.path) as Rule;
          expect(recorded.id).toBe(named.rule);
          expect(recorded.actual).toEqual(named.actual);
          expect('threshold' in named ? named.threshold : recorded.threshold).toEqual(
            recorded.threshold,
          );
          expect(snapshot.steps[named.step.index]?.name).toBe(named.step.name);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('calls a reason evidenced only with evidence from the record', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const { reasons } = explain(snapshot);
        expect(
          reasons.filter(
            (reason) => reason.support === 'evidenced' && reason.evidence.length === 0,
          ),
        ).toEqual([]);
        const factors = reasons.flatMap(({ evidence }) =>
          evidence.filter(({ kind }) => kind === 'factor'),
        );
        for (const factor of factors)
          expect(factor).toMatchObject({ value: at(snapshot, factor.path) });
      }),
      { numRuns: 500 },
    );
  });

  test('contains only numbers from the record in its text', () => {
    const numbers = (text: string): string[] => text.match(/-?\d+(\.\d+)?(e[+-]?\d+)?/g) ?? [];
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        // Places of steps in the record and lengths of its lists are also allowed.
        const places = [...Array(10).keys()].map(String);
        const held = new Set([...numbers(JSON.stringify(snapshot)), ...places]);
        const text = explanationText(explain(snapshot));
        // A long value may be cut inside a number.
        for (const found of numbers(text.replaceAll(/\S*…/g, ''))) expect(held).toContain(found);
      }),
      { numRuns: 500 },
    );
  });

  test('has a text that is safe to print, whatever names the record has', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        expect(explanationText(explain(snapshot)).replaceAll('\n', '')).not.toMatch(
          /[\p{Cc}\u202E]/u,
        );
      }),
    );
  });
});

describe('explanation of rules', () => {
  const counts = { evaluated: 3, passed: 1, failed: 2, skipped: 0, error: 0, decisive: 1 };
  const chosen = { in: 2, out: 1, byOutcome: { selected: 1, rejected: 1 }, items: [] };
  const silent = { outcome: 'declined', adverse: true };

  const hasPassed = ({ result, counts: of }: Rule): boolean =>
    result === 'pass' || (!result && (of?.passed ?? 0) > 0 && of?.failed === 0);

  test('mentions every rule that did not pass', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const explanation = explain(snapshot);
        const mentioned = new Set([
          ...rulesNamed(explanation).map(({ rule, step }) => `${step.index} ${rule}`),
          ...explanation.setAside.flatMap(({ rules, step }) =>
            rules.map((rule) => `${step.index} ${rule}`),
          ),
          ...explanation.reasons.flatMap(({ evidence, moreEvidence }) =>
            moreEvidence > 0
              ? evidence.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []))
              : [],
          ),
        ]);
        const missing = snapshot.steps.flatMap(({ rules }, index) =>
          (rules ?? []).filter(
            (rule) =>
              !hasPassed(rule) && !mentioned.has(`${index} ${rule.id}`) && !mentioned.has(rule.id),
          ),
        );
        expect(missing).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('uses a result that a rule has beside counts', () => {
    for (const rule of [
      { ...minScore, counts },
      { ...minScore, result: undefined, counts },
    ]) {
      const explanation = explain(declined([rule], { decision: silent }));
      expect(explanation.unnamedFailures).toMatchObject([
        { rule: 'min_score', result: 'fail', of: 'decision', counts, decisive: true },
      ]);
      expect(explanation.nearMiss).toMatchObject({
        unknown: null,
        changes: [{ rule: 'min_score', needs: { op: '>=', value: 660 } }],
      });
      expect(explanationText(explanation)).toContain(
        'Rule min_score in step 1 (rules) failed (2 of 3 times): score was 612',
      );
    }
  });

  test('counts a rule with a single value for the decision, even in a step with candidates', () => {
    const steps = [{ name: 'offers', rules: [{ ...minScore, counts }], candidates: chosen }];
    const explanation = explain(declined([], { decision: silent, steps }));
    expect(explanation.unnamedFailures).toMatchObject([{ rule: 'min_score', decisive: true }]);
  });

  test('lists rules that were evaluated for candidates with them, as evidence of their reason', () => {
    const price = { id: 'price', op: '<=', threshold: 60, unit: 'EUR', counts };
    const explanation = explain(
      declined([], {
        decision: { ...silent, reasons: [{ code: 'TOO_DEAR', ruleId: 'price' }] },
        steps: [{ name: 'filters', rules: [price, { id: 'stock' }], candidates: chosen }],
      }),
    );
    expect(explanation.reasons).toMatchObject([{ support: 'evidenced', evidence: [{ counts }] }]);
    expect(explanation.candidates[0]?.rules).toMatchObject([
      { rule: 'price', of: 'candidates', counts },
      { rule: 'stock', of: 'candidates', counts: null },
    ]);
    expect(explanation.nearMiss.unknown).toBe('candidates_only');
    const text = explanationText(explanation);
    expect(text).toContain(
      'Rule price in step 0 (filters) failed for 2 of 3 candidates: at most 60 EUR was required; it decided 1 candidate.',
    );
    expect(text).toContain('Rule stock in step 0 (filters) checked the candidates.');
  });

  test('names the rules that it does not use, with the cause', () => {
    const explanation = explain(
      declined([], {
        decision: silent,
        steps: [
          { name: 'early', status: 'skipped', rules: [minScore] },
          { name: 'score', attempt: 1, rules: [minIncome] },
          { name: 'score', attempt: 2, rules: [{ id: 'fraud', result: 'error' }] },
          {
            name: 'last',
            rules: [
              { id: 'age', result: 'skip' },
              { id: 'points', points: 3 },
            ],
          },
        ],
      }),
    );
    expect(explanation.setAside).toMatchObject([
      { step: { name: 'early' }, why: 'step_skipped', rules: ['min_score'] },
      { step: { sequence: 1 }, why: 'attempt_replaced', rules: ['min_income'] },
      { step: { sequence: 2 }, why: 'rule_broke', rules: ['fraud'] },
      { step: { name: 'last' }, why: 'rule_skipped', rules: ['age'] },
      { step: { name: 'last' }, why: 'no_result', rules: ['points'] },
    ]);
    const text = explanationText(explanation);
    expect(text).toContain('min_score in step 0 (early): the step was skipped.');
    expect(text).toContain('fraud in step 2 (score): ended in an error.');
  });

  test('uses every round of a loop, and the last attempt of each round', () => {
    const attempts = [1, 2, 1, 1, 2];
    const steps = attempts.map((attempt, place) => ({
      name: 'bureau',
      attempt,
      rules: [{ ...minScore, id: `r${place}` }],
    }));
    const { unnamedFailures, setAside } = explain(declined([], { decision: silent, steps }));
    expect(unnamedFailures.map(({ rule }) => rule)).toEqual(['r1', 'r2', 'r4']);
    expect(setAside.flatMap(({ rules }) => rules)).toEqual(['r0', 'r3']);
  });

  test('counts everything that a bounded list omits', () => {
    const many = Array.from({ length: 30 }, (_, place) => `x${place}`);
    const explanation = explain(
      declined(
        many.map((_, place) => ({ ...minScore, actual: place })),
        {
          decision: { outcome: 'declined', adverse: true, reasons: [{ code: 'min_score' }] },
          steps: [
            { name: 'rules', rules: many.map((_, place) => ({ ...minScore, actual: place })) },
            {
              name: 'rank',
              rules: many.map((id) => ({ id })),
              candidates: {
                in: 60,
                out: 30,
                byOutcome: { selected: 30, rejected: 30 },
                byReason: Object.fromEntries(many.map((id) => [id, 1])),
                items: many.map((id) => ({ id, outcome: 'selected' as const })),
              },
            },
          ],
        },
      ),
    );
    expect(explanation.reasons).toMatchObject([{ moreEvidence: 25 }]);
    expect(explanation.reasons[0]?.evidence[0]).toMatchObject({ decisive: true });
    expect(explanation.candidates).toMatchObject([
      { moreReasons: 10, moreRules: 10, moreSelected: 20 },
    ]);
    const text = explanationText(explanation);
    expect(text).toContain('25 more pieces of evidence are not listed.');
    expect(text).toMatch(/Rejected because of: .* and 10 more\./);
    expect(text).toMatch(/Selected: .* and 20 more\./);
  });
});

describe('explanation of reasons', () => {
  test('supports a reason by the rule that this execution evaluated', () => {
    const [reason] = explain(declined([minScore])).reasons;
    expect(reason).toMatchObject({
      code: 'MIN_SCORE',
      support: 'evidenced',
      evidence: [
        {
          kind: 'rule',
          step: { index: 1, sequence: 1, name: 'rules' },
          path: '/steps/1/rules/0',
          actual: 612,
          threshold: 660,
          op: '>=',
          decisive: true,
          agrees: true,
        },
      ],
    });
  });

  test('only states a reason without a rule or factor, and the text names no rule for it', () => {
    const explanation = explain(
      declined([minIncome], {
        decision: { outcome: 'declined', reasons: [{ code: 'FRAUD', ruleId: 'secret_list' }] },
      }),
    );
    expect(explanation.reasons).toMatchObject([{ code: 'FRAUD', support: 'stated', evidence: [] }]);
    const text = explanationText(explanation);
    expect(text).toContain('Stated, but nothing in the record supports it');
    expect(text).not.toContain('secret_list');
  });

  test('does not support a reason by a skipped rule', () => {
    const [reason] = explain(
      declined([{ ...minScore, result: 'skip' }], {
        decision: { outcome: 'declined', reasons: [{ code: 'LOW', ruleId: 'min_score' }] },
      }),
    ).reasons;
    expect(reason).toMatchObject({ support: 'stated', evidence: [{ result: 'skip' }] });
  });

  test("contradicts a reason if its rule passed, or the rule's values do not fail", () => {
    const because = {
      outcome: 'declined',
      adverse: true,
      reasons: [{ code: 'X', ruleId: 'min_score' }],
    };
    for (const rule of [
      { ...minScore, result: 'pass', actual: 700 },
      { ...minScore, actual: 700 },
    ] as Rule[]) {
      const explanation = explain(declined([rule], { decision: because }));
      expect(explanation.reasons).toMatchObject([{ support: 'contradicted' }]);
      expect(explanationText(explanation)).toContain('the record contradicts it');
    }
  });

  test('supports a reason by a recorded value of its factor', () => {
    const explanation = explain({
      ...minimalSnapshot,
      decision: { outcome: 'declined', reasons: [{ code: 'LOW', factor: 'score' }] },
    });
    expect(explanation.reasons[0]).toMatchObject({
      support: 'evidenced',
      evidence: [{ kind: 'factor', path: '/steps/0/output/score', value: 750 }],
    });
  });

  test('uses the last attempt for a reason', () => {
    const attempts = [minScore, { ...minScore, actual: 580 }].map((rule, index) => ({
      name: 'rules',
      attempt: index + 1,
      rules: [rule],
    }));
    const [reason] = explain(declined([minScore], { steps: attempts })).reasons;
    expect(reason?.evidence).toMatchObject([{ actual: 580 }]);
  });
});

describe('near misses', () => {
  test('give the value at which the only failed rule passes', () => {
    const { nearMiss } = explain(declined([minScore, minIncome]));
    expect(nearMiss).toMatchObject({
      unknown: null,
      need: 'any',
      changes: [
        {
          rule: 'min_score',
          actual: 612,
          needs: { op: '>=', value: 660 },
          margin: 48,
          flipsTo: 'pass',
        },
      ],
    });
  });

  test('require all of several failed rules together', () => {
    const explanation = explain(declined([minScore, maxDti]));
    expect(explanation.nearMiss).toMatchObject({
      need: 'all',
      changes: [{ rule: 'min_score' }, { rule: 'max_dti', margin: 0.04 }],
    });
    expect(explanationText(explanation)).toContain('all of these together');
  });

  test('of an approval are the rejecting rules that passed, the nearest first', () => {
    const near = { ...minScore, id: 'near', result: 'pass', actual: 661 } satisfies Rule;
    const { nearMiss } = explain(
      declined([minIncome, near], { decision: { outcome: 'approved', adverse: false } }),
    );
    expect(nearMiss.changes).toMatchObject([
      { rule: 'near', needs: { op: '<', value: 660 }, flipsTo: 'fail' },
      { rule: 'min_income' },
    ]);
  });

  test('name rules that were never evaluated', () => {
    const skipped = { id: 'employment', result: 'skip' } satisfies Rule;
    expect(explain(declined([minScore, skipped])).nearMiss.unevaluated).toMatchObject([
      { rule: 'employment' },
    ]);
  });

  test('give no value if the record does not say how values are compared', () => {
    const { op: _op, ...silent } = minScore;
    const explanation = explain(declined([silent]));
    expect(explanation.nearMiss.changes).toMatchObject([
      { rule: 'min_score', needs: null, margin: null },
    ]);
    expect(explanationText(explanation)).toContain('does not say which value');
  });

  const other = { outcome: 'declined', adverse: true, reasons: [{ code: 'FRAUD' }] };
  test.each([
    ['no_decision', declined([minScore], { decision: null })],
    ['not_finished', declined([minScore], { status: 'running' })],
    ['human', declined([minScore], { decision: { ...other, humanInvolvement: 'final' } })],
    ['no_rules', declined([], { decision: other })],
    ['other_reasons', declined([minScore], { decision: other })],
    ['not_linked', declined([minScore], { decision: { outcome: 'approved', adverse: false } })],
    ['contradictory', declined([{ ...minScore, actual: 700 }])],
    ['incomplete', declined([minScore], { dropped: { steps: 3 } })],
    [
      'incomplete',
      declined([minScore], { marks: [{ path: '/steps/1/rules', kind: 'truncated' }] }),
    ],
  ] as const)('are not claimed: %s', (unknown, snapshot) => {
    expect(explain(snapshot).nearMiss).toMatchObject({ unknown, changes: [] });
  });

  test('of candidates have the margin to the cutoff, the nearest kept rival and the only failed rule', () => {
    const [account] = explain({
      ...minimalSnapshot,
      steps: [
        {
          name: 'rank',
          rules: [{ id: 'price', op: '<=', threshold: 60, unit: 'EUR' }],
          candidates: {
            in: 4,
            out: 2,
            byOutcome: { selected: 2, rejected: 2 },
            cutoff: 0.68,
            items: [
              {
                id: 'near',
                outcome: 'rejected',
                rules: [{ id: 'price', result: 'fail', actual: 61 }],
              },
            ],
            ledger: {
              ids: ['best', 'last', 'near', 'far'],
              outcomes: 'ssrr',
              reasons: ['PRICE_HIGH', 'BELOW_CUTOFF'],
              reasonIx: [-1, -1, 0, 1],
              scores: [0.9, 0.68, 0.71, 0.6],
            },
          },
        },
      ],
    }).candidates;
    expect(account?.nearMisses).toEqual([
      expect.objectContaining({
        id: 'near',
        reason: 'PRICE_HIGH',
        cutoffMargin: 0.03,
        rival: { id: 'last', score: 0.68, margin: 0.03 },
        change: expect.objectContaining({
          rule: 'price',
          actual: 61,
          needs: { op: '<=', value: 60 },
          margin: 1,
        }),
      }),
      expect.objectContaining({ id: 'far', cutoffMargin: -0.08, change: null }),
    ]);
  });
});

describe('explanation text', () => {
  test('reads as an account for the person whom the decision is about', () => {
    const text = explanationText(explain(declined([minScore, minIncome])));
    expect(text).toContain('loan-approval: the decision was declined.');
    expect(text).toContain(
      'Rule min_score in step 1 (rules) failed: score was 612, at least 660 was required; it decided.',
    );
    expect(text).toContain(
      'rule min_score in step 1 (rules) passing: score at least 660, instead of 612.',
    );
  });

  test('says which versions were in force, who took part and what limits the explanation', () => {
    const text = explanationText(explain(fullSnapshot));
    expect(text).toContain('ruleset r42');
    expect(text).toContain('small-1');
    expect(text).toContain('TimeoutError');
    expect(text).toContain('dropped steps');
    expect(text).toContain('truncated at /steps/0/input');
  });

  test('says that a record without a decision states none', () => {
    expect(explanationText(explain(minimalSnapshot))).toContain('states no decision');
  });
});

describe('first failed step', () => {
  const error = { type: 'TimeoutError', message: 'no answer' };
  const failed = { status: 'failed', error } as const;
  const stepOf = (steps: Snapshot['steps']) =>
    explain({ ...minimalSnapshot, steps, status: 'failed' }).failure?.step.name;

  test('is the innermost of nested steps with the same error', () => {
    expect(
      stepOf([
        { name: 'fetch' },
        { name: 'assess', ...failed },
        { name: 'bureau', parent: 1, ...failed },
        { name: 'call', parent: 2, ...failed },
      ]),
    ).toBe('call');
  });

  test('is the outer step if it failed with another error', () => {
    const other = { ...error, message: 'out of attempts' };
    expect(
      stepOf([
        { name: 'assess', status: 'failed', error: other },
        { name: 'bureau', parent: 0, ...failed },
      ]),
    ).toBe('assess');
  });
});
