import type { ExecutionSummary, Snapshot } from '@xray/core';

/** Two executions to compare. `a` is the reference. */
export interface Suggestion {
  name: string;
  a: string;
  b: string;
  /** The execution that `name` describes: its summary, or only its id. */
  other: ExecutionSummary | string;
}

/** Others of the pipeline: `before` newest first, `after` oldest first. */
export interface Neighbours {
  before: readonly ExecutionSummary[];
  after: readonly ExecutionSummary[];
}

/** Suggests executions to compare with, the most useful first and each once. */
export function suggestions(
  { executionId, links }: Pick<Snapshot, 'executionId' | 'links'>,
  { before, after }: Neighbours,
): Suggestion[] {
  const others = (list: readonly ExecutionSummary[]) =>
    list.filter((each) => each.executionId !== executionId);
  const [earlier, later] = [others(before), others(after)];
  const found: Suggestion[] = [];
  const add = (name: string, other: ExecutionSummary | string | undefined, isLater = false) => {
    if (other === undefined) return;
    const id = typeof other === 'string' ? other : other.executionId;
    if (id === executionId || found.some(({ a, b }) => a === id || b === id)) return;
    found.push({ name, a: isLater ? executionId : id, b: isLater ? id : executionId, other });
  };
  for (const { relation, executionId: linked } of links ?? []) {
    const words = relation.replaceAll('_', ' ');
    add(`${words.charAt(0).toUpperCase()}${words.slice(1)}`, linked);
  }
  add('Last approved', earlier.find(wentWell));
  add('Previous', earlier[0]);
  add('Next approved', later.find(wentWell), true);
  add('Next', later[0], true);
  return found;
}

/** True if it completed, no step failed and it was not adverse. */
export function wentWell(execution: ExecutionSummary): boolean {
  return (
    execution.status === 'completed' &&
    execution.failedStepCount === 0 &&
    execution.adverse !== true
  );
}
