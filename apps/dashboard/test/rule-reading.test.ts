import type { Json } from '@xray/core';
import { ExactNumber } from '@xray/core/exact-json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnsOf,
  decisiveRules,
  effectText,
  operatorText,
  relationText,
  ruleBar,
  ruleValueText,
  valueTexts,
} from '@/components/rules/rule-reading';

describe('rules', () => {
  it('treats the counted rules as decisive, else the first that failed and rejects', () => {
    const flagged = { id: 'a', result: 'fail' as const, effect: 'flag' };
    const first = { id: 'b', result: 'fail' as const, effect: 'reject' };
    const second = { id: 'c', result: 'fail' as const, effect: 'reject' };
    expect([...decisiveRules([flagged, first, second], { adverse: true })]).toEqual([first]);
    const counts = { evaluated: 9, passed: 1, failed: 8, skipped: 0, error: 0, decisive: 5 };
    const counted = { id: 'd', counts };
    expect([...decisiveRules([first, counted], { adverse: true })]).toEqual([counted]);
  });

  it('treats a failed rule without an effect as rejecting, unless nothing was rejected', () => {
    const failed = { id: 'a', result: 'fail' as const };
    expect([...decisiveRules([failed], { adverse: true })]).toEqual([failed]);
    expect([...decisiveRules([failed], undefined)]).toEqual([failed]);
    expect([...decisiveRules([failed], { adverse: false })]).toEqual([]);
  });

  it('treats the rule as decisive that the decision names, and none if somebody else decided', () => {
    const [failed, named] = [{ id: 'a', result: 'fail' as const }, { id: 'b' }];
    const byRule = { adverse: true, decidedBy: { type: 'rule', id: 'b' } };
    expect([...decisiveRules([failed, named], byRule)]).toEqual([named]);
    const byPerson = { adverse: true, decidedBy: { type: 'human', id: 'b' } };
    expect([...decisiveRules([failed, named], byPerson)]).toEqual([]);
  });

  it('show a common effect once, and have no empty columns', () => {
    const reject = { id: 'a', effect: 'reject' };
    expect(columnsOf([reject, { ...reject, id: 'b' }])).toEqual({
      withActual: false,
      counted: false,
      commonEffect: 'reject',
    });
    expect(columnsOf([reject, { id: 'b', effect: 'flag', actual: 0 }])).toMatchObject({
      withActual: true,
      commonEffect: null,
    });
    expect(columnsOf([reject]).commonEffect).toBeNull();
    expect(effectText({ effect: 'flag', points: 3 })).toBe('flag +3 points');
    expect(effectText({})).toBe('');
  });

  it('draws two numbers on one scale, and no other values', () => {
    expect(ruleBar({ actual: 612, threshold: 660 })?.threshold).toBeCloseTo(0.9);
    expect(ruleBar({ actual: 'x', threshold: 1 })).toBeNull();
    expect(ruleBar({ actual: 0, threshold: 0 })).toBeNull();
    fc.assert(
      fc.property(fc.double(), fc.double(), (actual, threshold) => {
        const bar = ruleBar({ actual, threshold });
        for (const share of bar === null ? [] : [bar.actual, bar.threshold]) {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('writes values and operators for people', () => {
    expect(ruleValueText(52_000, 'EUR')).toBe('52,000 EUR');
    expect(ruleValueText(['us', 'ca'], null)).toBe('["us","ca"]');
    expect(ruleValueText(undefined, null)).toBe('–');
    expect(operatorText('gte')).toBe('≥');
    expect(operatorText('within')).toBe('within');
  });

  it('shows the relation of a value to its threshold', () => {
    const rule = { actual: 612, threshold: 660, op: 'gte', unit: null };
    expect(relationText(rule)).toBe('612 < 660');
    expect(relationText({ ...rule, actual: 700 })).toBe('700 ≥ 660');
    expect(relationText({ ...rule, unit: 'EUR' })).toBe('612 < 660 EUR');
    expect(relationText({ ...rule, op: 'within' })).toBe('612, required within 660');
    expect(relationText({ ...rule, actual: 'low' })).toBe('low, required ≥ 660');
    const { threshold: _, ...open } = rule;
    expect(relationText(open)).toBe('612');
    expect(relationText({ op: 'gte', unit: null })).toBe('');
    expect(relationText({ op: 'gte', unit: null, threshold: 660 })).toBe('required ≥ 660');
  });

  it.each([
    [0.59996, '>=', 0.6, '0.59996 < 0.6'],
    [99.99999, '>=', 100, '99.99999 < 100'],
    [1_234_567.00004, '>=', 1_234_567.00005, '1,234,567.00004 < 1,234,567.00005'],
    [0.1 + 0.2, '<=', 0.3, '0.30000000000000004 > 0.3'],
    [
      new ExactNumber('9007199254740993'),
      '>=',
      9_007_199_254_740_992,
      '9,007,199,254,740,993 ≥ 9,007,199,254,740,992',
    ],
    [new ExactNumber('1e400'), '<=', 5, '1e400 > 5'],
    ['gold', '==', 'gold ', '"gold" ≠ "gold "'],
    ['caf\u00e9', '==', 'cafe\u0301', '"caf\\u00e9" ≠ "cafe\\u0301"'],
  ])('shows where %j and %s %j differ', (actual, op, threshold, text) => {
    expect(relationText({ actual, op, threshold, unit: null })).toBe(text);
  });

  it('writes different values differently, for any values', () => {
    const long = fc
      .tuple(fc.string({ minLength: 50, maxLength: 400 }), fc.string())
      .map(([start, end]) => start.repeat(2) + end);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      long,
      fc.constantFrom('x'.repeat(99), `${'x'.repeat(99)}y`, '600', 600, true, 'true', null, 'null'),
    ) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [textA, textB] = valueTexts([a, b]);
        expect(textA === textB).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
