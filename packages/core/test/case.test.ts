import { describe, expect, test } from 'vitest';
import { assembleCase, type CaseEntry, type ExecutionSummary } from '../src/index.js';

const START = Date.UTC(2026, 10, 24, 9);

function entry(
  executionId: string,
  minutes: number,
  outcome: string | null,
  links: [relation: string, executionId: string][] = [],
  changes: Partial<ExecutionSummary> = {},
): CaseEntry {
  return {
    summary: {
      executionId,
      pipeline: 'loan',
      environment: 'prod',
      status: 'completed',
      stale: false,
      outcome,
      adverse: outcome === 'declined',
      reasons: [],
      subjects: [],
      versions: {},
      tags: [],
      stepCount: 1,
      failedStepCount: 0,
      errorType: null,
      at: new Date(START + minutes * 60_000).toISOString(),
      receivedAt: new Date(START + minutes * 60_000).toISOString(),
      durationMs: 1,
      revision: 1,
      conflict: false,
      ...changes,
    },
    about: true,
    links: links.map(([relation, target]) => ({ relation, executionId: target })),
  };
}

const endsOf = (entries: CaseEntry[]) =>
  assembleCase(entries).matters.map(
    ({ ended }) => ended && `${ended.executionId} ${ended.outcome} ${ended.by} ${ended.afterMs}`,
  );

describe('a case', () => {
  test('lists executions by time, and says which decision a review replaced', () => {
    const { items, matters } = assembleCase([
      entry('review', 120, 'declined', [['review_of', 'first']]),
      entry('first', 0, 'referred'),
    ]);
    expect(
      items.map(({ executionId, replacedBy, matter }) => [executionId, replacedBy, matter]),
    ).toEqual([
      ['first', 'review', 0],
      ['review', null, 0],
    ]);
    expect(matters).toEqual([
      {
        startedAt: new Date(START).toISOString(),
        executions: 2,
        ended: {
          executionId: 'review',
          outcome: 'declined',
          adverse: true,
          at: new Date(START + 7_200_000).toISOString(),
          by: 'review',
          afterMs: 7_200_000,
        },
      },
    ]);
  });

  test('keeps executions without a link between them apart', () => {
    expect(endsOf([entry('a', 0, 'declined'), entry('b', 60, 'approved')])).toEqual([
      'a declined decision 0',
      'b approved decision 0',
    ]);
  });

  test.each<[string, CaseEntry[], (string | null)[]]>([
    [
      'an override of a review',
      [
        entry('a', 0, 'referred'),
        entry('b', 10, 'declined', [['review_of', 'a']]),
        entry('c', 20, 'approved', [['overrides', 'b']]),
      ],
      ['c approved override 1200000'],
    ],
    [
      'the first decision, where a later replay differs',
      [entry('a', 0, 'declined'), entry('b', 10, 'approved', [['replay_of', 'a']])],
      ['a declined decision 0'],
    ],
    [
      'the parent, where a child ends later',
      [entry('a', 0, 'approved'), entry('b', 1, 'checked', [['parent', 'a']])],
      ['a approved decision 0'],
    ],
    [
      'the retry of a failed execution',
      [
        entry('a', 0, null, [], { status: 'failed' }),
        entry('b', 5, 'approved', [['retry_of', 'a']]),
      ],
      ['b approved retry 300000'],
    ],
    [
      'the decision that a running review has not replaced yet',
      [
        entry('a', 0, 'referred'),
        entry('b', 5, 'declined', [['review_of', 'a']], { status: 'running' }),
      ],
      ['a referred decision 0'],
    ],
    [
      'the newest of two that replace each other',
      [
        entry('a', 0, 'declined', [['review_of', 'b']]),
        entry('b', 5, 'approved', [['review_of', 'a']]),
      ],
      ['b approved review 300000'],
    ],
    ['nothing, while nothing was decided', [entry('a', 0, null)], [null]],
    [
      'a review whose target is not in the case',
      [entry('a', 0, 'declined', [['review_of', 'gone']])],
      ['a declined decision 0'],
    ],
  ])('ends with %s', (_what, entries, ends) => {
    expect(endsOf(entries)).toEqual(ends);
  });
});
