import { utf8Length } from '#platform';

import type { CandidateText } from './candidate-text.js';
import { durationText, isoTime } from './clock.js';
import { FIELD_BOUNDS } from './limits.js';
import type { LeftOut } from './step-list.js';
import { partsOf, type PlainStep, type StepParts, type StepText } from './step-text.js';
import type { Text } from './text.js';
import type { Settings } from './options.js';
import type { Mark, Status } from './wire/snapshot.js';
import { VERSION } from './version.js';

/** The captured parts of one flush of an execution. They do not change any more. */
export interface ExecutionText {
  readonly executionId: string;
  readonly revision: number;
  readonly status: Status;
  /** The captured members of the snapshot: pipeline, subjects, input, decision and others. */
  readonly fields: ReadonlyMap<string, FieldText>;
  readonly steps: readonly (PlainStep | StepText)[];
  readonly leftOut: LeftOut | undefined;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/**
 * One member of the snapshot as JSON text, key and value. The paths of its marks begin at the
 * snapshot.
 */
export interface FieldText {
  /** `undefined` if the member was left out and has only marks. */
  readonly member: string | undefined;
  readonly isAscii: boolean;
  readonly marks: readonly Mark[];
}

/** The members that the client adds to a snapshot. */
export interface Envelope {
  /** The result of `writeClient`, which is the same for all snapshots of a client. */
  readonly client: string;
  /** A number for terminal snapshots only. A gap in the numbers means a lost snapshot. */
  readonly instanceSeq: number | undefined;
  readonly snapshotsSinceLast: number;
}

/** The members of a snapshot that describe the client, without braces. */
export function writeClient({ appId }: Pick<Settings, 'appId'>, instanceId: string): string {
  const sdk = `"sdk":{"name":"@xray/sdk","version":"${VERSION}"}`;
  return `${sdk},"instanceId":"${instanceId}","appId":"${appId}"`;
}

/** The parts that an oversized snapshot leaves out, in this order (docs/wire-format.md, Limits). */
const SHEDDING = [
  'returned',
  'candidate_data',
  'candidate_items',
  'values',
  'reasoning',
  'ledger_scores',
  'ledger',
] as const;
type Sheddable = (typeof SHEDDING)[number];
const NOTHING: ReadonlySet<Sheddable> = new Set();

/**
 * The snapshot's JSON text. It leaves parts out until the text takes at most `maxBytes` in UTF-8. It
 * keeps ids, statuses, outcomes, reasons, counts and marks. `sentAt` is added on sending.
 */
export function serialize(execution: ExecutionText, envelope: Envelope, maxBytes: number): Text {
  const whole = new SnapshotWriter(execution, envelope, NOTHING).write(maxBytes);
  if (fits(whole, maxBytes)) return whole;
  const shed = new Set<Sheddable>();
  for (const kind of SHEDDING) {
    shed.add(kind);
    const text = new SnapshotWriter(execution, envelope, shed).write(maxBytes);
    if (fits(text, maxBytes)) return text;
  }
  return new SnapshotWriter(execution, envelope, shed).write(Infinity);
}

/** One UTF-16 unit takes at most three bytes. */
function fits({ json, isAscii }: Text, maxBytes: number): boolean {
  if (json.length * (isAscii ? 1 : 3) <= maxBytes) return true;
  return json.length <= maxBytes && !isAscii && utf8Length(json) <= maxBytes;
}

/** Writes a snapshot without the parts to leave out, and marks each of them. */
class SnapshotWriter {
  readonly #execution: ExecutionText;
  readonly #envelope: Envelope;
  readonly #shed: ReadonlySet<Sheddable>;
  readonly #marks: Mark[] = [];
  #itemsShed = 0;
  #bytesShed = 0;

  constructor(execution: ExecutionText, envelope: Envelope, shed: ReadonlySet<Sheddable>) {
    this.#execution = execution;
    this.#envelope = envelope;
    this.#shed = shed;
  }

  /** Stops at a text that is clearly too long, and returns it incomplete. */
  write(maxBytes: number): Text {
    let json = this.#head();
    let isAscii = true;
    const { fields, steps } = this.#execution;
    for (const [name, field] of fields) {
      const isValue = name === 'input' || name === 'output';
      const { member } = field;
      this.#adopt('', field.marks);
      if (member === undefined) continue;
      if (isValue && this.#leavesOut('values', `/${name}`, member)) continue;
      json += `,${member}`;
      isAscii &&= field.isAscii;
    }
    json += ',"steps":[';
    for (let index = 0; index < steps.length; index += 1) {
      const step = steps[index];
      if (step === undefined) break;
      json += index === 0 ? '{' : ',{';
      json += this.#step(step, index);
      json += '}';
      isAscii &&= step.isAscii;
      if (json.length > maxBytes) return { json, isAscii };
    }
    json += `]${this.#dropped()}`;
    if (this.#marks.length > 0) {
      isAscii = false;
      json += `,"marks":${JSON.stringify(bounded(this.#marks))}`;
    }
    return { json: `${json}}`, isAscii: isAscii && this.#execution.leftOut === undefined };
  }

  #head(): string {
    const { executionId, revision, status, startedAtMs, durationMs } = this.#execution;
    const { client, instanceSeq } = this.#envelope;
    let json = `{"schemaVersion":1,${client},"executionId":"${executionId}","revision":${String(revision)}`;
    if (instanceSeq !== undefined) json += `,"instanceSeq":${String(instanceSeq)}`;
    json += `,"status":"${status}","startedAt":"${isoTime(startedAtMs)}"`;
    if (status !== 'running') json += `,"endedAt":"${isoTime(startedAtMs + durationMs)}"`;
    return `${json},"durationMs":${durationText(durationMs)}`;
  }

  #step(given: PlainStep | StepText, index: number): string {
    const isWhole = this.#shed.size === 0;
    if (isWhole && 'json' in given) return given.json;
    const step = 'json' in given ? partsOf(given) : given;
    if (isWhole && step.marks.length === 0 && step.candidates === undefined) return wholeStep(step);
    const path = `/steps/${String(index)}`;
    let json = step.head;
    for (const name of ['input', 'output', 'reasoning'] as const) {
      const text = step[name];
      if (text === undefined) continue;
      const kind = name === 'reasoning' ? 'reasoning' : 'values';
      if (!this.#leavesOut(kind, `${path}/${name}`, text)) json += `,"${name}":${text}`;
    }
    json += this.#returned(step, path);
    this.#adopt(path, step.marks);
    if (step.candidates === undefined) return json;
    this.#adopt(path, step.candidates.marks);
    return `${json},"candidates":{${this.#candidates(step.candidates, `${path}/candidates`)}}`;
  }

  #returned({ returned, value }: StepParts, path: string): string {
    if (returned === undefined) return '';
    if (value === undefined) return `,"returned":{${returned}}`;
    return this.#leavesOut('returned', `${path}/returned/value`, value)
      ? `,"returned":{${returned.replace('"of":"value"', '"of":"lost"')}}`
      : `,"returned":{${returned},"value":${value}}`;
  }

  #candidates({ head, items, ledger }: CandidateText, path: string): string {
    let json = `${head},"items":[`;
    const itemsLength = items.reduce((sum, item) => sum + item.members.length, 0);
    if (items.length > 0 && this.#sheds('candidate_items', `${path}/items`, itemsLength)) {
      this.#itemsShed += items.length;
    } else {
      json += items
        .map(({ members, data }, index) => {
          const isBare =
            data === undefined ||
            this.#leavesOut('candidate_data', `${path}/items/${String(index)}/data`, data);
          return isBare ? `{${members}}` : `{${members},${data}}`;
        })
        .join(',');
    }
    json += ']';
    if (ledger === undefined) return json;
    const length = ledger.members.length + (ledger.scores?.length ?? 0);
    if (this.#sheds('ledger', `${path}/ledger`, length)) return json;
    json += `,"ledger":{${ledger.members}`;
    const { scores } = ledger;
    const hasScores =
      scores !== undefined && !this.#leavesOut('ledger_scores', `${path}/ledger/scores`, scores);
    return hasScores ? `${json},"scores":${scores}}` : `${json}}`;
  }

  #dropped(): string {
    const { leftOut } = this.#execution;
    const { snapshotsSinceLast } = this.#envelope;
    if ((leftOut?.total ?? 0) + this.#itemsShed + this.#bytesShed + snapshotsSinceLast === 0)
      return '';
    const counts = {
      ...(leftOut === undefined
        ? {}
        : { steps: leftOut.total, stepsByName: Object.fromEntries(leftOut.byName) }),
      ...(this.#itemsShed > 0 ? { candidates: this.#itemsShed } : {}),
      ...(this.#bytesShed > 0 ? { bytes: this.#bytesShed } : {}),
      ...(snapshotsSinceLast > 0 ? { snapshotsSinceLast } : {}),
    };
    return `,"dropped":${JSON.stringify(counts)}`;
  }

  #leavesOut(kind: Sheddable, path: string, text: string): boolean {
    return this.#sheds(kind, path, text.length);
  }

  #sheds(kind: Sheddable, path: string, original: number): boolean {
    if (!this.#shed.has(kind)) return false;
    this.#bytesShed += original;
    this.#marks.push({ path, kind: 'dropped', rule: 'snapshot_bytes', original, unit: 'bytes' });
    return true;
  }

  #adopt(prefix: string, found: readonly Mark[]): void {
    for (const mark of found) {
      this.#marks.push(prefix === '' ? mark : { ...mark, path: prefix + mark.path });
    }
  }
}

/** A step without marks from which nothing is left out. Almost all steps are like this. */
function wholeStep({ head, input, output, reasoning, returned, value }: StepParts): string {
  let json = head;
  if (input !== undefined) json += `,"input":${input}`;
  if (output !== undefined) json += `,"output":${output}`;
  if (reasoning !== undefined) json += `,"reasoning":${reasoning}`;
  if (returned === undefined) return json;
  json += `,"returned":{${returned}`;
  return value === undefined ? `${json}}` : `${json},"value":${value}}`;
}

/** If there are too many marks, a last mark gives the number of all of them. */
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
