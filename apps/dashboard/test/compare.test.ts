import {
  compareExecutions,
  type Comparison,
  type ExecutionSummary,
  type Snapshot,
  type Step,
} from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRows } from '@/features/compare/compare-rows';
import { differenceText } from '@/features/compare/difference-text';
import { suggestions } from '@/features/compare/suggestions';

function execution(steps: Step[]): Snapshot {
  return { executionId: 'e', appId: 'app', pipeline: 'loan', status: 'completed', steps };
}

function compared(a: Step[], b: Step[]): Comparison {
  return compareExecutions(execution(a), execution(b));
}

function firstDifference(a: Step[], b: Step[]) {
  const { firstDivergence } = compared(a, b);
  if (firstDivergence === null) throw new Error('they are equal');
  return differenceText(firstDivergence);
}

const named = (name: string, value = 0): Step => ({ name, output: value });
const placed = (steps: readonly Step[]) =>
  steps.map(({ name }, index) => ({ name, index, sequence: index }));

describe('the lines of a comparison', () => {
  it('folds equal steps and opens them again by name', () => {
    const a = ['fetch', 'score', 'rules', 'price'].map((name) => named(name));
    const b = a.map((step) => (step.name === 'rules' ? { ...step, output: 1 } : step));
    const comparison = compared(a, b);
    const folded = compareRows(comparison, new Set(), placed(a));
    expect(folded.map((row) => row.kind)).toEqual(['equal', 'step', 'equal']);
    expect(folded[1]).toMatchObject({ isFirst: true });
    const opened = compareRows(comparison, new Set([folded[0]?.key ?? '']), placed(a));
    expect(opened.flatMap((row) => (row.kind === 'equal-step' ? [row.step.name] : []))).toEqual([
      'fetch',
      'score',
    ]);
  });

  it('gives every line a unique key, and shows every equal step of open runs once', () => {
    const steps = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        output: fc.integer({ max: 2, min: 0 }),
      }),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(steps, steps, (a, b) => {
        const comparison = compared(a, b);
        const keys = compareRows(comparison, new Set(), []).map((row) => row.key);
        const rows = compareRows(comparison, new Set(keys), placed(a));
        expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
        const equal = rows.flatMap((row) => (row.kind === 'equal-step' ? [row.step.index] : []));
        expect(new Set(equal).size).toBe(equal.length);
        const folded = comparison.steps.filter((step) => step.kind === 'same');
        expect(equal).toHaveLength(folded.reduce((sum, step) => sum + step.count, 0));
        const firsts = rows.filter((row) => row.kind === 'step' && row.isFirst);
        expect(firsts).toHaveLength(comparison.firstDivergence === null ? 0 : 1);
      }),
    );
  });
});

describe('the first difference in words', () => {
  const rule = (actual: number, result: 'pass' | 'fail'): Step => ({
    name: 'rules',
    rules: [{ id: 'max_dti', result, actual, threshold: 0.43, op: '<=' }],
  });

  it('names the rule that changed before any value', () => {
    expect(firstDifference([rule(0.41, 'pass')], [rule(0.47, 'fail')])).toEqual({
      step: 'step 0 · rules',
      subject: 'max_dti',
      what: 'pass → fail, 0.41 → 0.47',
    });
  });

  it('says which side has a step that the other lacks', () => {
    expect(firstDifference([named('a')], [named('a'), named('b')])).toEqual({
      step: 'step 1 · b',
      subject: null,
      what: 'only in b',
    });
  });

  it('names the status, the candidate, or the value by its path', () => {
    expect(firstDifference([named('a')], [{ ...named('a'), status: 'failed' }]).what).toBe(
      'completed → failed',
    );
    const filtered = (outcome: 'kept' | 'rejected'): Step => ({
      name: 'filters',
      candidates: { in: 1, out: 1, byOutcome: {}, items: [{ id: 'B07', outcome }] },
    });
    expect(firstDifference([filtered('kept')], [filtered('rejected')])).toMatchObject({
      subject: 'B07',
      what: 'kept → rejected',
    });
    const scored = (score: number): Step => ({ name: 'a', output: { list: [{ score }] } });
    expect(firstDifference([scored(1)], [scored(2)])).toMatchObject({
      subject: 'output.list[0].score',
      what: '1 → 2',
    });
  });
});

describe('the suggestions for comparing an execution', () => {
  const summary = (executionId: string, change: Partial<ExecutionSummary> = {}) =>
    ({
      executionId,
      status: 'completed',
      failedStepCount: 0,
      adverse: null,
      ...change,
    }) as ExecutionSummary;
  const names = (found: ReturnType<typeof suggestions>) =>
    found.map(({ name, a, b }) => `${name}: ${a} ${b}`);

  it('are linked executions, the last and the next approved one, and the neighbours', () => {
    const found = suggestions(
      { executionId: 'this', links: [{ executionId: 'first-try', relation: 'retry_of' }] },
      {
        before: [summary('this'), summary('bad', { adverse: true }), summary('good')],
        after: [summary('this'), summary('broken', { status: 'failed' }), summary('better')],
      },
    );
    expect(names(found)).toEqual([
      'Retry of: first-try this',
      'Last approved: good this',
      'Previous: bad this',
      'Next approved: this better',
      'Next: this broken',
    ]);
  });

  it('name each other execution once, and never itself', () => {
    const found = suggestions(
      { executionId: 'this', links: [{ executionId: 'this', relation: 'parent' }] },
      { before: [summary('good')], after: [] },
    );
    expect(names(found)).toEqual(['Last approved: good this']);
  });
});
