import type { ComparedStep, Comparison, StepRef } from '@xray/core';

/**
 * A row of the comparison: a run of equal steps, one step of an open run, or a step that differs.
 */
export type CompareRow =
  | { kind: 'equal'; key: string; run: ComparedStep; open: boolean }
  | { kind: 'equal-step'; key: string; step: EqualStep }
  | { kind: 'step'; key: string; step: ComparedStep; isFirst: boolean; isParting: boolean };

export type EqualStep = Pick<StepRef, 'index' | 'sequence' | 'name'>;

/**
 * The rows to show. `openRuns` holds the keys of open runs. `stepsOfA` holds the steps of `a` in
 * order.
 */
export function compareRows(
  comparison: Pick<Comparison, 'steps' | 'firstDivergence' | 'partsAt'>,
  openRuns: ReadonlySet<string>,
  stepsOfA: readonly EqualStep[],
): CompareRow[] {
  const { steps, firstDivergence, partsAt } = comparison;
  const differing = new Set(
    steps.flatMap(({ kind, a }) => (kind === 'same' || a === null ? [] : [a.index])),
  );
  return steps.flatMap((step, place): CompareRow[] => {
    const key = keyOf(step, place);
    if (step.kind !== 'same') {
      const isFirst = firstDivergence !== null && isAt(step, firstDivergence);
      const isParting = partsAt !== null && isAt(step, partsAt);
      return [{ kind: 'step', key, step, isFirst, isParting }];
    }
    const open = openRuns.has(key);
    if (!open) return [{ kind: 'equal', key, run: step, open }];
    return [
      { kind: 'equal', key, run: step, open },
      ...stepsOfRun(step, stepsOfA, differing).map((equal) => ({
        kind: 'equal-step' as const,
        key: `${key} ${equal.index}`,
        step: equal,
      })),
    ];
  });
}

/** True if two entries describe the same step. */
function isAt(step: ComparedStep, otherStep: ComparedStep): boolean {
  return step.a?.index === otherStep.a?.index && step.b?.index === otherStep.b?.index;
}

function keyOf({ kind, a, b }: ComparedStep, place: number): string {
  return `${kind} ${a?.index ?? '-'} ${b?.index ?? '-'} ${place}`;
}

/** The steps of a run follow one another in `a`, except those listed as moved. */
function stepsOfRun(
  run: ComparedStep,
  stepsOfA: readonly EqualStep[],
  differing: ReadonlySet<number>,
): EqualStep[] {
  const from = stepsOfA.findIndex(({ index }) => index === run.a?.index);
  if (from < 0) return [];
  const found: EqualStep[] = [];
  for (const step of stepsOfA.slice(from)) {
    if (found.length === run.count) break;
    if (!differing.has(step.index)) found.push(step);
  }
  return found;
}

/** The estimated height of a row in px, until it is measured. */
export function estimatedHeightPx(row: CompareRow | undefined): number {
  if (row === undefined || row.kind !== 'step') return row?.kind === 'equal-step' ? 28 : 40;
  const { changes, rules, candidates } = row.step;
  const candidateRows = candidates === null ? 0 : 3 + candidates.moved.length;
  return 52 + 33 * (changes.length + rules.length + candidateRows);
}
