import type { Snapshot } from '@xray/core';
import { describe, expect, it } from 'vitest';
import { becauseLine } from '@/features/execution/because';

const rules = {
  name: 'rules',
  kind: 'rules',
  rules: [
    { id: 'min_score', result: 'fail' as const, op: '>=', actual: 612, threshold: 660 },
    { id: 'max_dti', result: 'pass' as const, op: '<=', actual: 0.4, threshold: 0.43 },
  ],
};

function declined(change: Partial<Snapshot> = {}): Snapshot {
  return {
    executionId: 'e',
    appId: 'loans',
    pipeline: 'loan',
    status: 'completed',
    decision: {
      outcome: 'declined',
      adverse: true,
      reasons: [{ code: 'LOW', ruleId: 'min_score' }],
    },
    steps: [rules],
    ...change,
  };
}

describe('the reasons in a line', () => {
  it('gives each reason with the rule that supports it, and says that a change would flip it', () => {
    const { reasons, canFlip } = becauseLine(declined());
    expect(reasons).toMatchObject([
      { code: 'LOW', rule: { rule: 'min_score', actual: 612, threshold: 660 }, moreRules: 0 },
    ]);
    expect(canFlip).toBe(true);
  });

  it('names the decisive rule if no reason was given', () => {
    const { reasons } = becauseLine(declined({ decision: { outcome: 'declined', adverse: true } }));
    expect(reasons).toMatchObject([{ code: 'min_score', rule: { rule: 'min_score' } }]);
  });

  it('shows only the reason if no rule supports it', () => {
    const { reasons, canFlip } = becauseLine(declined({ steps: [] }));
    expect(reasons).toMatchObject([{ code: 'LOW', rule: null, candidates: null }]);
    expect(canFlip).toBe(false);
  });

  it('counts the candidates that a reason rejected, from a detail without payloads', () => {
    const candidates = { in: 5, out: 1, byOutcome: { rejected: 4 }, byReason: { LOW: 4 } };
    const { reasons } = becauseLine(
      declined({ steps: [{ name: 'filters', candidates: { ...candidates, items: [] } }] }),
    );
    expect(reasons).toMatchObject([{ code: 'LOW', candidates: 4 }]);
  });

  it('shows nothing for an execution without a decision', () => {
    const { decision: _, ...undecided } = declined({ steps: [] });
    expect(becauseLine(undecided)).toEqual({ reasons: [], canFlip: false });
  });
});
