import { utf8Length } from '#platform';

import type { CandidateText } from './candidate-text.js';
import {
  type Capture,
  type Captured,
  type CapturedValues,
  STEP_VALUE_BYTES,
  type StepValue,
} from './capture.js';
import { writeError } from './error-fields.js';
import {
  EFFECTS,
  KINDS,
  writeActor,
  writeArtifact,
  writeModel,
  writeRule,
  writeRuleDetails,
} from './fields.js';
import { CAPTURE_BOUNDS, FIELD_BOUNDS } from './limits.js';
import { ObjectWriter, type WriteObject } from './object-writer.js';
import { isObject, itemsOf, readParts, scalarText, type Source } from './source.js';
import { cutUnits, isAscii, nameMember, quote } from './text.js';
import { pointerSegment } from './value-writer.js';
import { headOf, type StepText, type StepTiming } from './step-text.js';
import type { Reason } from './wire/decision.js';
import type { Mark } from './wire/snapshot.js';
import type { Kind, StepStatus } from './wire/step.js';

const OUTPUT = '"of":"output"';
const VALUE = '"of":"value"';
const LOST = '"of":"lost"';

/** With less room than this, only the beginning of a streamed value would fit, so it is not captured. */
const MIN_STREAMED_BYTES = 16;

/** This is far more than a snapshot holds. It limits a host that repeats a mistake. */
const MAX_MARKS = 1_000;

/**
 * A step that is still being recorded. It captures every part at once, as text. A later part
 * replaces an earlier one.
 */
export class StepDraft {
  readonly sequence: number;
  readonly name: string;
  readonly #parent: number | undefined;
  readonly #capture: Capture;
  /** Values that were captured before the draft was made. */
  readonly #given: CapturedValues;
  readonly #payloads: Record<StepValue, string | undefined> = {
    input: undefined,
    output: undefined,
    reasoning: undefined,
  };
  /** The less common members by name, each text with its key. */
  #members: Map<string, string> | undefined;
  #rules: string[] | undefined;
  #artifacts: string[] | undefined;
  #marks: Mark[] = [];
  /** The function returned a promise. */
  isAsync = false;
  #isHandedBack = false;
  #returned: string | undefined;
  #value: string | undefined;
  #outputTypes: Captured['types'];
  #candidates: CandidateText | undefined;
  #hasCandidates = false;
  #stream: { readonly values: string[]; bytesLeft: number; total: number } | undefined;
  #kind: Kind | undefined;
  /** Whether all values are known to be ASCII. */
  #isAscii = true;

  /** @param parent the sequence of the enclosing step. */
  constructor(
    capture: Capture,
    sequence: number,
    parent: number | undefined,
    name: unknown,
    given: CapturedValues = {},
  ) {
    this.#capture = capture;
    this.#given = given;
    this.sequence = sequence;
    this.#parent = parent;
    const isFitting = typeof name === 'string' && name !== '' && name.length <= FIELD_BOUNDS.name;
    this.name = isFitting ? name : this.#fittingName(name);
  }

  /** Whether this step has a set of candidates, or is recording one. */
  get hasCandidates(): boolean {
    return this.#hasCandidates;
  }

  hasOutput(): boolean {
    return this.#payloads.output !== undefined;
  }

  /** Sets the kind of the step, unless the host gave one. */
  suggestKind(kind: Kind): void {
    this.#kind ??= kind;
  }

  recordCandidates(write: (capture: Capture) => CandidateText): void {
    // The host's functions below may record candidates in this very step.
    this.#hasCandidates = true;
    this.#candidates = write(this.#capture);
  }

  note(note: unknown): void {
    if (note === undefined || note === null) return;
    if (!isObject(note)) {
      this.lose('');
      return;
    }
    readParts(
      note,
      (from) => this.#note(from),
      (key) => this.lose(key),
    );
  }

  payload(name: StepValue, value: unknown): void {
    if (value === undefined) return;
    const captured = this.#given[name] ?? this.#capture.stepValue(name, value);
    if (captured.isAscii !== true) this.#isAscii = false;
    const { json, marks } = captured;
    if (name === 'output') this.#outputTypes = captured.types;
    if (this.#payloads[name] !== undefined && isLost(captured)) {
      this.#mark({ path: `/${name}`, kind: 'dropped' });
      return;
    }
    this.#forgetMarks(name);
    // Reasoning is text on the wire, so other values become the text of their JSON.
    const isText = name !== 'reasoning' || json.startsWith('"');
    this.#payloads[name] = isText ? json : quote(json);
    if (!isText) this.#marks.push({ path: '/reasoning', kind: 'coerced' });
    for (const mark of marks) this.#marks.push({ ...mark, path: `/${name}${mark.path}` });
  }

  /** One value of an iterator. All of its values together are the output. */
  streamed(value: unknown): void {
    const stream = (this.#stream ??= { values: [], bytesLeft: STEP_VALUE_BYTES.output, total: 0 });
    stream.total += 1;
    if (stream.values.length >= CAPTURE_BOUNDS.items || stream.bytesLeft < MIN_STREAMED_BYTES)
      return;
    const { json, marks } = this.#capture.value(value, 'output', stream.bytesLeft - 3);
    const path = `/output/${String(stream.values.length)}`;
    for (const mark of marks) this.#mark({ ...mark, path: path + mark.path });
    stream.values.push(json);
    stream.bytesLeft -= utf8Length(json) + 1;
  }

  /** Records the output: the values of the iterator, or the result. */
  result(result: unknown, keepsValues: boolean): void {
    const isLost = this.#isHandedBack || typeof result === 'function';
    this.#returned = isLost ? LOST : OUTPUT;
    if (this.hasOutput() || this.#hasCandidates) {
      if (!isLost) this.#returnedBeside(result, keepsValues);
      return;
    }
    if (this.#stream !== undefined) {
      this.#endStream();
      return;
    }
    this.payload('output', result);
    if (isLost) return;
    this.#returned = OUTPUT + typesText(this.#outputTypes);
    const isCut = this.#marks.some(
      ({ path, kind }) => kind === 'truncated' && path.startsWith('/output'),
    );
    if (isCut && keepsValues) this.#returnedBeside(result, keepsValues);
  }

  /** Records the error of the function. It may have yielded values before. */
  thrown(error: unknown): void {
    const isPlain = !this.hasOutput() && !this.#hasCandidates;
    if (isPlain && this.#stream !== undefined) this.#endStream();
    this.#returned = '"of":"error"';
    this.error(error);
  }

  /** The function returned a stream or a query, which a replay cannot return again. */
  handsBack(): void {
    this.#isHandedBack = true;
  }

  #endStream(): void {
    if (this.#stream === undefined) return;
    this.#payloads.output = this.#streamedOutput();
    const { values, total: original } = this.#stream;
    const kept = values.length;
    if (kept < original) {
      this.#mark({ path: '/output', kind: 'truncated', original, kept, unit: 'items' });
    }
  }

  /** Records a return value that may differ from the output that the host noted. */
  #returnedBeside(result: unknown, keepsValues: boolean): void {
    if (result === undefined) {
      this.#returned = '"of":"value","types":{"":"undefined"}';
      return;
    }
    this.#returned = LOST;
    if (!keepsValues || !this.#mayBeAnswered()) return;
    const { json, marks, types } = this.#capture.value(
      result,
      'output',
      FIELD_BOUNDS.returnedValueBytes,
    );
    if (marks.some(({ kind }) => kind === 'truncated')) return;
    if (json === this.#payloads.output) {
      this.#returned = OUTPUT + typesText(types);
      return;
    }
    this.#returned = VALUE + typesText(types);
    this.#value = json;
    for (const mark of marks) this.#mark({ ...mark, path: `/returned/value${mark.path}` });
  }

  /** Whether a replay answers this step from the record. Other steps run again. */
  #mayBeAnswered(): boolean {
    switch (this.#kind) {
      case 'retrieve':
      case 'human':
      case 'action':
        return true;
      case 'model':
      case 'llm':
        return this.isAsync;
      default:
        return false;
    }
  }

  error(error: unknown): void {
    this.#member('error', (out) =>
      out.object('error', { error }, (nested, from) => {
        writeError(nested, from['error']);
        return true;
      }),
    );
  }

  rules(rules: unknown): void {
    this.#all('rules', rules, FIELD_BOUNDS.rules, (rule) => this.rule(rule));
  }

  rule(rule: unknown): void {
    this.#rules ??= [];
    this.#append(this.#rules, 'rules', rule, FIELD_BOUNDS.rules, writeRule);
  }

  /** Records a check. Returns the reason for the decision if it failed. */
  check(id: unknown, isPassed: unknown, details: unknown): Reason | undefined {
    this.suggestKind('rules');
    let reason: Reason | undefined;
    const isAbsent = details === undefined || details === null;
    this.#rules ??= [];
    const given = isObject(details) ? details : {};
    const judge = (from: Source): void => {
      const effect = EFFECTS.find((name) => name === from['effect']) ?? 'reject';
      const isDeciding = !isPassed && effect === 'reject';
      reason = isDeciding ? reasonOf(id, from['reason'], from['text']) : undefined;
    };
    // Rules beyond the bound are only counted, but can still decide.
    if (this.#rules.length >= FIELD_BOUNDS.rules) readParts(given, judge, () => {});
    this.#append(this.#rules, 'rules', given, FIELD_BOUNDS.rules, (out, from) => {
      judge(from);
      out.required('id', id, FIELD_BOUNDS.id);
      out.raw('result', isPassed ? '"pass"' : '"fail"');
      if (typeof isPassed !== 'boolean') out.mark('result', { kind: 'coerced' });
      writeRuleDetails(out, from, id);
      return true;
    });
    if (!isAbsent && !isObject(details)) this.#countLost('rules');
    return reason;
  }

  artifacts(artifacts: unknown): void {
    this.#all('artifacts', artifacts, FIELD_BOUNDS.artifacts, (artifact) =>
      this.artifact(artifact),
    );
  }

  artifact(artifact: unknown): void {
    this.#artifacts ??= [];
    this.#append(this.#artifacts, 'artifacts', artifact, FIELD_BOUNDS.artifacts, writeArtifact);
  }

  /** Marks a part of the step that could not be recorded. The empty key means the whole step. */
  lose(key: string): void {
    this.#mark({ path: key === '' ? '' : `/${pointerSegment(key)}`, kind: 'dropped' });
  }

  /** Returns the current state of the step. The draft stays usable. */
  freeze(status: StepStatus, timing: StepTiming): StepText {
    let head = headOf(this.#nameMember(), status, this.sequence, timing);
    if (this.#parent !== undefined) head += `,"parent":${String(this.#parent)}`;
    if (this.#kind !== undefined) head += `,"kind":"${this.#kind}"`;
    if (this.#members !== undefined) head += `,${[...this.#members.values()].join(',')}`;
    if (this.#rules !== undefined) head += `,"rules":[${this.#rules.join(',')}]`;
    if (this.#artifacts !== undefined) head += `,"artifacts":[${this.#artifacts.join(',')}]`;
    const others = this.#value ?? this.#stream;
    const isSetAscii = this.#candidates?.isAscii !== false;
    return {
      isAscii: this.#isAscii && others === undefined && isSetAscii && isAscii(head),
      name: this.name,
      status,
      kind: this.#kind,
      head,
      input: this.#payloads.input,
      output: this.#payloads.output ?? this.#streamedOutput(),
      reasoning: this.#payloads.reasoning,
      returned: this.#returnedMembers(),
      value: this.#value,
      candidates: this.#candidates,
      marks: this.#marks,
    };
  }

  #note({ kind, input, output, reasoning, attempt, actor, model, metrics }: Source): void {
    if (kind !== undefined && kind !== null) this.#setKind(kind);
    if (input !== undefined) this.payload('input', input);
    if (output !== undefined) this.payload('output', output);
    if (reasoning !== undefined && reasoning !== null) this.payload('reasoning', reasoning);
    if (attempt !== undefined) this.#member('attempt', (out) => out.count('attempt', attempt));
    if (actor !== undefined) this.#member('actor', (out) => out.object('actor', actor, writeActor));
    if (model !== undefined) this.#member('model', (out) => out.object('model', model, writeModel));
    if (metrics !== undefined) {
      this.#member('metrics', (out) =>
        out.record('metrics', metrics, FIELD_BOUNDS.metrics, (entry, key, value) =>
          entry.number(key, value),
        ),
      );
    }
  }

  #returnedMembers(): string | undefined {
    const members = this.#returned ?? (this.#isHandedBack ? LOST : undefined);
    return members !== undefined && this.isAsync ? `"async":true,${members}` : members;
  }

  #streamedOutput(): string | undefined {
    return this.#stream && `[${this.#stream.values.join(',')}]`;
  }

  #nameMember(): string {
    const member = nameMember(this.name);
    if (member !== undefined) return member.json;
    this.#forgetMarks('name');
    const out = new ObjectWriter(this.#capture, this.#marks);
    out.string('name', this.name, FIELD_BOUNDS.name);
    return out.members;
  }

  /** A step with an invalid name gets a placeholder and a mark. */
  #fittingName(name: unknown): string {
    const given = typeof name === 'string' ? name : scalarText(name);
    if (given === undefined || given === '') {
      this.#marks.push({ path: '/name', kind: 'dropped' });
      return 'unnamed';
    }
    if (given !== name) this.#marks.push({ path: '/name', kind: 'coerced' });
    const kept = cutUnits(given, FIELD_BOUNDS.name);
    const [original, length] = [given.length, kept.length];
    if (length < original) {
      this.#marks.push({ path: '/name', kind: 'truncated', original, kept: length });
    }
    return kept;
  }

  #setKind(kind: unknown): void {
    const known = KINDS.find((name) => name === kind);
    if (known === undefined) this.lose('kind');
    else this.#kind = known;
  }

  #member(name: string, write: (out: ObjectWriter) => boolean): void {
    const out = new ObjectWriter(this.#capture);
    const isWritten = write(out);
    if (isWritten) {
      this.#forgetMarks(name);
      (this.#members ??= new Map()).set(name, out.members);
    }
    for (const mark of out.marks) this.#mark(mark);
  }

  #all(
    name: 'rules' | 'artifacts',
    values: unknown,
    maxItems: number,
    add: (value: unknown) => void,
  ) {
    if (values === undefined || values === null) return;
    const given = itemsOf(values, maxItems);
    if (given === undefined) {
      this.lose(name);
      return;
    }
    for (const value of given.items) add(value);
    const more = given.total - given.items.length;
    if (more > 0) this.#countCut(name, maxItems, more);
  }

  #append(
    list: string[],
    name: string,
    value: unknown,
    maxItems: number,
    write: WriteObject,
  ): void {
    if (list.length >= maxItems) {
      this.#countCut(name, maxItems, 1);
      return;
    }
    const out = new ObjectWriter(this.#capture);
    if (!out.object('item', value, write)) {
      this.#countLost(name);
      return;
    }
    const prefix = `/${name}/${String(list.length)}`;
    list.push(out.members.slice('"item":'.length));
    for (const mark of out.marks) {
      this.#mark({ ...mark, path: prefix + mark.path.slice('/item'.length) });
    }
  }

  /** Keeps a single mark with the total number, however many come too late. */
  #countCut(name: string, kept: number, more: number): void {
    this.#count({ path: `/${name}`, kind: 'truncated', kept, unit: 'items' }, kept, more);
  }

  /** Keeps a single mark with the number of parts that could not be recorded. */
  #countLost(name: string): void {
    this.#count({ path: `/${name}`, kind: 'dropped', unit: 'items' }, 0, 1);
  }

  #count(mark: Omit<Mark, 'original'>, first: number, more: number): void {
    const isSame = ({ path, kind }: Mark): boolean => path === mark.path && kind === mark.kind;
    const last = this.#marks.findIndex(isSame);
    const original = (this.#marks[last]?.original ?? first) + more;
    this.#marks.splice(last < 0 ? this.#marks.length : last, 1, { ...mark, original });
  }

  #mark(mark: Mark): void {
    if (this.#marks.length < MAX_MARKS) this.#marks.push(mark);
  }

  /** Removes the marks of a value that is being replaced. */
  #forgetMarks(name: string): void {
    if (this.#marks.length === 0) return;
    const path = `/${name}`;
    this.#marks = this.#marks.filter(
      (mark) => mark.path !== path && !mark.path.startsWith(`${path}/`),
    );
  }
}

function typesText(types: Captured['types']): string {
  return types === undefined ? '' : `,"types":${JSON.stringify(types)}`;
}

/** Whether no part of the value could be read. */
function isLost({ json, marks }: Captured): boolean {
  return json === 'null' && marks.some(({ path, kind }) => path === '' && kind === 'dropped');
}

function reasonOf(id: unknown, reason: unknown, text: unknown): Reason {
  const name = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : scalarText(value);
  const ruleId = name(id);
  return {
    code: name(reason) ?? ruleId ?? 'unnamed',
    text: typeof text === 'string' ? text : scalarText(text),
    ruleId,
  };
}
