import { describe, expect, test } from 'vitest';
import {
  readThresholdChange,
  simulate,
  simulatedRunOf,
  simulateEach,
  simulationSchema,
  type Snapshot,
} from '../src/index.js';
import {
  applicants,
  CHANGES,
  decide,
  PROGRAMS,
  RECORDED,
  type Applicant,
} from './simulated-programs.js';

/** `npm run test:full` repeats this with other people, and more of them. */
const SEEDS = process.env['XRAY_TEST_FULL'] ? [11, 12, 13, 14, 15, 16] : [11];
const COUNT = process.env['XRAY_TEST_FULL'] ? 2_000 : 800;
const HOSTILE = new Set(['refers narrow passes', 'lets margins compensate']);

/** What the record says of a change, and what the program really decides with it. */
function compare(
  name: string,
  changed: object,
  people: readonly Applicant[],
  { isDeclared = false } = {},
) {
  const program = PROGRAMS[name];
  if (program === undefined) throw new Error(`no program ${name}`);
  const changes = Object.entries(changed).map(([rule, threshold]) => ({ rule, threshold }));
  const runs = people.map((person, index) =>
    simulatedRunOf(
      decide(program, person, RECORDED, { executionId: `e${String(index)}`, isDeclared }),
      changes,
    ),
  );
  const verdicts = simulateEach(runs);
  const tally = { flips: 0, certain: 0, wrong: 0, escaped: 0, escapedRuleAlone: 0, same: 0 };
  for (const [index, person] of people.entries()) {
    const was = runs[index]?.outcome;
    const is = decide(program, person, { ...RECORDED, ...changed }).decision?.outcome ?? null;
    const verdict = verdicts[index];
    if (verdict === undefined) throw new Error('no verdict');
    if (verdict.kind === 'same') tally.same += 1;
    if (verdict.kind === 'certain') {
      tally.certain += 1;
      if (is === was || !verdict.to.includes(is)) tally.wrong += 1;
    }
    if (is === was) continue;
    tally.flips += 1;
    if (verdict.kind === 'same') tally.escaped += 1;
    if (verdict.kind === 'same' || (verdict.kind === 'open' && verdict.byRuleAlone)) {
      tally.escapedRuleAlone += 1;
    }
  }
  const sum = simulate(runs, changes);
  expect(sum.flips.certain).toBe(tally.certain);
  expect(sum.flips.atMost + tally.same).toBe(people.length);
  return { tally, sum };
}

describe.each(Object.keys(PROGRAMS))('a program that %s', (name) => {
  test.each(SEEDS)('flips as a simulation says in 15 changes, with seed %i', (seed) => {
    const people = applicants(COUNT, seed);
    const total = { flips: 0, certain: 0, wrong: 0, escaped: 0, escapedRuleAlone: 0 };
    for (const changed of CHANGES) {
      const { tally } = compare(name, changed, people);
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += tally[key];
    }
    expect(total.wrong).toBe(0);
    expect(total.flips).toBeGreaterThan(COUNT / 4);
    expect(total.certain).toBeGreaterThan(total.flips / 8);
    if (HOSTILE.has(name)) return;
    // The result of a rule decides: no flip is beyond the bounds.
    expect(total).toMatchObject({ escaped: 0, escapedRuleAlone: 0 });
  });
});

test('a declared program is computed exactly', () => {
  const people = applicants(COUNT, 11);
  for (const changed of CHANGES) {
    const { tally, sum } = compare('refers nothing', changed, people, { isDeclared: true });
    expect(sum.basis).toBe('declared');
    expect(tally).toMatchObject({ certain: tally.flips, wrong: 0, escaped: 0 });
    expect(sum.flips).toEqual({
      certain: tally.flips,
      atMostIfRuleAlone: tally.flips,
      atMost: tally.flips,
    });
  }
});

/** A decision of a loan with rules `a` and `b`; both have values of 5 and thresholds of 4. */
function record(fields: Partial<Snapshot> = {}, rule: object = {}): Snapshot {
  const passed = { actual: 5, op: '>=', threshold: 4, result: 'pass' } as const;
  return {
    executionId: 'e',
    appId: 'app',
    pipeline: 'loan',
    decision: { outcome: 'approved', adverse: false },
    steps: [{ name: 'rules', rules: [{ id: 'a', ...passed, ...rule }] }],
    ...fields,
  };
}

const TO_6 = [{ rule: 'a', threshold: 6 }];
const human = { outcome: 'approved', humanInvolvement: 'final' } as const;

test.each([
  ['a person decided', record({ decision: human }), 'human'],
  ['there is no decision', record({ decision: null }), 'no_decision'],
  ['the execution runs', record({ status: 'running' }), 'not_finished'],
  ['steps were left out', record({ dropped: { steps: 2 } }), 'incomplete'],
  ['the rule contradicts its values', record({}, { result: 'fail' }), 'not_computable'],
  ['the operator is unknown', record({}, { op: 'near' }), 'not_computable'],
  ['the results were seldom seen', record(), 'turns'],
  ['another rule stopped before it', record({ steps: [] }), 'not_reached'],
  ['the rule passes as before, but was seldom seen', record({}, { actual: 9 }), 'stays_pass'],
])('leaves a decision open if %s', (_, snapshot, cause) => {
  const runs = [simulatedRunOf(snapshot, TO_6)];
  const { flips, open, examples } = simulate(runs, TO_6);
  expect(open).toEqual({ [cause]: 1 });
  expect(flips).toEqual({
    certain: 0,
    atMostIfRuleAlone: cause === 'stays_pass' ? 0 : 1,
    atMost: 1,
  });
  expect(examples).toMatchObject([{ executionId: 'e', verdict: 'open', open: cause }]);
});

describe('a filter of candidates', () => {
  const product = (id: string, rating: number, outcome: 'kept' | 'rejected', score?: number) => ({
    id,
    outcome,
    ...(score !== undefined && { score }),
    rules: [
      { id: 'in_stock', result: 'pass' as const, actual: 3 },
      { id: 'rating', result: rating >= 4 ? ('pass' as const) : ('fail' as const), actual: rating },
    ],
  });
  const selection = (rejectedScore?: number): Snapshot => ({
    executionId: 's',
    appId: 'shop',
    pipeline: 'select',
    decision: { outcome: 'selected' },
    steps: [
      {
        name: 'filters',
        kind: 'filter',
        rules: [
          { id: 'in_stock', op: '>=', threshold: 1 },
          { id: 'rating', op: '>=', threshold: 4 },
        ],
        candidates: {
          in: 3,
          out: 2,
          byOutcome: { kept: 2, rejected: 1 },
          items: [
            product('good', 4.2, 'kept'),
            product('best', 4.8, 'kept'),
            product('poor', 3.5, 'rejected', rejectedScore),
          ],
        },
      },
      {
        name: 'rank',
        kind: 'rank',
        candidates: {
          in: 2,
          out: 1,
          byOutcome: { selected: 1, rejected: 1 },
          items: [
            { id: 'good', outcome: 'selected', score: 0.9, rank: 1 },
            { id: 'best', outcome: 'rejected', score: 0.7, rank: 2 },
          ],
        },
      },
    ],
  });
  const change = (threshold: number) => [{ rule: 'rating', threshold }];
  const verdictOf = (snapshot: Snapshot, threshold: number) =>
    simulateEach([simulatedRunOf(snapshot, change(threshold))])[0];

  test('says exactly who follows if the first one no longer fits', () => {
    expect(verdictOf(selection(), 4.5)).toEqual({
      kind: 'certain',
      to: ['selected'],
      choice: true,
    });
    expect(verdictOf(selection(), 4.1)).toEqual({ kind: 'same' });
  });

  test('leaves open what becomes of a decision without candidates', () => {
    expect(verdictOf(selection(), 4.9)).toMatchObject({ kind: 'open', cause: 'nothing_left' });
  });

  test('leaves a newcomer open, unless the filter recorded its score', () => {
    expect(verdictOf(selection(), 3.7)).toEqual({ kind: 'same' });
    expect(verdictOf(selection(), 3)).toMatchObject({ cause: 'newcomers_without_score' });
    expect(verdictOf(selection(0.5), 3)).toEqual({ kind: 'same' });
    expect(verdictOf(selection(0.95), 3)).toMatchObject({ kind: 'certain', choice: true });
  });

  test('needs the detail of each kept candidate', () => {
    const cut = selection();
    cut.steps[0]?.candidates?.items.splice(1, 1);
    expect(verdictOf(cut, 4.5)).toMatchObject({ cause: 'candidates_without_detail' });
  });
});

test.each([
  ['min_score:640', { rule: 'min_score', threshold: 640 }],
  ['ns:rule:0.5', { rule: 'ns:rule', threshold: 0.5 }],
  ['country:["de","a:b"]', { rule: 'country', threshold: ['de', 'a:b'] }],
  ['tier:gold', { rule: 'tier', threshold: 'gold' }],
  ['min_score', undefined],
  [':5', undefined],
  ['min_score:', undefined],
])('reads the change %s', (text, change) => {
  expect(readThresholdChange(text)).toEqual(change);
});

test('the answer fits its schema', () => {
  const runs = [simulatedRunOf(record(), TO_6)];
  const answer = { range: { from: '', to: '' }, executions: 1, ...simulate(runs, TO_6) };
  expect(simulationSchema.parse(answer)).toEqual(answer);
  expect(answer.rules).toEqual([{ rule: 'a', threshold: 6, was: [4], evaluated: 1, turns: 1 }]);
});
