import type { Step } from '@xray/core';
import { foldTurns } from '@xray/core/fold-turns';
import { asRecorded, type Names } from '@/lib/dictionary';
import { formatNumber } from '@/lib/format';
import { buildStepTree, nodesInOrder, type StepTree } from './step-tree';

/** The most names of a turn that its row shows. */
const NAMES_SHOWN = 4;

/** The steps with rows that stand for equal turns of a loop. */
export interface FoldedSteps {
  /** The recorded steps, then one made-up step for each fold. Indices of recorded steps stay. */
  steps: readonly Step[];
  tree: StepTree;
  /** The first step inside of each made-up step, by index. It names the fold while more steps arrive. */
  folds: ReadonlyMap<number, number>;
}

/**
 * Puts equal turns among siblings into a made-up step around them. Steps that did not complete, that decide, or that
 * `isKept` names are never hidden.
 */
export function foldSteps(
  steps: readonly Step[],
  isKept: (step: Step) => boolean,
  nameOf: Names = asRecorded,
): FoldedSteps {
  const tree = buildStepTree(steps);
  const shapes = shapesOf(steps, tree, isKept);
  const siblings = new Map<number, number[]>();
  for (const [position, node] of tree.nodes.entries()) {
    const members = siblings.get(node.parentPosition);
    if (members === undefined) siblings.set(node.parentPosition, [position]);
    else members.push(position);
  }
  const parentOf = new Map<number, number>();
  const made: Step[] = [];
  const firsts: number[] = [];
  for (const members of siblings.values()) {
    for (const fold of foldTurns(members.map((position) => shapes[position] ?? null))) {
      const inside = members.slice(fold.start, fold.start + fold.period * fold.turns);
      const ends = inside.map((position) => tree.nodes[position]?.endPosition ?? 0);
      const hidden = tree.nodes
        .slice(inside[0], Math.max(...ends.slice(-1)))
        .map((node) => steps[node.index]);
      const names = inside
        .slice(0, fold.period)
        .map((position) => nameOf('steps', steps[tree.nodes[position]?.index ?? -1]?.name ?? ''));
      const first = tree.nodes[inside[0] ?? -1];
      const index = steps.length + made.length;
      for (const position of inside) parentOf.set(tree.nodes[position]?.index ?? -1, index);
      firsts.push(first?.index ?? -1);
      made.push({
        name: foldName(fold.turns, names, costOf(hidden)),
        sequence: first?.sequence ?? 0,
        startedAt: steps[first?.index ?? -1]?.startedAt ?? null,
      });
      const parent = tree.nodes[first?.parentPosition ?? -1];
      if (parent !== undefined) parentOf.set(index, parent.index);
    }
  }
  if (made.length === 0) return { steps, tree, folds: new Map() };
  return {
    steps: [...steps, ...made],
    tree: withFolds(tree, steps.length, made.length, parentOf),
    folds: new Map(firsts.map((first, place) => [steps.length + place, first])),
  };
}

/** `140 × plan → search, 38 USD`. */
export function foldName(turns: number, names: readonly string[], costUsd: number | null): string {
  const shown = names.slice(0, NAMES_SHOWN).join(' → ');
  const more = names.length > NAMES_SHOWN ? ` → ${names.length - NAMES_SHOWN} more` : '';
  const cost = costUsd === null ? '' : `, ${formatNumber(Number(costUsd.toPrecision(3)))} USD`;
  return `${turns} × ${shown}${more}${cost}`;
}

function costOf(steps: readonly (Step | undefined)[]): number | null {
  const costs = steps
    .map((step) => Number(step?.model?.costUsd ?? NaN))
    .filter((cost) => Number.isFinite(cost));
  return costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0);
}

/** The shape of each node with all that is nested in it. Null: it must stay visible. */
function shapesOf(
  steps: readonly Step[],
  tree: StepTree,
  isKept: (step: Step) => boolean,
): (string | null)[] {
  const ids = new Map<string, string>();
  const nested = tree.nodes.map((): (string | null)[] => []);
  const shapes: (string | null)[] = tree.nodes.map(() => null);
  // Innermost first, so that each shape knows the shapes inside.
  for (let position = tree.nodes.length - 1; position >= 0; position -= 1) {
    const node = tree.nodes[position];
    const step = steps[node?.index ?? -1];
    if (node === undefined || step === undefined) continue;
    const inside = (nested[position] ?? []).toReversed();
    const isPlain = (step.status ?? 'completed') === 'completed' && !isKept(step);
    const text = JSON.stringify([step.name, step.kind ?? null, inside]);
    const shape = isPlain && !inside.includes(null) ? (ids.get(text) ?? `${ids.size}`) : null;
    if (shape !== null) ids.set(text, shape);
    shapes[position] = shape;
    nested[node.parentPosition]?.push(shape);
  }
  return shapes;
}

/** The tree with a node for each made-up step, around the steps that it stands for. */
function withFolds(
  tree: StepTree,
  recorded: number,
  made: number,
  parentOf: ReadonlyMap<number, number>,
): StepTree {
  const children = new Map<number, number[]>();
  const add = (parent: number, index: number) => {
    const members = children.get(parent);
    if (members === undefined) children.set(parent, [index]);
    else if (!members.includes(index) || index < recorded) members.push(index);
  };
  const sequences = new Map<number, number>();
  for (const node of tree.nodes) {
    sequences.set(node.index, node.sequence);
    const own = tree.nodes[node.parentPosition]?.index ?? -1;
    const fold = parentOf.get(node.index);
    if (fold === undefined || fold < recorded) {
      add(own, node.index);
      continue;
    }
    if (!sequences.has(fold)) {
      sequences.set(fold, node.sequence);
      add(own, fold);
    }
    add(fold, node.index);
  }
  const nodes = nodesInOrder(children.get(-1) ?? [], children, (index) => sequences.get(index));
  return nodes.length === tree.nodes.length + made ? { nodes } : tree;
}
