import { describe, expect, test } from 'vitest';
import {
  changesOf,
  findRuleChanges,
  ruleHistorySchema,
  ruleSettingsOf,
  summarizeRules,
  type ObservedRun,
  type RuleSetting,
} from '../src/index.js';
import { PLANTS, world, type World } from './rule-worlds.js';

/** Only the full run uses all worlds. */
const WORLDS = process.env['XRAY_TEST_FULL'] === '1' ? 200 : 20;
const TIMEOUT_MS = 120_000;

/** Whether the planted change is named with its values and its first time, and no other change is. */
function isNamed({ runs, truth }: World): boolean {
  const found = findRuleChanges(runs);
  const [only] = found;
  if (truth === undefined || only === undefined || found.length > 1) return false;
  const { plant, from, to, at } = truth;
  if (only.at !== at || only.environment !== 'prod') return false;
  if (only.evidence !== (truth.by === 'time' ? 'time' : 'version')) return false;
  if (truth.by !== 'time' && only.versions['ruleset'] !== 'r42') return false;
  if (plant === 'order') {
    const [before, after] = [only.from, only.to].map((order) => JSON.stringify(order));
    return (
      only.field === 'order' &&
      (before ?? '').startsWith('["min_score","max_dti"') &&
      (after ?? '').startsWith('["max_dti","min_score"')
    );
  }
  const field = plant === 'threshold' || plant === 'op' || plant === 'effect' ? plant : 'presence';
  const named = { new: 'max_age', removed: 'residence', step: 'second_opinion' };
  const name = field === 'presence' ? named[plant as keyof typeof named] : 'max_dti';
  return (
    only.field === field &&
    (plant === 'step' ? only.step : only.rule) === name &&
    only.from === from &&
    only.to === to
  );
}

const START = Date.parse('2026-11-23T00:00:00Z');

function run(index: number, rules: RuleSetting[], changes: Partial<ObservedRun> = {}): ObservedRun {
  return {
    at: START + index * 60_000,
    environment: 'prod',
    versions: { ruleset: 'r41' },
    steps: ['rules'],
    blocks: [{ step: 'rules', rules }],
    failed: [],
    decisive: [],
    completed: true,
    ...changes,
  };
}

const limit = (threshold: number): RuleSetting => ({ id: 'max_dti', op: '<=', threshold });
const many = (count: number, make: (index: number) => ObservedRun): ObservedRun[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('changes of rules', () => {
  test.each(PLANTS)(
    'are named with old value, new value and first time, despite noise: %s',
    (plant) => {
      const worlds = Array.from({ length: WORLDS }, (_, seed) => world(seed + 1, plant));
      expect(worlds.filter(isNamed).length).toBeGreaterThanOrEqual(0.99 * WORLDS);
    },
    TIMEOUT_MS,
  );

  test.each(['threshold', 'op', 'effect'] as const)(
    'are named twice if the old version returns: %s',
    (plant) => {
      const named = Array.from({ length: WORLDS }, (_, seed) => {
        const { runs, truth, backFrom } = world(seed + 1, plant, { isRolledBack: true });
        const found = findRuleChanges(runs).map(({ rule, field, from, to, at }) => ({
          change: [rule, field, from, to],
          at,
        }));
        return (
          JSON.stringify(found) ===
          JSON.stringify([
            { change: ['max_dti', plant, truth?.from, truth?.to], at: truth?.at },
            { change: ['max_dti', plant, truth?.to, truth?.from], at: backFrom },
          ])
        );
      });
      expect(named.filter(Boolean).length).toBeGreaterThanOrEqual(0.99 * WORLDS);
    },
    TIMEOUT_MS,
  );

  test(
    'are not named if nothing changed',
    () => {
      const found = Array.from({ length: WORLDS }, (_, seed) =>
        findRuleChanges(world(seed + 1, undefined).runs),
      );
      expect(found.flat()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test('are distinguished from a threshold that depends on the input', () => {
    const runs = many(120, (index) =>
      run(index, [limit(index % 3 === 0 ? 0.43 : 0.36)], {
        versions: { ruleset: index < 60 ? 'r41' : 'r42' },
      }),
    );
    expect(findRuleChanges(runs)).toEqual([]);
    const { rules } = summarizeRules(runs, { scale: 1, changes: [] });
    expect(rules).toMatchObject([{ id: 'max_dti', varies: ['threshold'], changes: [] }]);
    expect(rules[0]?.settings).toHaveLength(2);
  });

  test('are named if one tier of a threshold changes', () => {
    const runs = many(120, (index) =>
      run(index, [limit(index % 2 === 0 ? 0.5 : index < 60 ? 0.43 : 0.36)], {
        versions: { ruleset: index < 60 ? 'r41' : 'r42' },
      }),
    );
    expect(findRuleChanges(runs)).toMatchObject([{ field: 'threshold', from: 0.43, to: 0.36 }]);
  });

  test('that were rolled back count as two changes', () => {
    const runs = many(90, (index) => {
      const isNew = index >= 30 && index < 60;
      return run(index, [limit(isNew ? 0.36 : 0.43)], {
        versions: { ruleset: isNew ? 'r42' : 'r41' },
      });
    });
    expect(findRuleChanges(runs)).toMatchObject([
      { from: 0.43, to: 0.36, at: START + 30 * 60_000, versions: { ruleset: 'r42' } },
      { from: 0.36, to: 0.43, at: START + 60 * 60_000, versions: { ruleset: 'r41' } },
    ]);
  });

  test('have figures before and after them, in their environment', () => {
    const runs = many(60, (index) => {
      const isNew = index >= 20;
      const fails = isNew && index % 2 === 0;
      return run(index, [limit(isNew ? 0.36 : 0.43)], {
        versions: { ruleset: isNew ? 'r42' : 'r41' },
        failed: fails ? ['max_dti'] : [],
        decisive: fails ? ['max_dti'] : [],
      });
    });
    const history = {
      ...summarizeRules(runs, { scale: 10, changes: findRuleChanges(runs) }),
      pipeline: 'loan',
      from: '',
      to: '',
      executions: 600,
      sampled: 60,
    };
    expect(ruleHistorySchema.parse(history)).toEqual(history);
    expect(history.rules[0]).toMatchObject({
      evaluated: 600,
      failed: 200,
      decided: 200,
      varies: [],
    });
    expect(history.rules[0]?.changes).toMatchObject([
      {
        before: { executions: 200, evaluated: 200, failed: 0, decided: 0 },
        after: { executions: 400, evaluated: 400, failed: 200, decided: 200 },
      },
    ]);
    expect(changesOf(history)).toMatchObject([
      { rule: 'max_dti', step: null, at: '2026-11-23T00:20:00.000Z' },
    ]);
  });

  test('do not include rules after the first failure of a step as removed', () => {
    const income: RuleSetting = { id: 'min_income', op: '>=', threshold: 30_000 };
    const runs = many(120, (index) => {
      const stops = index >= 60;
      return run(index, stops ? [limit(0.1)] : [limit(0.1), income], {
        versions: { ruleset: stops ? 'r42' : 'r41' },
        failed: stops ? ['max_dti'] : [],
      });
    });
    expect(findRuleChanges(runs)).toEqual([]);
  });
});

describe('settings of rules', () => {
  const digest = (): string => 'abcdef0123456789';

  test('leave out results, skipped steps and repeats', () => {
    const rule = { id: 'max_dti', op: '<=', threshold: 0.43 };
    const rules = [
      { ...rule, result: 'pass' as const, actual: 0.2 },
      { ...rule, result: 'fail' as const, actual: 0.5 },
    ];
    expect(ruleSettingsOf({ rules }, digest)).toEqual([rule]);
    expect(ruleSettingsOf({ rules, status: 'skipped' }, digest)).toBeNull();
    expect(ruleSettingsOf({ rules: [] }, digest)).toBeNull();
  });

  test('keep the beginning of a long threshold, and distinguish two of them', () => {
    const threshold = Array.from({ length: 500 }, (_, index) => `country-${index}`);
    const [setting] = ruleSettingsOf({ rules: [{ id: 'country', threshold }] }, digest) ?? [];
    expect(setting?.threshold).toMatch(
      /^\["country-0",.*… \(\d+ characters, SHA-256 abcdef012345\)$/,
    );
  });
});
