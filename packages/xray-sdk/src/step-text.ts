import type { Capture } from './capture.js';
import {
  writeActor,
  writeArtifact,
  writeModel,
  writeNumber,
  writeRule,
  KINDS,
  STEP_STATUSES,
} from './fields.js';
import { isoTime, roundMs } from './clock.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import type { Actor, Artifact, Kind, Mark, Model, Rule, StepStatus } from './types.js';

/** What the host tells of one step, in one go. `input` and `output` may be anything at all. */
export interface StepRecord {
  name: string;
  kind?: Kind | undefined;
  /** Default: `completed`; `failed` when there is an `error`. */
  status?: StepStatus | undefined;
  input?: unknown;
  output?: unknown;
  reasoning?: string | undefined;
  /** What was thrown, or a message. */
  error?: unknown;
  /** Default: inferred, as the time since the step recorded before this one. */
  durationMs?: number | undefined;
  attempt?: number | undefined;
  actor?: Actor | undefined;
  model?: (Omit<Model, 'params'> & { params?: unknown }) | undefined;
  rules?: RuleRecord[] | undefined;
  artifacts?: Artifact[] | undefined;
  metrics?: Record<string, number> | undefined;
}

/** A rule and its result; `actual` and `threshold` may be anything. */
export type RuleRecord = Omit<Rule, 'actual' | 'threshold'> & {
  actual?: unknown;
  threshold?: unknown;
};

/** When a step began and how long it took. */
export interface StepTiming {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timing: 'measured' | 'inferred';
}

/** Where a step stands in its execution. */
export interface StepPlace {
  readonly sequence: number;
  readonly parent: number | undefined;
}

/** One step as JSON text, in parts, so that an oversized snapshot can shed some of them. */
export interface StepText {
  readonly name: string;
  readonly status: StepStatus;
  readonly kind: Kind | undefined;
  /** The members that are never shed, without braces. */
  readonly head: string;
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly reasoning: string | undefined;
  /** Their paths begin at the step. */
  readonly marks: readonly Mark[];
}

/** Captures a step at once: later changes to the host's objects do not reach the text. */
export function writeStep(
  capture: Capture,
  place: StepPlace,
  step: StepRecord,
  timing: StepTiming,
): StepText {
  const marks: Mark[] = [];
  const head = new ObjectWriter(capture, marks);
  const status =
    oneOf(STEP_STATUSES, step.status) ?? (step.error === undefined ? 'completed' : 'failed');
  const kind = oneOf(KINDS, step.kind);

  head.raw('sequence', String(place.sequence));
  if (place.parent !== undefined) head.raw('parent', String(place.parent));
  if (!head.string('name', step.name, FIELD_BOUNDS.name)) head.raw('name', '"unnamed"');
  if (kind !== undefined) head.raw('kind', `"${kind}"`);
  else head.wrong('kind', step.kind);
  head.raw('status', `"${status}"`);
  head.raw('startedAt', `"${isoTime(timing.startedAtMs)}"`);
  head.raw('durationMs', String(roundMs(timing.durationMs)));
  head.raw('timing', `"${timing.timing}"`);
  writeRest(head, step);

  return {
    name: typeof step.name === 'string' ? step.name : 'unnamed',
    status,
    kind,
    head: head.members,
    input: captured(capture, marks, 'input', step.input, FIELD_BOUNDS.stepValueBytes),
    output: captured(capture, marks, 'output', step.output, FIELD_BOUNDS.stepValueBytes),
    reasoning: captured(
      capture,
      marks,
      'reasoning',
      textOf(step.reasoning),
      FIELD_BOUNDS.reasoningBytes,
    ),
    marks,
  };
}

function writeRest(head: ObjectWriter, step: StepRecord): void {
  if (step.error !== undefined)
    head.object('error', { error: step.error }, (out, { error }) => writeError(out, error));
  if (step.attempt !== undefined) head.count('attempt', step.attempt);
  if (step.actor !== undefined) head.object('actor', step.actor, writeActor);
  if (step.model !== undefined) head.object('model', step.model, writeModel);
  if (step.rules !== undefined) head.list('rules', step.rules, FIELD_BOUNDS.rules, writeRule);
  if (step.artifacts !== undefined) {
    head.list('artifacts', step.artifacts, FIELD_BOUNDS.artifacts, writeArtifact);
  }
  if (step.metrics !== undefined) {
    head.record('metrics', step.metrics, FIELD_BOUNDS.metrics, writeNumber);
  }
}

/** Whatever was thrown, as a type and a message. The stack stays at home: it may name what is secret. */
export function writeError(out: ObjectWriter, error: unknown): boolean {
  const { type, message } = describeError(error);
  if (!out.string('type', type, FIELD_BOUNDS.name)) out.raw('type', '"Error"');
  if (!out.text('message', message, FIELD_BOUNDS.smallValueBytes, 'error.message')) {
    out.raw('message', '""');
  }
  return true;
}

function describeError(error: unknown): { type: string; message: string } {
  try {
    if (error instanceof Error) return { type: String(error.name), message: String(error.message) };
    if (typeof error === 'object' && error !== null && 'message' in error) {
      const type = 'type' in error ? error.type : 'name' in error ? error.name : 'Error';
      return { type: String(type), message: String(error.message) };
    }
    return { type: 'Error', message: String(error) };
  } catch {
    return { type: 'Error', message: '' };
  }
}

function captured(
  capture: Capture,
  marks: Mark[],
  field: string,
  value: unknown,
  maxBytes: number,
): string | undefined {
  if (value === undefined) return undefined;
  const { json, marks: found } = capture.value(value, field, maxBytes);
  for (const mark of found) marks.push({ ...mark, path: `/${field}${mark.path}` });
  return json;
}

function textOf(text: unknown): string | undefined {
  if (text === undefined || text === null) return undefined;
  return typeof text === 'string' ? text : String(text);
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((name) => name === value);
}
