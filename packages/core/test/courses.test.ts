import { describe, expect, test } from 'vitest';
import { compareFlows, countEdges } from '../src/index.js';

const PLAIN = { steps: ['fetch', 'score', 'decide'], executions: 90 };
const RETRIED = { steps: ['fetch', 'score', 'score', 'score', 'decide'], executions: 10 };

describe('transitions between steps', () => {
  test('each execution counts once per transition, from start to end, the most frequent first', () => {
    expect(countEdges([PLAIN, RETRIED, { steps: [], executions: 1 }])).toEqual([
      { from: null, to: 'fetch', executions: 100 },
      { from: 'fetch', to: 'score', executions: 100 },
      { from: 'score', to: 'decide', executions: 100 },
      { from: 'decide', to: null, executions: 100 },
      { from: 'score', to: 'score', executions: 10 },
      { from: null, to: null, executions: 1 },
    ]);
  });

  test('a new step changes its own transitions and the one that bypasses it', () => {
    const guarded = { steps: ['fetch', 'guard', 'score', 'decide'], executions: 80 };
    const { steps, edges } = compareFlows([PLAIN], [guarded, { ...PLAIN, executions: 10 }]);
    expect(steps).toMatchObject([
      { name: 'guard', a: { rate: 0, of: 90 }, b: { count: 80, of: 90 } },
    ]);
    expect(edges.map(({ from, to, difference }) => [from, to, Math.sign(difference)])).toEqual([
      ['fetch', 'score', -1],
      ['fetch', 'guard', 1],
      ['guard', 'score', 1],
    ]);
  });

  test('differences by chance, or from an empty group, are not reported', () => {
    const once = { steps: ['fetch', 'guard', 'score', 'decide'], executions: 2 };
    expect(compareFlows([PLAIN], [PLAIN, once])).toEqual({ steps: [], edges: [] });
    expect(compareFlows([PLAIN], [])).toEqual({ steps: [], edges: [] });
  });
});
