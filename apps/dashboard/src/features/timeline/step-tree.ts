import type { Step } from '@xray/core';

export interface StepNode {
  /** The index in the snapshot's `steps`. */
  index: number;
  sequence: number;
  /** The position of the enclosing node in `StepTree.nodes`; -1 at the top. */
  parentPosition: number;
  depth: number;
  /** The position after its last nested node. */
  endPosition: number;
  /** The place among its siblings, from 1. */
  posInSet: number;
  setSize: number;
}

/** Every step once, each before its nested steps, siblings by sequence. */
export interface StepTree {
  nodes: readonly StepNode[];
}

type Placed = Pick<Step, 'sequence' | 'parent'>;

/**
 * Nests steps by `parent`. Each step appears once, even for invalid records. A step is at the top
 * if its parent is missing, is the step itself, or is nested in it.
 */
export function buildStepTree(steps: readonly Placed[]): StepTree {
  const sequences = steps.map((step, index) => step.sequence ?? index);
  const bySequence = new Map<number, number>();
  for (const [index, sequence] of sequences.entries()) {
    if (!bySequence.has(sequence)) bySequence.set(sequence, index);
  }

  const inOrder = [...sequences.keys()].toSorted(
    (a, b) => (sequences[a] ?? 0) - (sequences[b] ?? 0) || a - b,
  );
  const children = new Map<number, number[]>();
  const tops: number[] = [];
  for (const index of inOrder) {
    const parent = steps[index]?.parent;
    const parentIndex = typeof parent === 'number' ? bySequence.get(parent) : undefined;
    if (parentIndex === undefined || parentIndex === index) {
      tops.push(index);
      continue;
    }
    const siblings = children.get(parentIndex);
    if (siblings === undefined) children.set(parentIndex, [index]);
    else siblings.push(index);
  }

  // Steps that cannot be reached from the top form a ring. The ring's first step becomes a top.
  const reached = reach(tops, children);
  for (const index of inOrder) {
    if (reached.has(index)) continue;
    tops.push(index);
    const parentIndex = bySequence.get(steps[index]?.parent ?? -1);
    const siblings = parentIndex === undefined ? undefined : children.get(parentIndex);
    siblings?.splice(siblings.indexOf(index), 1);
    for (const each of reach([index], children)) reached.add(each);
  }
  tops.sort((a, b) => (sequences[a] ?? 0) - (sequences[b] ?? 0) || a - b);
  return { nodes: nodesInOrder(tops, children, (index) => sequences[index]) };
}

function reach(
  tops: readonly number[],
  children: ReadonlyMap<number, readonly number[]>,
): Set<number> {
  const reached = new Set(tops);
  for (const index of reached) for (const child of children.get(index) ?? []) reached.add(child);
  return reached;
}

/**
 * The nodes depth first, from the tops. It is not recursive, because a chain of 10,000 steps must not overflow the stack.
 */
export function nodesInOrder(
  tops: readonly number[],
  children: ReadonlyMap<number, readonly number[]>,
  sequenceOf: (index: number) => number | undefined,
): StepNode[] {
  const nodes: StepNode[] = [];
  const open: { position: number; members: readonly number[]; next: number }[] = [
    { position: -1, members: tops, next: 0 },
  ];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const index = level.members[level.next];
    if (index === undefined) {
      const closed = nodes[level.position];
      if (closed !== undefined) closed.endPosition = nodes.length;
      open.pop();
      continue;
    }
    level.next += 1;
    const position = nodes.length;
    nodes.push({
      index,
      sequence: sequenceOf(index) ?? index,
      parentPosition: level.position,
      depth: open.length - 1,
      endPosition: position + 1,
      posInSet: level.next,
      setSize: level.members.length,
    });
    const nested = children.get(index);
    if (nested !== undefined && nested.length > 0)
      open.push({ position, members: nested, next: 0 });
  }
  return nodes;
}

/**
 * Positions of the visible nodes. The steps in `collapsed` (by index) hide the steps inside them.
 */
export function visiblePositions(tree: StepTree, collapsed: ReadonlySet<number>): number[] {
  const visible: number[] = [];
  for (let position = 0; position < tree.nodes.length;) {
    const node = tree.nodes[position];
    if (node === undefined) break;
    visible.push(position);
    position = collapsed.has(node.index) ? node.endPosition : position + 1;
  }
  return visible;
}

/** Indices of the steps around a node, innermost first. */
export function ancestorIndices(tree: StepTree, position: number): number[] {
  const found: number[] = [];
  let node = tree.nodes[tree.nodes[position]?.parentPosition ?? -1];
  while (node !== undefined) {
    found.push(node.index);
    node = tree.nodes[node.parentPosition];
  }
  return found;
}
