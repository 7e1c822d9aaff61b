import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pruneRequestSchema } from '../src/erasure.js';
import {
  newRetentionSchema,
  previewRetention,
  ruleFor,
  isHeld,
  type AgeCount,
  type RetentionRule,
} from '../src/retention.js';

const ENVIRONMENTS = ['prod', 'test'];
const PIPELINES = ['loan', 'fraud'];

const ruleArbitrary: fc.Arbitrary<RetentionRule> = fc.record({
  environment: fc.constantFrom(null, ...ENVIRONMENTS),
  pipeline: fc.constantFrom(null, ...PIPELINES),
  days: fc.option(fc.integer({ min: 1, max: 40 })),
  legalHold: fc.boolean(),
});
const rulesArbitrary = fc.uniqueArray(ruleArbitrary, {
  selector: ({ environment, pipeline }) => `${environment} ${pipeline}`,
});
const countsArbitrary: fc.Arbitrary<AgeCount[]> = fc.array(
  fc.record({
    environment: fc.constantFrom(...ENVIRONMENTS),
    pipeline: fc.constantFrom(...PIPELINES),
    ageDays: fc.nat(60),
    executions: fc.integer({ min: 1, max: 50 }),
  }),
);

/** The number of days for which one execution is kept. Infinity means forever. */
function keptDays(rules: RetentionRule[], environment: string, pipeline: string): number {
  const daysOf = (e: string | null, p: string | null): number | undefined => {
    const rule = rules.find((each) => each.environment === e && each.pipeline === p);
    return rule === undefined ? undefined : (rule.days ?? Infinity);
  };
  const both = daysOf(environment, pipeline);
  if (both !== undefined) return both;
  const halves = [daysOf(environment, null), daysOf(null, pipeline)].filter(
    (days) => days !== undefined,
  );
  if (halves.length > 0) return Math.max(...halves);
  return daysOf(null, null) ?? Infinity;
}

describe('the rule that applies', () => {
  test('names the most fields, or is the longer of two equally specific rules', () => {
    fc.assert(
      fc.property(
        rulesArbitrary,
        fc.constantFrom(...ENVIRONMENTS),
        fc.constantFrom(...PIPELINES),
        (rules, environment, pipeline) => {
          const rule = ruleFor(rules, { environment, pipeline });
          expect(rule === null ? Infinity : (rule.days ?? Infinity)).toBe(
            keptDays(rules, environment, pipeline),
          );
          expect(ruleFor(rules.toReversed(), { environment, pipeline })).toBe(rule);
        },
      ),
    );
  });

  test('refuses two rules with the same scope, and applies a rule without a pipeline to all pipelines', () => {
    const rule = { environment: 'prod', days: 1, legalHold: false };
    expect(newRetentionSchema.parse({ items: [rule] }).items[0]?.pipeline).toBeNull();
    expect(
      newRetentionSchema.safeParse({ items: [rule, { ...rule, pipeline: null }] }).success,
    ).toBe(false);
    expect(
      newRetentionSchema.safeParse({ items: [rule, { ...rule, pipeline: 'loan' }] }).success,
    ).toBe(true);
  });
});

describe('the preview', () => {
  test('counts deletions like a walk over all executions', () => {
    fc.assert(
      fc.property(rulesArbitrary, countsArbitrary, (rules, counts) => {
        const preview = previewRetention(rules, counts);
        const goesWithin = (days: number): number =>
          counts.reduce((total, { environment, pipeline, ageDays, executions }) => {
            const goes =
              !isHeld(rules, { environment, pipeline }) &&
              ageDays + days >= keptDays(rules, environment, pipeline);
            return goes ? total + executions : total;
          }, 0);
        expect(preview.goes.now).toBe(goesWithin(0));
        for (const { days, executions } of preview.goes.within) {
          expect(executions).toBe(goesWithin(days));
        }
        expect(preview.executions).toBe(counts.reduce((sum, each) => sum + each.executions, 0));
        for (const { firstInDays, goes } of preview.groups) {
          expect(firstInDays === 0).toBe(goes.now > 0);
        }
      }),
    );
  });
});

describe('the reason of an erasure', () => {
  const ask = (reason: string) =>
    pruneRequestSchema.safeParse({
      what: { kind: 'subject', type: 'applicant', id: 'A-17' },
      reason,
    });
  test('must not contain the erased id, which the receipt would keep', () => {
    expect(ask('Mail of a-17.').error?.issues[0]?.path).toEqual(['reason']);
    expect(ask('A-170 asked').success).toBe(true);
    expect(ask('GDPR Art. 17').success).toBe(true);
  });
});
