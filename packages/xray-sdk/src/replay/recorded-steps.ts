import type { Json, Mark, Snapshot } from '../wire/snapshot.js';
import type { Step } from '../wire/step.js';
import { canonical } from './json.js';
import type { PipelineReplay } from './plan.js';

/** One step of the record, and whether its answer has been used. */
export interface RecordedStep {
  readonly step: Step;
  readonly index: number;
  readonly sequence: number;
  readonly parent: RecordedStep | undefined;
  /** The names of the enclosing steps, the outermost first. */
  readonly path: string;
  /** Canonical text of the input. `undefined` if the input is absent or incomplete. */
  readonly input: string | undefined;
  /** Marks below the step; their paths begin at the step. */
  readonly marks: readonly Mark[];
  readonly endedMs: number;
  isUsed: boolean;
}

/** A call of the new code, as the matching sees it. */
export interface Asked {
  readonly name: string;
  readonly path: string;
  readonly input: string | undefined;
}

export type Match =
  | { readonly kind: 'found'; readonly recorded: RecordedStep; readonly isVerified: boolean }
  /** The record has the step, but only with other inputs. `next` is the nth by start. */
  | { readonly kind: 'other_input'; readonly next: RecordedStep }
  | { readonly kind: 'none' };

/** Separates the names of a path. A name cannot hold it: the SDK replaces U+0000. */
export const PATH_SEPARATOR = '\0';

/** The steps of one record. Each gives one answer. */
export class RecordedSteps {
  readonly all: readonly RecordedStep[];
  readonly #byName = new Map<string, RecordedStep[]>();

  constructor(snapshot: Snapshot, plan: PipelineReplay) {
    const marks = marksByStep(snapshot.marks ?? []);
    const bySequence = new Map<number, RecordedStep>();
    const startMs = timeOf(snapshot.startedAt);
    const all: RecordedStep[] = [];
    for (const [index, step] of snapshot.steps.entries()) {
      const sequence = step.sequence ?? index;
      const parent = typeof step.parent === 'number' ? bySequence.get(step.parent) : undefined;
      const own = marks.get(index) ?? [];
      const recorded: RecordedStep = {
        step,
        index,
        sequence,
        parent,
        path: parent === undefined ? '' : pathBelow(parent.path, parent.step.name),
        input: comparable(step.name, step.input, !isMarked(own, '/input'), plan),
        marks: own,
        endedMs: (timeOf(step.startedAt) || startMs) + (step.durationMs ?? 0),
        isUsed: false,
      };
      all.push(recorded);
      bySequence.set(sequence, recorded);
      const named = this.#byName.get(step.name);
      if (named === undefined) this.#byName.set(step.name, [recorded]);
      else named.push(recorded);
    }
    this.all = all;
  }

  /** The next unused step with this name, whatever its input. */
  next(name: string): RecordedStep | undefined {
    return this.#byName.get(name)?.find(({ isUsed }) => !isUsed);
  }

  /**
   * The answer for a call. Steps with the same enclosing steps come first. Equal inputs are answered in
   * recorded order.
   */
  match({ name, path, input }: Asked): Match {
    const unused = (this.#byName.get(name) ?? []).filter(({ isUsed }) => !isUsed);
    const near = unused.filter((recorded) => recorded.path === path);
    const ordered = [...near, ...unused.filter((recorded) => recorded.path !== path)];
    const [first] = ordered;
    if (first === undefined) return { kind: 'none' };
    if (input === undefined) return { kind: 'found', recorded: first, isVerified: false };
    const equal = ordered.find((recorded) => recorded.input === input);
    if (equal !== undefined) return { kind: 'found', recorded: equal, isVerified: true };
    const open = ordered.find((recorded) => recorded.input === undefined);
    if (open !== undefined) return { kind: 'found', recorded: open, isVerified: false };
    return { kind: 'other_input', next: first };
  }

  /** Marks a step as used, together with the steps inside it. */
  use(recorded: RecordedStep): RecordedStep[] {
    recorded.isUsed = true;
    const inside = this.all.filter((step) => isInside(step, recorded));
    for (const step of inside) step.isUsed = true;
    return inside;
  }
}

/** The canonical text of an input as matching compares it; `undefined` if it cannot be compared. */
export function comparable(
  name: string,
  input: Json | undefined,
  isWhole: boolean,
  { sameInput }: PipelineReplay,
): string | undefined {
  if (input === undefined) return undefined;
  const same = sameInput !== undefined && Object.hasOwn(sameInput, name) && sameInput[name];
  if (same) return canonical(same(structuredClone(input)));
  return isWhole ? canonical(input) : undefined;
}

export function pathBelow(path: string, name: string): string {
  return path === '' ? name : path + PATH_SEPARATOR + name;
}

export function timeOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : new Date(text).getTime();
}

/** Whether a mark is at this path or below it. */
export function isMarked(marks: readonly Mark[], path: string): boolean {
  return marks.some((mark) => mark.path === path || mark.path.startsWith(`${path}/`));
}

function isInside(step: RecordedStep, outer: RecordedStep): boolean {
  let around = step.parent;
  while (around !== undefined && around !== outer) around = around.parent;
  return around !== undefined;
}

function marksByStep(marks: readonly Mark[]): Map<number, Mark[]> {
  const found = new Map<number, Mark[]>();
  for (const mark of marks) {
    const [, index, path = ''] = /^\/steps\/(\d+)(\/.*)?$/.exec(mark.path) ?? [];
    if (index === undefined) continue;
    const list = found.get(Number(index)) ?? [];
    list.push({ ...mark, path });
    found.set(Number(index), list);
  }
  return found;
}
