import { describe, expect, it } from 'vitest';
import { pipelineOfFilter } from '@/components/filter/filter-terms';
import { draftOf, moveOutcome } from '@/features/funnel/outcome-draft';
import { Outcomes, executionWords } from '@/lib/outcomes';
import { distinctVerdicts, outcomeVerdict } from '@/lib/verdict';

const meanings = new Outcomes({
  items: [
    {
      pipeline: 'fraud',
      outcomes: [
        { outcome: 'blocked', meaning: 'good', hue: null },
        { outcome: 'approved', meaning: 'bad', hue: 285 },
        { outcome: 'referred', meaning: 'neutral', hue: null },
      ],
    },
    {
      pipeline: 'loans',
      outcomes: [
        { outcome: 'approved', meaning: 'good', hue: null },
        { outcome: 'referred', meaning: 'neutral', hue: null },
      ],
    },
  ],
});

describe('outcomes with a meaning', () => {
  it('are coloured by it, not by their name', () => {
    expect(meanings.verdict('fraud', 'blocked')).toMatchObject({
      tone: 'positive',
      shape: 'circle',
    });
    expect(meanings.verdict('fraud', 'approved')).toMatchObject({
      tone: 'named',
      shape: 'cross',
      hue: 285,
    });
    expect(meanings.verdict('loans', 'approved').tone).toBe('positive');
  });

  it('fall back to the name without a meaning in their pipeline', () => {
    expect(meanings.verdict('loans', 'blocked')).toEqual(outcomeVerdict('blocked'));
    expect(meanings.verdict('other', 'approved')).toEqual(outcomeVerdict('approved'));
  });

  it('count across pipelines only if all pipelines agree', () => {
    expect(meanings.verdict(null, 'referred')).toMatchObject({ isChosen: true, tone: 'deferred' });
    expect(meanings.verdict(null, 'approved')).toEqual(outcomeVerdict('approved'));
    expect(meanings.verdict(null, 'blocked').tone).toBe('positive');
  });

  it('come in the order that people chose, before the others', () => {
    const names = ['approved', 'odd', null, 'blocked', 'even'];
    expect(meanings.sort('fraud', names, (name) => name)).toEqual([
      'blocked',
      'approved',
      'odd',
      null,
      'even',
    ]);
  });

  it('keep their chosen colour among others that want it', () => {
    const of = (outcome: string) => meanings.verdict('fraud', outcome);
    const verdictOf = distinctVerdicts(['accepted', 'blocked', 'approved'], of);
    expect(verdictOf('blocked')).toEqual(of('blocked'));
    expect(verdictOf('approved')).toEqual(of('approved'));
    expect(verdictOf('accepted').tone).toBe('named');
  });
});

describe('an execution in a list', () => {
  const loan = { pipeline: 'loans', outcome: 'declined', stale: false };

  it('shows its outcome alone if it completed', () => {
    expect(executionWords({ ...loan, status: 'completed' })).toBe('declined');
    expect(meanings.ofExecution({ ...loan, status: 'completed' }).status).toBeNull();
  });

  it('shows its outcome and its status apart otherwise', () => {
    expect(executionWords({ ...loan, status: 'failed' })).toBe('declined, failed');
    expect(executionWords({ ...loan, status: 'running', stale: true })).toBe('declined, stale');
  });

  it('shows its status without an outcome', () => {
    expect(executionWords({ ...loan, outcome: null, status: 'failed' })).toBe('failed');
    expect(executionWords({ ...loan, outcome: null, status: 'completed' })).toBe('completed');
  });
});

describe('the pipeline of a filter', () => {
  it('is known if the filter allows no other', () => {
    expect(pipelineOfFilter('pipeline:loans outcome:declined')).toBe('loans');
    expect(pipelineOfFilter('pipeline:"a b"')).toBe('a b');
  });

  it('is unknown if several are possible', () => {
    for (const q of [
      '',
      'pipeline:a,b',
      'pipeline:lo*',
      '-pipeline:a',
      'pipeline:a OR env:b',
      '(',
    ]) {
      expect(pipelineOfFilter(q)).toBeNull();
    }
  });
});

describe('the draft of meanings', () => {
  const saved = [{ outcome: 'blocked', meaning: 'good' as const, hue: 145 }];

  it('has the saved outcomes first and suggests a meaning for the others', () => {
    expect(draftOf(saved, ['approved', null, 'blocked', 'declined', 'odd'])).toEqual([
      ...saved,
      { outcome: 'approved', meaning: 'good', hue: null },
      { outcome: 'declined', meaning: 'bad', hue: null },
      { outcome: 'odd', meaning: 'neutral', hue: null },
    ]);
  });

  it('holds no more outcomes than the server takes', () => {
    const seen = Array.from({ length: 60 }, (_, at) => `outcome ${at}`);
    expect(draftOf(saved, seen)).toHaveLength(50);
  });

  it('moves an outcome by one place, and not past an end', () => {
    const draft = draftOf([], ['a', 'b', 'c']);
    const order = (moved: typeof draft) => moved.map(({ outcome }) => outcome).join('');
    expect(order(moveOutcome(draft, 1, -1))).toBe('bac');
    expect(order(moveOutcome(draft, 1, 1))).toBe('acb');
    expect(order(moveOutcome(draft, 0, -1))).toBe('abc');
    expect(order(moveOutcome(draft, 2, 1))).toBe('abc');
  });
});
