import type { CandidateText } from './candidate-text.js';
import type { Capture } from './capture.js';
import { durationText, isoTime } from './clock.js';
import {
  KINDS,
  STEP_STATUSES,
  writeActor,
  writeArtifact,
  writeError,
  writeModel,
  writeNumber,
  writeRule,
} from './fields.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import { nameMember, quote } from './text.js';
import type { Actor } from './wire/decision.js';
import type { Mark } from './wire/snapshot.js';
import type { Artifact, Kind, Model, Rule, StepStatus } from './wire/step.js';

/**
 * A rule and its result; `actual` and `threshold` may be anything.
 *
 * @example
 * ```ts
 * const rule: RuleRecord = { id: 'min_score', result: 'fail', actual: 640, threshold: 660 };
 * ```
 */
export type RuleRecord = Omit<Rule, 'actual' | 'threshold'> & {
  actual?: unknown;
  threshold?: unknown;
};

/**
 * What may be said of a step at any time while it runs. `input` and `output` may be anything at all.
 *
 * @example
 * ```ts
 * const note: StepNote = { reasoning: 'Two late payments', model: { name: 'gpt-5' } };
 * ```
 */
export interface StepNote {
  kind?: Kind | undefined;
  input?: unknown;
  output?: unknown;
  reasoning?: string | undefined;
  attempt?: number | undefined;
  actor?: Actor | undefined;
  model?: (Omit<Model, 'params'> & { params?: unknown }) | undefined;
  metrics?: Record<string, number> | undefined;
}

/**
 * What the host tells of one whole step, in one go.
 *
 * @example
 * ```ts
 * const record: StepRecord = { name: 'credit_score', output: { score: 750 }, status: 'completed' };
 * ```
 */
export interface StepRecord extends StepNote {
  name: string;
  /** Default: `completed`; `failed` when there is an `error`. */
  status?: StepStatus | undefined;
  /** What was thrown, or a message. */
  error?: unknown;
  /** In milliseconds; default: inferred, as the time since the step recorded before this one. */
  durationMs?: number | undefined;
  rules?: readonly RuleRecord[] | undefined;
  artifacts?: readonly Artifact[] | undefined;
}

/** When a step began and how long it took, both in milliseconds. */
export interface StepTiming {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timing: 'measured' | 'inferred';
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
  readonly candidates: CandidateText | undefined;
  /** Their paths begin at the step. */
  readonly marks: readonly Mark[];
}

// Whole pieces of text, as every piece of a head costs memory.
const MEASURED = '","timing":"measured","sequence":';
const INFERRED = '","timing":"inferred","sequence":';

type PayloadName = 'input' | 'output' | 'reasoning';

const PAYLOAD_BYTES: Record<PayloadName, number> = {
  input: FIELD_BOUNDS.stepValueBytes,
  output: FIELD_BOUNDS.stepValueBytes,
  reasoning: FIELD_BOUNDS.reasoningBytes,
};

/** A step in the making: what it is told is captured at once, as text, and later told replaces earlier. */
export class StepDraft {
  readonly sequence: number;
  readonly name: string;
  readonly #parent: number | undefined;
  readonly #capture: Capture;
  readonly #payloads: Record<PayloadName, string | undefined> = {
    input: undefined,
    output: undefined,
    reasoning: undefined,
  };
  /** The rarer members, by name, each with its key. */
  #members: Map<string, string> | undefined;
  #rules: string[] | undefined;
  #artifacts: string[] | undefined;
  #marks: Mark[] = [];
  #candidates: CandidateText | undefined;
  #kind: Kind | undefined;

  /** @param parent the sequence of the step around this one. */
  constructor(capture: Capture, sequence: number, parent: number | undefined, name: unknown) {
    this.#capture = capture;
    this.sequence = sequence;
    this.#parent = parent;
    this.name = typeof name === 'string' && name !== '' ? name : 'unnamed';
  }

  get candidates(): CandidateText | undefined {
    return this.#candidates;
  }

  hasOutput(): boolean {
    return this.#payloads.output !== undefined;
  }

  /** What the step turned out to be, unless the host said what it is. */
  suggestKind(kind: Kind): void {
    this.#kind ??= kind;
  }

  recordCandidates(write: (capture: Capture) => CandidateText): void {
    this.#candidates = write(this.#capture);
  }

  note(note: StepNote): void {
    if (note.kind !== undefined) this.#setKind(note.kind);
    if (note.input !== undefined) this.payload('input', note.input);
    if (note.output !== undefined) this.payload('output', note.output);
    if (note.reasoning !== undefined && note.reasoning !== null) {
      this.payload('reasoning', note.reasoning);
    }
    if (note.attempt !== undefined)
      this.#member('attempt', (out) => out.count('attempt', note.attempt));
    if (note.actor !== undefined) {
      this.#member('actor', (out) => out.object('actor', note.actor, writeActor));
    }
    if (note.model !== undefined) {
      this.#member('model', (out) => out.object('model', note.model, writeModel));
    }
    if (note.metrics !== undefined) {
      this.#member('metrics', (out) =>
        out.record('metrics', note.metrics, FIELD_BOUNDS.metrics, writeNumber),
      );
    }
  }

  payload(name: PayloadName, value: unknown): void {
    if (value === undefined) return;
    this.#forgetMarks(name);
    const { json, marks } = this.#capture.value(value, name, PAYLOAD_BYTES[name]);
    // Reasoning is text on the wire: anything else is kept as the text of its JSON.
    const isText = name !== 'reasoning' || json.startsWith('"');
    this.#payloads[name] = isText ? json : quote(json);
    if (!isText) this.#marks.push({ path: '/reasoning', kind: 'coerced' });
    for (const mark of marks) this.#marks.push({ ...mark, path: `/${name}${mark.path}` });
  }

  error(error: unknown): void {
    this.#member('error', (out) =>
      out.object('error', { error }, (nested, from) => writeError(nested, from['error'])),
    );
  }

  rule(rule: RuleRecord): void {
    this.#rules ??= [];
    this.#append(this.#rules, 'rules', rule, FIELD_BOUNDS.rules, writeRule);
  }

  artifact(artifact: Artifact): void {
    this.#artifacts ??= [];
    this.#append(this.#artifacts, 'artifacts', artifact, FIELD_BOUNDS.artifacts, writeArtifact);
  }

  /** The step as it stands now. The draft may go on. */
  freeze(status: StepStatus, timing: StepTiming): StepText {
    // Written by hand, as every step takes this way: each of these is known to be valid.
    const source = timing.timing === 'measured' ? MEASURED : INFERRED;
    let head = `${this.#nameMember()},"status":"${status}${source}${String(this.sequence)}`;
    head += `,"startedAt":"${isoTime(timing.startedAtMs)}","durationMs":${durationText(timing.durationMs)}`;
    if (this.#parent !== undefined) head += `,"parent":${String(this.#parent)}`;
    if (this.#kind !== undefined) head += `,"kind":"${this.#kind}"`;
    if (this.#members !== undefined) head += `,${[...this.#members.values()].join(',')}`;
    if (this.#rules !== undefined) head += `,"rules":[${this.#rules.join(',')}]`;
    if (this.#artifacts !== undefined) head += `,"artifacts":[${this.#artifacts.join(',')}]`;
    return {
      name: this.name,
      status,
      kind: this.#kind,
      head,
      input: this.#payloads.input,
      output: this.#payloads.output,
      reasoning: this.#payloads.reasoning,
      candidates: this.#candidates,
      marks: this.#marks,
    };
  }

  #nameMember(): string {
    const member = nameMember(this.name);
    if (member !== undefined) return member;
    this.#forgetMarks('name');
    const out = new ObjectWriter(this.#capture, this.#marks);
    out.string('name', this.name, FIELD_BOUNDS.name);
    return out.members;
  }

  #setKind(kind: unknown): void {
    const known = KINDS.find((name) => name === kind);
    if (known === undefined) this.#marks.push({ path: '/kind', kind: 'dropped' });
    else this.#kind = known;
  }

  #member(name: string, write: (out: ObjectWriter) => boolean): void {
    this.#forgetMarks(name);
    const out = new ObjectWriter(this.#capture, this.#marks);
    if (!out.guarded(name, write)) return;
    this.#members ??= new Map();
    this.#members.set(name, out.members);
  }

  #append(
    list: string[],
    name: string,
    value: object,
    maxItems: number,
    write: Parameters<ObjectWriter['object']>[2],
  ): void {
    if (list.length >= maxItems) {
      this.#countCut(name, maxItems);
      return;
    }
    const out = new ObjectWriter(this.#capture, this.#marks, `/${name}`);
    const index = String(list.length);
    if (out.guarded(index, () => out.object(index, value, write)))
      list.push(out.members.slice(index.length + 3));
  }

  /** One mark says how many there were, however many came too late. */
  #countCut(name: string, kept: number): void {
    const path = `/${name}`;
    const last = this.#marks.findIndex((mark) => mark.path === path && mark.kind === 'truncated');
    const original = last < 0 ? kept : (this.#marks[last]?.original ?? kept);
    const mark: Mark = { path, kind: 'truncated', original: original + 1, kept, unit: 'items' };
    this.#marks.splice(last < 0 ? this.#marks.length : last, 1, mark);
  }

  /** What is replaced takes its marks along. */
  #forgetMarks(name: string): void {
    if (this.#marks.length === 0) return;
    const path = `/${name}`;
    this.#marks = this.#marks.filter(
      (mark) => mark.path !== path && !mark.path.startsWith(`${path}/`),
    );
  }
}

/** The status the host gave, if it is one; else what follows from there being an error. */
export function statusOf(step: Pick<StepRecord, 'status' | 'error'>): StepStatus {
  const given = STEP_STATUSES.find((name) => name === step.status);
  return given ?? (step.error === undefined || step.error === null ? 'completed' : 'failed');
}
