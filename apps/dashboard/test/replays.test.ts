import { describe, expect, test } from 'vitest';
import { sliderOf } from '@/features/funnel/threshold-slider';
import { layOutFlow, outcomesOf } from '@/features/replays/flow-layout';
import { replayCommands } from '@/lib/replay-commands';

const TRANSITIONS = [
  { was: 'approved', is: 'approved', count: 800 },
  { was: 'approved', is: 'declined', count: 50 },
  { was: 'declined', is: 'declined', count: 149 },
  { was: 'declined', is: null, count: 1 },
];

describe('the flow of outcomes', () => {
  const { before, after, bands } = layOutFlow(TRANSITIONS);

  test('has the same order on both sides, the most frequent first', () => {
    expect(outcomesOf(TRANSITIONS)).toEqual(['approved', 'declined', null]);
    expect(before.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['approved', 850],
      ['declined', 150],
    ]);
    expect(after.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['approved', 800],
      ['declined', 199],
      [null, 1],
    ]);
  });

  test('fills each outcome with its bands, without overlap, within the height', () => {
    for (const [nodes, key, top] of [
      [before, 'was', 'fromTop'],
      [after, 'is', 'toTop'],
    ] as const) {
      for (const node of nodes) {
        const own = bands
          .filter((band) => band[key] === node.outcome)
          .toSorted((a, b) => a[top] - b[top]);
        let end = node.top;
        for (const band of own) {
          expect(band[top]).toBeCloseTo(end);
          end = band[top] + band.height;
        }
        expect(end).toBeCloseTo(node.top + node.height);
        expect(end).toBeLessThanOrEqual(1);
      }
    }
    expect(Math.min(...bands.map(({ height }) => height))).toBeGreaterThan(0.01);
  });

  test('is empty without transitions', () => {
    expect(layOutFlow([])).toEqual({ before: [], after: [], bands: [] });
  });
});

test.each([
  [620, { min: 310, max: 930, step: 10 }],
  [0.43, { min: 0.215, max: 0.645, step: 0.01 }],
  [0, { min: -0.5, max: 0.5, step: 0.01 }],
  [-4, { min: -6, max: -2, step: 0.1 }],
])('a slider around %d has round steps', (threshold, slider) => {
  const { min, max, step } = sliderOf(threshold);
  expect({ min, max }).toEqual({
    min: expect.closeTo(slider.min, 1),
    max: expect.closeTo(slider.max, 1),
  });
  expect(step).toBeLessThanOrEqual(slider.step);
  expect((max - min) / step).toBeGreaterThan(20);
});

test('commands quote what a shell would read', () => {
  expect(replayCommands('my app', "pipeline:loan q:'x'")).toContain(
    String.raw`--app 'my app' -q 'pipeline:loan q:'\''x'\'''`,
  );
  expect(replayCommands('shop', null)).toContain('pull --app shop --spread');
});
