import { ALPHA, changeOf } from './cohort-ranking.js';
import type { FlowChange } from './cohorts.js';
import { adjustForMany, compareShares } from './proportions.js';

/** The names of an execution's steps, in order, and the number of executions with exactly these steps. */
export interface Course {
  steps: string[];
  executions: number;
}

/** A transition from one step to the next. Null is the start or the end. */
export interface Edge {
  from: string | null;
  to: string | null;
}

const MAX_DIFFERENCES = 100;

/** The transitions of a course, each once. */
function edgesOf(steps: string[]): Edge[] {
  const edges = [...steps, null].map((to, place) => ({ from: steps[place - 1] ?? null, to }));
  return [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values()];
}

/** Counts executions by transition, the most frequent first. */
export function countEdges(courses: Course[]): (Edge & { executions: number })[] {
  const counted = new Map<string, Edge & { executions: number }>();
  for (const { steps, executions } of courses) {
    for (const edge of edgesOf(steps)) {
      const key = JSON.stringify(edge);
      const before = counted.get(key)?.executions ?? 0;
      counted.set(key, { ...edge, executions: before + executions });
    }
  }
  return [...counted.values()].sort((x, y) => y.executions - x.executions);
}

/**
 * Finds the steps and transitions whose frequency differs between a and b beyond chance. The p-values of
 * `compareShares` are corrected together (Holm).
 */
export function compareFlows(a: Course[], b: Course[]): FlowChange {
  const steps = differences(countSteps(a), countSteps(b), totalOf(a), totalOf(b));
  const edges = differences(keyed(a), keyed(b), totalOf(a), totalOf(b));
  return {
    steps: steps.map(({ key, ...change }) => ({ name: key, ...change })),
    edges: edges.map(({ key, ...change }) => ({ ...(JSON.parse(key) as Edge), ...change })),
  };
}

function differences(
  inA: Map<string, number>,
  inB: Map<string, number>,
  totalA: number,
  totalB: number,
): (ReturnType<typeof changeOf> & { key: string; pValue: number })[] {
  const counted = [...new Set([...inA.keys(), ...inB.keys()])].map((key) => ({
    key,
    a: { count: inA.get(key) ?? 0, total: totalA },
    b: { count: inB.get(key) ?? 0, total: totalB },
  }));
  const pValues = adjustForMany(counted.map(({ a, b }) => compareShares(a, b)));
  return counted
    .map(({ key, a, b }, index) => ({ key, ...changeOf(a, b), pValue: pValues[index] ?? 1 }))
    .filter(({ pValue }) => pValue < ALPHA)
    .sort((x, y) => x.pValue - y.pValue || Math.abs(y.difference) - Math.abs(x.difference))
    .slice(0, MAX_DIFFERENCES);
}

function countSteps(courses: Course[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const { steps, executions } of courses) {
    for (const name of new Set(steps)) counted.set(name, (counted.get(name) ?? 0) + executions);
  }
  return counted;
}

function keyed(courses: Course[]): Map<string, number> {
  return new Map(
    countEdges(courses).map(({ from, to, executions }) => [
      JSON.stringify({ from, to }),
      executions,
    ]),
  );
}

function totalOf(courses: Course[]): number {
  return courses.reduce((total, { executions }) => total + executions, 0);
}
