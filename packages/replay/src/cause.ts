import {
  compareExecutions,
  type ComparedStep,
  type RuleDifference,
  type Snapshot as CoreSnapshot,
} from '@xray/core';
import type { Snapshot } from '@xray/sdk';
import type { ReplayResult, StepRef } from '@xray/sdk/replay';

/**
 * Where a changed decision comes from. `origin` is the first differing step whose inner steps are all equal. `decided` is
 * the rule or the step that turned the decision, else the origin.
 */
export function causeOf(was: Snapshot, is: Snapshot): ReplayResult['cause'] {
  const { steps } = compareExecutions(
    was as unknown as CoreSnapshot,
    is as unknown as CoreSnapshot,
  );
  const differing = steps.filter(({ kind }) => kind !== 'same');
  const groups = groupsOf([was, is], differing);
  const inner = differing.find((step) => !groups.has(nameOf(step)));
  const first = inner ?? differing[0];
  if (first === undefined) return null;
  const origin = refOf(first);
  return { origin, decided: decidedBy(differing) ?? origin };
}

/** A rule with another result, else another candidate outcome, else a rule with another threshold or effect. */
function decidedBy(
  differing: readonly ComparedStep[],
): (StepRef & { rule?: string | undefined }) | undefined {
  const withRule = (isMeant: (rule: RuleDifference) => boolean) => {
    for (const step of differing) {
      const rule = step.rules.find(isMeant);
      if (rule !== undefined) return { ...refOf(step), rule: rule.rule };
    }
    return undefined;
  };
  const judged = withRule(({ fields, kind }) => kind !== 'changed' || fields.includes('result'));
  if (judged !== undefined) return judged;
  const moved = differing.find(({ candidates }) => (candidates?.moved.length ?? 0) > 0);
  if (moved !== undefined) return refOf(moved);
  return withRule(({ fields }) => fields.some((field) => field !== 'actual'));
}

/** Names of steps that have a differing step inside. */
function groupsOf(snapshots: readonly Snapshot[], differing: readonly ComparedStep[]): Set<string> {
  const names = new Set(differing.map(nameOf));
  const found = new Set<string>();
  for (const { steps } of snapshots) {
    const byNumber = new Map(steps.map((step, index) => [step.sequence ?? index, step]));
    for (const step of steps) {
      if (!names.has(step.name) || step.parent === undefined) continue;
      let around = byNumber.get(step.parent);
      for (let depth = 0; around !== undefined && depth < steps.length; depth += 1) {
        found.add(around.name);
        around = around.parent === undefined ? undefined : byNumber.get(around.parent);
      }
    }
  }
  return found;
}

function refOf({ a, b }: ComparedStep): StepRef {
  const side = b ?? a;
  return { sequence: side?.sequence ?? 0, name: side?.name ?? '' };
}

function nameOf(step: ComparedStep): string {
  return refOf(step).name;
}
