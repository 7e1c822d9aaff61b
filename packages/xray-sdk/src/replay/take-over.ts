import type { Mark, Snapshot } from '../wire/snapshot.js';
import type { Step } from '../wire/step.js';
import type { RecordedStep } from './recorded-steps.js';

interface Placed {
  readonly step: Step;
  readonly marks: readonly Mark[];
  /** The key in the new record for this step and its enclosing step. */
  readonly key: string;
  readonly parent: string | undefined;
}

/**
 * The new record, in which each answered step is copied from the old record with the steps inside it. So a
 * replay of unchanged code differs from its record only in times.
 */
export function takeOver(
  snapshot: Snapshot,
  taken: ReadonlyMap<number, { recorded: RecordedStep; inside: readonly RecordedStep[] }>,
): Snapshot {
  const placed: Placed[] = [];
  for (const [index, step] of snapshot.steps.entries()) {
    const sequence = step.sequence ?? index;
    const key = `new ${String(sequence)}`;
    const parent = typeof step.parent === 'number' ? `new ${String(step.parent)}` : undefined;
    const answer = taken.get(sequence);
    if (answer === undefined) {
      placed.push({ step, marks: marksOf(snapshot, index), key, parent });
      continue;
    }
    placed.push({ step: answer.recorded.step, marks: answer.recorded.marks, key, parent });
    for (const inner of answer.inside) {
      const isDirect = inner.parent === answer.recorded;
      const around = isDirect ? key : `old ${String(inner.parent?.sequence)}`;
      placed.push({
        step: inner.step,
        marks: inner.marks,
        key: `old ${String(inner.sequence)}`,
        parent: around,
      });
    }
  }
  const numbers = new Map(placed.map(({ key }, number) => [key, number]));
  const steps = placed.map(({ step, parent }, sequence): Step => {
    const { parent: _old, ...rest } = step;
    const around = parent === undefined ? undefined : numbers.get(parent);
    return around === undefined ? { ...rest, sequence } : { ...rest, sequence, parent: around };
  });
  const others = (snapshot.marks ?? []).filter(({ path }) => !path.startsWith('/steps/'));
  const marks = [
    ...others,
    ...placed.flatMap((entry, number) =>
      entry.marks.map((mark) => ({ ...mark, path: `/steps/${String(number)}${mark.path}` })),
    ),
  ];
  const { marks: _marks, ...rest } = snapshot;
  return marks.length > 0 ? { ...rest, steps, marks } : { ...rest, steps };
}

function marksOf({ marks = [] }: Snapshot, index: number): Mark[] {
  const prefix = `/steps/${String(index)}`;
  return marks
    .filter(({ path }) => path === prefix || path.startsWith(`${prefix}/`))
    .map((mark) => ({ ...mark, path: mark.path.slice(prefix.length) }));
}
