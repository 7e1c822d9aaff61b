import { isoTime, roundMs } from './clock.js';
import { FIELD_BOUNDS } from './limits.js';
import { quote } from './text.js';
import type { Mark, Status } from './types.js';
import type { StepText } from './step-text.js';

/** One flush of an execution, captured: nothing in it can change any more. */
export interface ExecutionText {
  readonly executionId: string;
  readonly revision: number;
  readonly status: Status;
  /** The members that are captured already: pipeline, subjects, input, decision and their like. */
  readonly fields: ReadonlyMap<string, FieldText>;
  readonly steps: readonly StepText[];
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** One member of the snapshot as JSON text, key and value; its marks' paths begin at the snapshot. */
export interface FieldText {
  readonly member: string;
  readonly marks: readonly Mark[];
}

/** What the client adds to every snapshot of its own. */
export interface Envelope {
  readonly appId: string;
  readonly environment: string | undefined;
  readonly instanceId: string;
  /** Only terminal snapshots are numbered: a gap is a measured loss. */
  readonly instanceSeq: number | undefined;
  readonly snapshotsSinceLast: number;
  readonly sdk: { readonly name: string; readonly version: string };
}

/** The snapshot's JSON text (docs/wire-format.md). `sentAt` is added when it is sent. */
export function serialize(execution: ExecutionText, envelope: Envelope): string {
  const marks: Mark[] = [];
  let text =
    `{"schemaVersion":1,"executionId":"${execution.executionId}","revision":${String(execution.revision)}` +
    `,"instanceId":"${envelope.instanceId}"`;
  if (envelope.instanceSeq !== undefined) text += `,"instanceSeq":${String(envelope.instanceSeq)}`;
  text += `,"appId":"${envelope.appId}"`;
  if (envelope.environment !== undefined) text += `,"environment":${quote(envelope.environment)}`;
  text += `,"status":"${execution.status}","startedAt":"${isoTime(execution.startedAtMs)}"`;
  if (execution.status !== 'running') {
    text += `,"endedAt":"${isoTime(execution.startedAtMs + execution.durationMs)}"`;
  }
  text += `,"durationMs":${String(roundMs(execution.durationMs))}`;
  for (const field of execution.fields.values()) {
    text += `,${field.member}`;
    adopt(marks, '', field.marks);
  }
  text += ',"steps":[';
  execution.steps.forEach((step, index) => {
    text += index === 0 ? stepJson(step) : `,${stepJson(step)}`;
    adopt(marks, `/steps/${String(index)}`, step.marks);
  });
  text += ']';
  if (envelope.snapshotsSinceLast > 0) {
    text += `,"dropped":{"snapshotsSinceLast":${String(envelope.snapshotsSinceLast)}}`;
  }
  if (marks.length > 0) text += `,"marks":${JSON.stringify(bounded(marks))}`;
  return `${text},"sdk":{"name":"${envelope.sdk.name}","version":"${envelope.sdk.version}"}}`;
}

function stepJson(step: StepText): string {
  let text = `{${step.head}`;
  if (step.input !== undefined) text += `,"input":${step.input}`;
  if (step.output !== undefined) text += `,"output":${step.output}`;
  if (step.reasoning !== undefined) text += `,"reasoning":${step.reasoning}`;
  return `${text}}`;
}

function adopt(marks: Mark[], prefix: string, found: readonly Mark[]): void {
  for (const mark of found) marks.push({ ...mark, path: prefix + mark.path });
}

/** One mark over the limit stands for all that did not fit. */
function bounded(marks: readonly Mark[]): readonly Mark[] {
  if (marks.length <= FIELD_BOUNDS.marks) return marks;
  const overflow: Mark = {
    path: '/marks',
    kind: 'truncated',
    original: marks.length,
    kept: FIELD_BOUNDS.marks,
    unit: 'items',
  };
  return [...marks.slice(0, FIELD_BOUNDS.marks), overflow];
}
