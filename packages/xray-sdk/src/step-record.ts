import type { Capture } from './capture.js';
import { STEP_STATUSES } from './fields.js';
import { isObject, readParts, type Source } from './source.js';
import { StepDraft } from './step-draft.js';
import type { StepText, StepTiming } from './step-text.js';

/** Returns the start and duration of a recorded step, given the duration that the host measured. */
type TimingOf = (measuredMs: number | undefined) => StepTiming;

/** Writes one whole step. A part that cannot be recorded costs only that part, with a mark. */
export function writeStep(
  capture: Capture,
  sequence: number,
  record: unknown,
  timingOf: TimingOf,
): StepText {
  if (isObject(record)) {
    const lost: string[] = [];
    return readParts(
      record,
      (from) => writeRecord(capture, sequence, from, lost, timingOf),
      (key) => lost.push(key),
    );
  }
  return writeRecord(capture, sequence, { name: record }, [''], timingOf);
}

function writeRecord(
  capture: Capture,
  sequence: number,
  from: Source,
  lost: readonly string[],
  timingOf: TimingOf,
): StepText {
  const { error, durationMs } = from;
  const draft = new StepDraft(capture, sequence, undefined, from['name']);
  draft.note(from);
  if (error !== undefined && error !== null) draft.error(error);
  draft.rules(from['rules']);
  draft.artifacts(from['artifacts']);
  const isMeasured = typeof durationMs === 'number' && durationMs >= 0 && durationMs < Infinity;
  if (!isMeasured && durationMs !== undefined && durationMs !== null) draft.lose('durationMs');
  const given = from['status'];
  const status = STEP_STATUSES.find((name) => name === given);
  if (status === undefined && given !== undefined && given !== null) draft.lose('status');
  const hasFailed = error !== undefined && error !== null;
  const timing = timingOf(isMeasured ? durationMs : undefined);
  for (const key of lost) draft.lose(key);
  return draft.freeze(status ?? (hasFailed ? 'failed' : 'completed'), timing);
}
