import { describe, expect, test } from 'vitest';
import type { Snapshot } from '@xray/core';
import { spanRows, spanTotals } from '@/features/execution/spans';

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
