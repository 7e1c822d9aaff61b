import { describe, expect, test } from 'vitest';
import { rollUpRules, type Decision, type Rule, type Snapshot } from '../src/index.js';
import { minimalSnapshot } from './full-snapshot.js';

const failed = (id: string, more: Partial<Rule> = {}): Rule => ({ id, result: 'fail', ...more });

function loan(rules: Rule[], decision?: Decision): Snapshot {
  return { ...minimalSnapshot, ...(decision && { decision }), steps: [{ name: 'rules', rules }] };
}

describe('roll-up of rules', () => {
  test('lists each failed rule once, without those that passed, were skipped or had an error', () => {
    const rules: Rule[] = [
      failed('dti'),
      failed('dti'),
      { id: 'income', result: 'pass' },
      { id: 'age', result: 'skip' },
      { id: 'fraud', result: 'error' },
    ];
    expect(rollUpRules(loan(rules))).toEqual({ failed: ['dti'], decisive: [] });
  });

  test('leaves out the rules of skipped steps', () => {
    const skipped: Snapshot = {
      ...minimalSnapshot,
      steps: [{ name: 'rules', status: 'skipped', rules: [failed('dti')] }],
    };
    expect(rollUpRules(skipped).failed).toEqual([]);
  });

  test('prefers decidedBy for the deciding rule', () => {
    const decision: Decision = {
      outcome: 'declined',
      adverse: true,
      reasons: [{ code: 'DTI_HIGH', ruleId: 'dti' }],
      decidedBy: { type: 'rule', id: 'income' },
    };
    expect(rollUpRules(loan([failed('dti')], decision)).decisive).toEqual(['income']);
    const byHuman: Decision = { ...decision, decidedBy: { type: 'human', id: 'ana' } };
    expect(rollUpRules(loan([failed('dti')], byHuman)).decisive).toEqual([]);
  });

  test('otherwise uses the failed rules that the reasons name by rule or code', () => {
    const decision: Decision = {
      outcome: 'declined',
      reasons: [{ code: 'DTI_HIGH', ruleId: 'dti' }, { code: 'score' }, { code: 'POLICY' }],
    };
    const { decisive } = rollUpRules(loan([failed('score'), failed('dti')], decision));
    expect(decisive).toEqual(['dti', 'score']);
  });

  test('otherwise uses the first failed rejecting rule, for adverse decisions only', () => {
    const rules = [failed('late', { effect: 'flag' }), failed('score'), failed('dti')];
    const adverse: Decision = { outcome: 'declined', adverse: true };
    expect(rollUpRules(loan(rules, adverse)).decisive).toEqual(['score']);
    expect(rollUpRules(loan(rules, { outcome: 'approved' })).decisive).toEqual([]);
  });

  test('uses a result beside counts, like the explanation', () => {
    const counts = { evaluated: 1, passed: 0, failed: 0, skipped: 0, error: 0, decisive: 0 };
    const adverse: Decision = { outcome: 'declined', adverse: true };
    expect(rollUpRules(loan([failed('score', { counts })], adverse))).toEqual({
      failed: ['score'],
      decisive: ['score'],
    });
  });

  test('ignores replaced attempts for the deciding rule', () => {
    const steps = ['early', 'late'].map((id, place) => ({
      name: 'rules',
      attempt: place + 1,
      rules: [failed(id)],
    }));
    const decision: Decision = { outcome: 'declined', adverse: true };
    expect(rollUpRules({ ...minimalSnapshot, decision, steps })).toEqual({
      failed: ['early', 'late'],
      decisive: ['late'],
    });
  });

  test('counts rules of candidates by their effect on candidates', () => {
    const counts = { evaluated: 9, passed: 5, failed: 4, skipped: 0, error: 0, decisive: 0 };
    const rules: Rule[] = [
      { id: 'price', counts: { ...counts, decisive: 3 } },
      { id: 'stock', counts },
      { id: 'brand', counts: { ...counts, failed: 0 } },
    ];
    expect(rollUpRules(loan(rules))).toEqual({ failed: ['price', 'stock'], decisive: ['price'] });
  });
});
