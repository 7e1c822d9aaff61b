/** A count of executions from one outcome to another. Null is no outcome. */
export interface Transition {
  was: string | null;
  is: string | null;
  count: number;
}

/** Beyond this number of outcomes bands cross too often, and a table is easier to read. */
export const MAX_FLOW_OUTCOMES = 6;

export interface FlowNode {
  outcome: string | null;
  count: number;
  /** Vertical place and height, as shares of the whole height. */
  top: number;
  height: number;
}

export interface FlowBand extends Transition {
  /** Vertical places of both ends, and the height, as shares of the whole height. */
  fromTop: number;
  toTop: number;
  height: number;
}

const GAP = 0.06;
/** Rare outcomes stay visible and can be clicked. */
const MIN_HEIGHT = 0.012;

/** The outcomes before and after, in one order: the most frequent first. */
export function outcomesOf(transitions: readonly Transition[]): (string | null)[] {
  const counts = new Map<string | null, number>();
  for (const { was, is, count } of transitions) {
    for (const outcome of [was, is]) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || String(a).localeCompare(String(b), 'en'))
    .map(([outcome]) => outcome);
}

/** Places of outcomes and bands of a flow from left to right. Both sides have the same height. */
export function layOutFlow(transitions: readonly Transition[]): {
  before: FlowNode[];
  after: FlowNode[];
  bands: FlowBand[];
} {
  const order = outcomesOf(transitions);
  const total = transitions.reduce((sum, { count }) => sum + count, 0);
  const room = 1 - GAP * Math.max(0, order.length - 1);
  const heightOf = (count: number): number =>
    count === 0 || total === 0 ? 0 : Math.max(MIN_HEIGHT, (count / total) * room * 0.9);
  const side = (key: 'was' | 'is'): FlowNode[] => {
    let top = 0;
    return order.flatMap((outcome) => {
      const own = transitions.filter((each) => each[key] === outcome);
      const count = own.reduce((sum, each) => sum + each.count, 0);
      if (count === 0) return [];
      const height = own.reduce((sum, each) => sum + heightOf(each.count), 0);
      const node = { outcome, count, top, height };
      top += height + GAP;
      return [node];
    });
  };
  const [before, after] = [side('was'), side('is')];
  const used = {
    before: new Map<string | null, number>(),
    after: new Map<string | null, number>(),
  };
  const place = (
    nodes: readonly FlowNode[],
    taken: Map<string | null, number>,
    outcome: string | null,
    height: number,
  ): number => {
    const top = nodes.find((node) => node.outcome === outcome)?.top ?? 0;
    const offset = taken.get(outcome) ?? 0;
    taken.set(outcome, offset + height);
    return top + offset;
  };
  const rank = (outcome: string | null): number => order.indexOf(outcome);
  const bands = transitions
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => rank(a.was) - rank(b.was) || rank(a.is) - rank(b.is))
    .map((transition) => {
      const height = heightOf(transition.count);
      return {
        ...transition,
        height,
        fromTop: place(before, used.before, transition.was, height),
        toTop: place(after, used.after, transition.is, height),
      };
    });
  return { before, after, bands };
}
