import type { Step } from '@xray/core';
import { decisiveRules, type Verdict } from '@/components/rules/rule-reading';
import type { StepTree } from './step-tree';

export function isFailed(step: Step): boolean {
  return step.status === 'failed' || step.status === 'timed_out';
}

/** Whether a step decided: by its kind, or by one of its rules. */
export function isDecisive(step: Step, verdict: Verdict | null | undefined): boolean {
  return step.kind === 'decide' || decisiveRules(step.rules ?? [], verdict).size > 0;
}

/** Whether a step's name, kind, status or error contains the text, ignoring case. `name` is its name in the dictionary. */
export function matchesText(step: Step, text: string, name = step.name): boolean {
  const needle = text.trim().toLowerCase();
  return [step.name, name, step.kind, step.status, step.error?.type, step.error?.message].some(
    (part) => part?.toLowerCase().includes(needle),
  );
}

/** The position of the next match after (or before) `position`, wrapping around. Null if none matches. */
export function nextMatch(
  tree: StepTree,
  steps: readonly Step[],
  matches: (step: Step) => boolean,
  position: number,
  direction: 1 | -1,
): number | null {
  const count = tree.nodes.length;
  const from = position < 0 && direction < 0 ? count : position;
  for (let offset = 1; offset <= count; offset += 1) {
    const candidate = (((from + direction * offset) % count) + count) % count;
    const step = steps[tree.nodes[candidate]?.index ?? -1];
    if (step !== undefined && matches(step)) return candidate;
  }
  return null;
}
