import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestorIndices, buildStepTree, visiblePositions } from '@/features/timeline/step-tree';

const names = (steps: { sequence?: number; parent?: number }[]) =>
  buildStepTree(steps).nodes.map((node) => `${'>'.repeat(node.depth)}${node.sequence}`);

const steps = fc.array(
  fc.record(
    {
      sequence: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
      parent: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 40 },
);

describe('the tree of the steps', () => {
  it('follows the sequence, for any order in the array', () => {
    expect(names([{ sequence: 2 }, { sequence: 0 }, { sequence: 1 }])).toEqual(['0', '1', '2']);
  });

  it('uses the index in the array for a missing sequence', () => {
    expect(names([{}, {}, { parent: 0 }])).toEqual(['0', '>2', '1']);
  });

  it('puts a step whose parent is missing, or itself, at the top', () => {
    expect(names([{ parent: 9 }, { parent: 1 }])).toEqual(['0', '1']);
  });

  it('opens a ring of parents at its first step', () => {
    expect(names([{ parent: 2 }, { parent: 0 }, { parent: 1 }])).toEqual(['0', '>1', '>>2']);
  });

  it('nests ten thousand steps in each other', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      index === 0 ? {} : { parent: index - 1 },
    );
    expect(buildStepTree(chain).nodes.at(-1)?.depth).toBe(9_999);
  });

  it('contains every step once, each right after or within its parent', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { nodes } = buildStepTree(list);
        expect(nodes.map((node) => node.index).toSorted((a, b) => a - b)).toEqual([...list.keys()]);
        for (const [position, node] of nodes.entries()) {
          expect(node.parentPosition).toBeLessThan(position);
          const parent = nodes[node.parentPosition];
          expect(node.depth).toBe(parent === undefined ? 0 : parent.depth + 1);
          expect(node.endPosition).toBeGreaterThan(position);
          expect(node.endPosition).toBeLessThanOrEqual(parent?.endPosition ?? nodes.length);
          expect(node.posInSet).toBeLessThanOrEqual(node.setSize);
        }
      }),
    );
  });

  it('orders siblings by sequence', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const last = new Map<number, number>();
        for (const node of buildStepTree(list).nodes) {
          expect(node.sequence).toBeGreaterThanOrEqual(last.get(node.parentPosition) ?? 0);
          last.set(node.parentPosition, node.sequence);
        }
      }),
    );
  });
});

describe('folding', () => {
  const tree = buildStepTree([{}, { parent: 0 }, { parent: 1 }, {}]);

  it('hides the steps within a folded step', () => {
    expect(visiblePositions(tree, new Set([0]))).toEqual([0, 3]);
    expect(visiblePositions(tree, new Set([1]))).toEqual([0, 1, 3]);
  });

  it('names the steps that must unfold to show a step', () => {
    expect(ancestorIndices(tree, 2)).toEqual([1, 0]);
    expect(ancestorIndices(tree, 3)).toEqual([]);
  });
});
