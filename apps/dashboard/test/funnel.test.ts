import type { Funnel, FunnelStep, PipelineOverview } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAR_PX, layoutFunnel, logShare, NODE_PX, TEXT_PX } from '@/features/funnel/funnel-layout';
import {
  failureRates,
  ratesByTrust,
  reasonShares,
  totalsOf,
  versionMarkers,
} from '@/features/funnel/overview-series';
import { orderSteps } from '@/features/funnel/step-order';

function step(name: string, position: number, change: Partial<FunnelStep> = {}): FunnelStep {
  return {
    name,
    kind: 'filter',
    position,
    executions: 10,
    runs: 10,
    failed: 0,
    skipped: 0,
    p50Ms: 1,
    p95Ms: 2,
    candidatesIn: null,
    candidatesOut: null,
    drops: [],
    ...change,
  };
}

const edge = (from: string | null, to: string | null, executions = 5) => ({ from, to, executions });
const places = (funnel: Pick<Funnel, 'steps' | 'edges'>) =>
  layoutFunnel(funnel).nodes.map(({ step: { name }, column, row }) => `${name} ${column}.${row}`);

describe('the graph of the steps', () => {
  it('goes from left to right by place, alternatives above each other', () => {
    const steps = [step('decide', 2), step('rank', 1), step('fallback', 1.2), step('filters', 0)];
    const edges = [edge('filters', 'rank'), edge('filters', 'fallback'), edge('rank', 'decide')];
    expect(places({ steps, edges })).toEqual([
      'filters 0.0',
      'rank 1.0',
      'fallback 1.1',
      'decide 2.0',
    ]);
  });

  it('puts a step after a step that it follows, however close their places are', () => {
    const steps = [step('a', 0), step('b', 0.2)];
    expect(places({ steps, edges: [edge('a', 'b')] })).toEqual(['a 0.0', 'b 1.0']);
  });

  it('draws larger amounts higher: the input at the left, the output at the right', () => {
    const { nodes } = layoutFunnel({
      steps: [step('filters', 0, { candidatesIn: 5_000, candidatesOut: 224 })],
      edges: [],
    });
    expect(nodes[0]?.inPx).toBe(BAR_PX);
    expect(nodes[0]?.outPx).toBeLessThan(BAR_PX);
    expect(nodes[0]?.outPx).toBeGreaterThan(0);
  });

  it('never overlaps, is never NaN and leaves no step out, for any record', () => {
    const count = fc.nat({ max: 1e9 });
    const steps = fc.uniqueArray(
      fc.record({
        name: fc.string(),
        position: fc.double({ min: 0, max: 30, noNaN: true }),
        executions: count,
        candidatesIn: fc.option(count),
        candidatesOut: fc.option(count),
      }),
      { selector: ({ name }) => name, maxLength: 14 },
    );
    const arbitrary = steps.chain((list) => {
      const name = fc.constantFrom(null, ...list.map((each) => each.name));
      return fc.record({
        steps: fc.constant(list.map((each) => step(each.name, each.position, each))),
        edges: fc.array(fc.record({ from: name, to: name, executions: count }), { maxLength: 30 }),
      });
    });
    fc.assert(
      fc.property(arbitrary, (funnel) => {
        const { nodes, edges, widthPx, heightPx } = layoutFunnel(funnel);
        expect(nodes.map((node) => node.step.name).toSorted()).toEqual(
          funnel.steps.map(({ name }) => name).toSorted(),
        );
        for (const node of nodes) {
          expect(Math.min(node.x, node.y)).toBeGreaterThanOrEqual(0);
          expect(node.x + NODE_PX).toBeLessThanOrEqual(widthPx);
          expect(node.y + BAR_PX + TEXT_PX).toBeLessThanOrEqual(heightPx);
          for (const barPx of [node.inPx, node.outPx]) {
            expect(barPx > 0 && barPx <= BAR_PX).toBe(true);
          }
          for (const other of nodes) {
            if (other === node) continue;
            const beside = Math.abs(other.x - node.x) >= NODE_PX;
            const below = Math.abs(other.y - node.y) >= BAR_PX + TEXT_PX;
            expect(beside || below).toBe(true);
          }
        }
        for (const { path, widthPx: strokePx } of edges) {
          expect(path).not.toContain('NaN');
          expect(path).toMatch(/^M[-\d. CLQe]+$/);
          expect(strokePx).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });

  it('has a scale on which ten times as much is less than ten times as high', () => {
    expect(logShare(5_000, 5_000)).toBe(1);
    expect(logShare(500, 5_000)).toBeGreaterThan(0.7);
    expect(logShare(0, 5_000)).toBe(0);
    expect(logShare(1, 0)).toBe(0);
  });
});

describe('steps by cost', () => {
  const steps = [
    step('a', 0, { p95Ms: null, runs: 0, failed: 0 }),
    step('b', 1, { p95Ms: 9, runs: 10, failed: 1, candidatesIn: 10, candidatesOut: 9 }),
    step('c', 2, { p95Ms: 90, runs: 100, failed: 2, candidatesIn: 10, candidatesOut: 1 }),
  ];
  const names = (order: Parameters<typeof orderSteps>[1]) =>
    orderSteps(steps, order).map(({ name }) => name);

  it('puts steps without a value last', () => {
    expect(names('place')).toEqual(['a', 'b', 'c']);
    expect(names('slowest')).toEqual(['c', 'b', 'a']);
    expect(names('failing')).toEqual(['b', 'c', 'a']);
    expect(names('dropping')).toEqual(['c', 'b', 'a']);
  });
});

describe('a pipeline over time', () => {
  const overview: PipelineOverview = {
    pipeline: 'loan',
    from: '2026-11-22T00:00:00.000Z',
    to: '2026-11-22T03:00:00.000Z',
    bucketMs: 3_600_000,
    executions: [10, 0, 30],
    failed: [1, 0, 3],
    p50Ms: [1, null, 2],
    p95Ms: [2, null, 4],
    durations: { p50Ms: 2, p95Ms: 4 },
    outcomes: [
      { outcome: 'declined', counts: [1, 0, 5] },
      { outcome: null, counts: [9, 0, 25] },
    ],
    reasons: [
      { reason: 'LOW', total: 4, counts: [1, 0, 3] },
      { reason: 'HIGH', total: 4, counts: [3, 0, 1] },
    ],
    moreReasons: 0,
    versions: [
      { name: 'ruleset', version: 'r42', firstAt: '2026-11-22T01:00:00.000Z' },
      { name: 'code', version: '2', firstAt: 'never' },
    ],
  };

  it('sums up, the most frequent outcome first', () => {
    expect(totalsOf(overview)).toEqual({
      executions: 40,
      failed: 4,
      failureRate: 0.1,
      outcomes: [
        { outcome: null, count: 34 },
        { outcome: 'declined', count: 6 },
      ],
    });
    expect(totalsOf({ ...overview, executions: [0, 0, 0] }).failureRate).toBeNull();
  });

  it('has no failure rate if nothing ran', () => {
    expect(failureRates(overview)).toEqual([0.1, null, 0.1]);
  });

  it('separates rates of few executions from reliable ones', () => {
    expect(ratesByTrust({ executions: [10, 0, 1, 9, 200], failed: [1, 0, 1, 3, 10] })).toEqual({
      sure: [0.1, null, null, null, 0.05],
      unsure: [null, null, 1, 3 / 9, null],
    });
  });

  it('shows the share of each reason, so a higher volume is not a change', () => {
    expect(reasonShares(overview.reasons)).toEqual([
      [0.25, 0, 0.75],
      [0.75, 0, 0.25],
    ]);
  });

  it('marks when a version was first seen, if that time is valid', () => {
    expect(versionMarkers(overview.versions)).toEqual([
      { atMs: Date.parse('2026-11-22T01:00:00.000Z'), label: 'ruleset r42' },
    ]);
  });
});
