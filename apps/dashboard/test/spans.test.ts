import { describe, expect, test } from 'vitest';
import type { Snapshot } from '@xray/core';
import { spanRows, spansOfSteps, spanTotals } from '@/components/spans/spans';

const spans: Snapshot[] = [
  {
    executionId: 'trace',
    appId: 'app',
    pipeline: 'agent',
    steps: [
      { sequence: 0, name: 'agent', kind: 'group' },
      {
        sequence: 1,
        parent: 0,
        name: 'chat',
        kind: 'llm',
        model: { name: 'm', inputTokens: 10, outputTokens: 4, costUsd: 0.5 },
      },
      {
        sequence: 2,
        parent: 1,
        name: 'request',
        kind: 'llm',
        model: { name: 'm', inputTokens: 10, outputTokens: 4 },
      },
      { sequence: 3, parent: 0, name: 'chat', kind: 'llm', model: { name: 'n', inputTokens: 7 } },
    ],
  },
];

describe('the spans below a record', () => {
  test('keep their places below their parents', () => {
    expect(spanRows(spans).map(({ depth, step }) => [depth, step.name])).toEqual([
      [0, 'agent'],
      [1, 'chat'],
      [2, 'request'],
      [1, 'chat'],
    ]);
  });

  test('count the tokens of a call once when a call within it repeats them', () => {
    expect(spanTotals(spanRows(spans))).toEqual({
      inputTokens: 17,
      outputTokens: 4,
      costUsd: 0.5,
      models: ['m', 'n'],
    });
  });
});

describe('the steps of a record', () => {
  const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
  const step = (sequence: number, from: number, to: number, parent?: number) => ({
    name: `step ${sequence}`,
    sequence,
    startedAt: at(from),
    durationMs: to - from,
    ...(parent !== undefined && { parent }),
  });
  const placesOf = (...steps: ReturnType<typeof step>[]) => {
    const span = { name: 'chat', kind: 'llm', startedAt: at(20), durationMs: 10 };
    const rows = spanRows([{ executionId: 'a', appId: 'a', pipeline: 'p', steps: [span] }]);
    return [...spansOfSteps(steps, rows).keys()];
  };

  test('have the spans that ran within them, the innermost step first', () => {
    expect(placesOf(step(0, 0, 100), step(1, 10, 50, 0), step(2, 60, 90, 0))).toEqual([1]);
  });

  test('have no span when two ran side by side, or when none was long enough', () => {
    expect(placesOf(step(0, 0, 100), step(1, 10, 50, 0), step(2, 10, 90, 0))).toEqual([]);
    expect(placesOf(step(0, 25, 100))).toEqual([]);
  });
});
