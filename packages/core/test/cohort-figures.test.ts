import { describe, expect, test } from 'vitest';
import { compareFigures, type MeasuredExecution } from '../src/index.js';
import { randomFrom } from './planted.js';

function group(seed: number, slower: number, costUsd: number | null): MeasuredExecution[] {
  const random = randomFrom(seed);
  return Array.from({ length: 500 }, () => ({
    failed: random() < 0.02,
    durationMs: 100 * (1 + random()) * slower,
    steps: 3,
    candidatesIn: null,
    candidatesOut: null,
    costUsd,
  }));
}

describe('figures of two groups', () => {
  test('say which differ beyond chance, with intervals around each value', () => {
    const figures = compareFigures(group(1, 1, 0.01), group(2, 1.5, 0.01));
    expect(figures.map(({ figure, significant }) => [figure, significant])).toEqual([
      ['failureRate', false],
      ['p50', true],
      ['p95', true],
      ['steps', false],
      ['costUsd', false],
    ]);
    for (const { a, b } of figures) {
      for (const { low, value, high, of } of [a, b]) {
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(of).toBe(500);
      }
    }
  });

  test('leave out a figure that one group did not record', () => {
    const figures = compareFigures(group(1, 1, null), group(2, 1, 0.01));
    expect(figures.map(({ figure }) => figure)).toEqual(['failureRate', 'p50', 'p95', 'steps']);
    expect(figures.some(({ significant }) => significant)).toBe(false);
  });
});
