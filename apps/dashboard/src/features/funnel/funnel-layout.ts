import type { Funnel, FunnelStep } from '@xray/core';

export const NODE_PX = 148;
/** The greatest height of a node's bar. The text is below it. */
export const BAR_PX = 56;
export const TEXT_PX = 64;
const COLUMN_GAP_PX = 56;
const ROW_GAP_PX = 24;
const LANE_PX = 36;
const MIN_BAR_PX = 3;
const MAX_EDGE_PX = 6;
const MIN_EDGE_PX = 1;
const CORNER_PX = 8;
/** The distance of lanes for lines around nodes, and the number of lanes before lines share them. */
const LANE_STEP_PX = 6;
const LANES = 5;
const LANE_GAP_PX = 10;
/**
 * Steps are alternatives if their mean places differ by less than this and neither follows the
 * other.
 */
const SAME_PLACE = 0.75;

export interface FunnelNode {
  step: FunnelStep;
  column: number;
  row: number;
  /** Top left of the node, in px. */
  x: number;
  y: number;
  /** The bar's heights at the left and the right, on one logarithmic scale. */
  inPx: number;
  outPx: number;
}

export interface FunnelEdge {
  key: string;
  executions: number;
  widthPx: number;
  /** The `d` of the svg's path. */
  path: string;
}

export interface FunnelLayout {
  nodes: readonly FunnelNode[];
  edges: readonly FunnelEdge[];
  widthPx: number;
  heightPx: number;
}

/**
 * Lays out the steps from left to right by their mean place. Alternatives are stacked. Edges that
 * skip steps run above, edges back run below. No two nodes overlap, and every number is finite.
 */
export function layoutFunnel({ steps, edges }: Pick<Funnel, 'steps' | 'edges'>): FunnelLayout {
  const columns = columnsOf(steps, edges);
  const rows = columns.reduce((most, column) => Math.max(most, column.length), 0);
  const most = steps.reduce(
    (greatest, step) => Math.max(greatest, amountIn(step), amountOut(step)),
    0,
  );
  const nodes = columns.flatMap((column, columnIndex) =>
    column.map((step, row): FunnelNode => ({
      step,
      column: columnIndex,
      row,
      x: columnIndex * (NODE_PX + COLUMN_GAP_PX),
      y: LANE_PX + row * (BAR_PX + TEXT_PX + ROW_GAP_PX),
      inPx: barPx(amountIn(step), most),
      outPx: barPx(amountOut(step), most),
    })),
  );
  const heightPx =
    LANE_PX * 2 + Math.max(1, rows) * (BAR_PX + TEXT_PX) + Math.max(0, rows - 1) * ROW_GAP_PX;
  const byName = new Map(nodes.map((node) => [node.step.name, node]));
  const mostRuns = edges.reduce((greatest, { executions }) => Math.max(greatest, executions), 0);
  let detours = 0;
  return {
    nodes,
    edges: edges.flatMap(({ from, to, executions }): FunnelEdge[] => {
      const [source, target] = [byName.get(from ?? ''), byName.get(to ?? '')];
      if (from === null || to === null || source === undefined || target === undefined) return [];
      const isDetour = target.column !== source.column + 1;
      const lane = isDetour ? detours++ % LANES : 0;
      return [
        {
          key: JSON.stringify([from, to]),
          executions,
          widthPx: MIN_EDGE_PX + (MAX_EDGE_PX - MIN_EDGE_PX) * logShare(executions, mostRuns),
          path: edgePath(source, target, lane, heightPx),
        },
      ];
    }),
    widthPx: Math.max(0, columns.length * (NODE_PX + COLUMN_GAP_PX) - COLUMN_GAP_PX),
    heightPx,
  };
}

/** The input of a step: its candidates, or else its executions. */
export function amountIn(step: FunnelStep): number {
  return step.candidatesIn ?? step.executions;
}

export function amountOut(step: FunnelStep): number {
  return step.candidatesOut ?? amountIn(step);
}

/** The share of `most` on a logarithmic scale from 0 to 1. */
export function logShare(value: number, most: number): number {
  if (!(value > 0) || !(most > 0)) return 0;
  return Math.min(1, Math.log1p(value) / Math.log1p(most));
}

function barPx(value: number, most: number): number {
  return MIN_BAR_PX + (BAR_PX - MIN_BAR_PX) * logShare(value, most);
}

function columnsOf(steps: readonly FunnelStep[], edges: Funnel['edges']): FunnelStep[][] {
  const linked = new Set(edges.map(({ from, to }) => JSON.stringify([from, to])));
  const follow = (a: FunnelStep, b: FunnelStep) =>
    linked.has(JSON.stringify([a.name, b.name])) || linked.has(JSON.stringify([b.name, a.name]));
  const columns: FunnelStep[][] = [];
  const ordered = steps.toSorted((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
  for (const step of ordered) {
    const last = columns.at(-1);
    const first = last?.[0];
    if (
      last !== undefined &&
      first !== undefined &&
      step.position - first.position < SAME_PLACE &&
      !last.some((other) => follow(other, step))
    ) {
      last.push(step);
    } else columns.push([step]);
  }
  return columns;
}

function edgePath(from: FunnelNode, to: FunnelNode, lane: number, heightPx: number): string {
  const [x1, x2] = [from.x + NODE_PX, to.x];
  const [y1, y2] = [from.y + BAR_PX / 2, to.y + BAR_PX / 2];
  if (to.column === from.column + 1) {
    const bend = (x2 - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }
  // Runs between the columns and in a lane above or below, so it crosses no node.
  const apart = lane * LANE_STEP_PX;
  const laneY = to.column > from.column ? LANE_STEP_PX + apart : heightPx - LANE_STEP_PX - apart;
  const [out, back] = [x1 + LANE_GAP_PX + apart, x2 - LANE_GAP_PX - apart];
  return rounded([
    [x1, y1],
    [out, y1],
    [out, laneY],
    [back, laneY],
    [back, y2],
    [x2, y2],
  ]);
}

/** A line through points with round corners. Each segment is vertical or horizontal. */
function rounded(points: readonly (readonly [x: number, y: number])[]): string {
  return points
    .map(([x, y], index) => {
      const [before, after] = [points[index - 1], points[index + 1]];
      if (before === undefined) return `M${x} ${y}`;
      if (after === undefined) return `L${x} ${y}`;
      const [inX, inY] = towards([x, y], before);
      const [outX, outY] = towards([x, y], after);
      return `L${inX} ${inY}Q${x} ${y} ${outX} ${outY}`;
    })
    .join('');
}

/** The point a corner's radius away, at most halfway to the other point. */
function towards(
  [x, y]: readonly [number, number],
  [toX, toY]: readonly [number, number],
): [x: number, y: number] {
  const near = (from: number, to: number) =>
    from + Math.sign(to - from) * Math.min(CORNER_PX, Math.abs(to - from) / 2);
  return [near(x, toX), near(y, toY)];
}
