import type { Capture, CapturedValues } from './capture.js';
import { KINDS, STEP_STATUSES } from './fields.js';
import { asRecord, isObject, readParts, type Source } from './source.js';
import { StepDraft } from './step-draft.js';
import { headOf, type PlainStep, type StepText } from './step-text.js';
import { nameMember } from './text.js';

/** When a recorded step began, and the time since the record before it, in milliseconds. */
interface RecordTiming {
  readonly startedAtMs: number;
  readonly sinceLastMs: number;
}

/** Writes one whole step. A part that cannot be recorded costs only that part, with a mark. */
export function writeStep(
  capture: Capture,
  sequence: number,
  record: unknown,
  timing: RecordTiming,
): PlainStep | StepText {
  if (!isObject(record)) return writeRecord(capture, sequence, { name: record }, [''], timing);
  const read = readRecord(record);
  if (read !== undefined) return writeRead(capture, sequence, read, timing);
  const lost: string[] = [];
  return readParts(
    record,
    (from) => writeRecord(capture, sequence, from, lost, timing),
    (key) => lost.push(key),
  );
}

/** The members of a record, each read once. */
interface ReadRecord {
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly reasoning: unknown;
  readonly status: unknown;
  readonly kind: unknown;
  readonly durationMs: unknown;
  /** The less common members. */
  readonly others: Source | undefined;
}

/** `undefined` if the members cannot all be read by their names, so that another reader has to. */
function readRecord(record: object): ReadRecord | undefined {
  try {
    const prototype: unknown = Object.getPrototypeOf(record);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    const from = asRecord(record);
    let name: unknown;
    let input: unknown;
    let output: unknown;
    let reasoning: unknown;
    let status: unknown;
    let kind: unknown;
    let durationMs: unknown;
    let others: Record<string, unknown> | undefined;
    // On Node 20 the members of `{...step}` take twice as long to read by their names.
    for (const key in from) {
      switch (key) {
        case 'name':
          name = from[key];
          break;
        case 'input':
          input = from[key];
          break;
        case 'output':
          output = from[key];
          break;
        case 'reasoning':
          reasoning = from[key];
          break;
        case 'status':
          status = from[key];
          break;
        case 'kind':
          kind = from[key];
          break;
        case 'durationMs':
          durationMs = from[key];
          break;
        case 'error':
        case 'rules':
        case 'artifacts':
        case 'attempt':
        case 'actor':
        case 'model':
        case 'metrics':
          (others ??= {})[key] = from[key];
      }
    }
    // A proxy, or a hidden property, may have a name that this loop does not see.
    if (typeof name !== 'string') return undefined;
    return { name, input, output, reasoning, status, kind, durationMs, others };
  } catch {
    return undefined;
  }
}

function writeRead(
  capture: Capture,
  sequence: number,
  read: ReadRecord,
  timing: RecordTiming,
): PlainStep | StepText {
  const { name, input, output, reasoning, status, kind, durationMs, others } = read;
  const known = others === undefined ? nameMember(name) : undefined;
  const isPlain =
    known !== undefined &&
    (isAbsent(reasoning) || typeof reasoning === 'string') &&
    (isAbsent(status) || isOneOf(STEP_STATUSES, status)) &&
    (isAbsent(kind) || isOneOf(KINDS, kind)) &&
    (isAbsent(durationMs) || isDuration(durationMs));
  if (!isPlain) return writeRecord(capture, sequence, { ...read, ...others }, [], timing);
  const values = capture.step(input, output, reasoning ?? undefined);
  if (!('json' in values)) {
    return writeRecord(capture, sequence, { ...read }, [], timing, values);
  }
  const given = status ?? 'completed';
  let head = headOf(known.json, given, sequence, timingOf(durationMs ?? undefined, timing));
  if (!isAbsent(kind)) head += `,"kind":"${kind}"`;
  const inputEnd = head.length + values.inputLength;
  return {
    json: head + values.json,
    isAscii: known.isAscii && values.isAscii,
    status: given,
    kind: kind ?? undefined,
    headEnd: head.length,
    inputEnd,
    outputEnd: inputEnd + values.outputLength,
  };
}

function timingOf(measuredMs: number | undefined, { startedAtMs, sinceLastMs }: RecordTiming) {
  const [durationMs, timing] =
    measuredMs === undefined
      ? ([sinceLastMs, 'inferred'] as const)
      : ([measuredMs, 'measured'] as const);
  return { startedAtMs, durationMs, timing };
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isOneOf<T extends string>(names: readonly T[], value: unknown): value is T {
  return names.includes(value as T);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

function writeRecord(
  capture: Capture,
  sequence: number,
  from: Source,
  lost: readonly string[],
  timing: RecordTiming,
  captured?: CapturedValues,
): StepText {
  const { error, durationMs } = from;
  const draft = new StepDraft(capture, sequence, undefined, from['name'], captured);
  draft.note(from);
  if (!isAbsent(error)) draft.error(error);
  draft.rules(from['rules']);
  draft.artifacts(from['artifacts']);
  const measuredMs = isDuration(durationMs) ? durationMs : undefined;
  if (measuredMs === undefined && !isAbsent(durationMs)) draft.lose('durationMs');
  const given = from['status'];
  const status = STEP_STATUSES.find((name) => name === given);
  if (status === undefined && !isAbsent(given)) draft.lose('status');
  for (const key of lost) draft.lose(key);
  const whole = status ?? (isAbsent(error) ? 'completed' : 'failed');
  return draft.freeze(whole, timingOf(measuredMs, timing));
}
