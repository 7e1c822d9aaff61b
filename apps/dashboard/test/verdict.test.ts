import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionVerdict, distinctVerdicts, outcomeVerdict, statusVerdict } from '@/lib/verdict';

describe('verdicts', () => {
  it('shows the outcome of a completed execution', () => {
    expect(
      executionVerdict({ status: 'completed', outcome: 'declined', stale: false }),
    ).toMatchObject({
      word: 'declined',
      tone: 'negative',
      shape: 'cross',
    });
  });

  it('shows a failure before an outcome', () => {
    expect(executionVerdict({ status: 'failed', outcome: 'approved', stale: false })).toMatchObject(
      {
        word: 'failed',
        tone: 'failed',
        shape: 'triangle',
      },
    );
  });

  it('distinguishes a stale execution from a running one', () => {
    expect(executionVerdict({ status: 'running', outcome: null, stale: true }).word).toBe('stale');
    expect(executionVerdict({ status: 'running', outcome: null, stale: false }).tone).toBe(
      'running',
    );
  });

  it('treats an absent status as completed', () => {
    expect(executionVerdict({ status: undefined, outcome: undefined, stale: false }).word).toBe(
      'completed',
    );
  });

  it('shows a step’s time-out as a failure with its own word', () => {
    expect(statusVerdict('timed_out')).toMatchObject({ word: 'timed out', tone: 'failed' });
  });

  it('gives outcomes that are shown together different colours, for any names', () => {
    const known = fc.constantFrom(
      'approved',
      'accepted',
      'selected',
      'declined',
      'error',
      'review',
    );
    const names = fc.uniqueArray(fc.oneof(known, fc.string()), { maxLength: 30 });
    fc.assert(
      fc.property(names, (outcomes) => {
        const verdictOf = distinctVerdicts(outcomes, outcomeVerdict);
        const colours = outcomes
          .map((outcome) => verdictOf(outcome))
          .map(({ tone, hue }) => `${tone} ${hue}`);
        expect(new Set(colours).size).toBe(outcomes.length);
        const other = distinctVerdicts(outcomes.toReversed(), outcomeVerdict);
        for (const outcome of outcomes) expect(other(outcome)).toEqual(verdictOf(outcome));
      }),
    );
  });

  it('keeps the colour of an outcome that no other has', () => {
    const verdictOf = distinctVerdicts(['approved', 'declined'], outcomeVerdict);
    expect(verdictOf('approved')).toEqual(outcomeVerdict('approved'));
    expect(verdictOf('declined')).toEqual(outcomeVerdict('declined'));
  });

  it('gives an unknown outcome a hue of its own, the same each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (outcome) => {
        const verdict = outcomeVerdict(outcome);
        expect(verdict).toEqual(outcomeVerdict(outcome));
        expect(verdict.word).toBe(outcome);
        const hue = verdict.hue ?? (verdict.tone === 'named' ? -1 : 0);
        expect(hue).toBeGreaterThanOrEqual(0);
        expect(hue).toBeLessThan(360);
      }),
    );
  });
});
