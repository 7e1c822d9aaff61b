import { LIMITS, stringifyJson, type Mark, type Snapshot, type Step } from '@xray/core';
import { byteLength } from './values.js';

/** Room for the marks that shedding leaves. */
const MAX_BYTES = LIMITS.snapshotBytes - 256 * 1024;

/** Sheds detail in the wire format's order until the snapshot is small enough, and marks what is gone. */
export function fitted(snapshot: Snapshot): Snapshot {
  let left = sizeOf(snapshot);
  if (left <= MAX_BYTES) return snapshot;
  const marks: Mark[] = [...(snapshot.marks ?? [])];
  const steps = [...snapshot.steps];
  const shed = (index: number, make: (step: Step) => Step, path: string): void => {
    const step = steps[index];
    if (step === undefined || left <= MAX_BYTES) return;
    const smaller = make(step);
    const saved = sizeOf(step) - sizeOf(smaller);
    if (saved <= 0) return;
    steps[index] = smaller;
    left -= saved;
    if (marks.length < 500) {
      marks.push({
        path: `/steps/${index}/${path}`,
        kind: 'dropped',
        original: saved,
        unit: 'bytes',
      });
    }
  };
  const bySize = steps.map((step, index) => ({ index, size: sizeOf(step) }));
  bySize.sort((a, b) => b.size - a.size || a.index - b.index);
  for (const { index } of bySize) shed(index, withoutCandidateData, 'candidates/items/data');
  for (const { index } of bySize) shed(index, withoutItems, 'candidates/items');
  for (const { index } of bySize) shed(index, without('input'), 'input');
  for (const { index } of bySize) shed(index, without('output'), 'output');
  for (const { index } of bySize) shed(index, without('attributes'), 'attributes');
  for (const { index } of bySize) shed(index, withoutLedger, 'candidates/ledger');
  return { ...snapshot, steps, marks };
}

function without(field: 'input' | 'output' | 'attributes'): (step: Step) => Step {
  return (step) => {
    const { [field]: _shed, ...rest } = step;
    return rest as Step;
  };
}

function withoutCandidateData(step: Step): Step {
  if (!step.candidates) return step;
  const items = step.candidates.items.map(({ data: _data, ...item }) => item);
  return { ...step, candidates: { ...step.candidates, items } };
}

function withoutItems(step: Step): Step {
  return step.candidates ? { ...step, candidates: { ...step.candidates, items: [] } } : step;
}

function withoutLedger(step: Step): Step {
  if (!step.candidates) return step;
  const { ledger: _, ...candidates } = step.candidates;
  return { ...step, candidates };
}

function sizeOf(value: unknown): number {
  return byteLength(stringifyJson(value));
}
