import type { Capture } from './capture.js';
import { quote } from './text.js';
import type { Mark } from './wire/snapshot.js';
import { asRecord, pointerSegment } from './value-writer.js';

/**
 * Writes the JSON text of one object of the wire format, field by field, out of what the host gave:
 * a field of a wrong type is left out and one too long is cut, each with a mark. So the text is always
 * valid under the schema, whatever the host passed past the type checker.
 */
export class ObjectWriter {
  readonly capture: Capture;
  readonly #marks: Mark[];
  readonly #path: string;
  #text = '';

  constructor(capture: Capture, marks: Mark[] = [], path = '') {
    this.capture = capture;
    this.#marks = marks;
    this.#path = path;
  }

  /** The members written so far, without the braces. */
  get members(): string {
    return this.#text;
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** Whatever the host's getters or proxies throw while a member is written costs that member alone. */
  guarded(key: string, write: (out: ObjectWriter) => boolean): boolean {
    const before = this.#text;
    try {
      return write(this);
    } catch {
      this.#text = before;
      this.mark(key, { kind: 'dropped' });
      return false;
    }
  }

  /** Adds a member whose text is JSON already. */
  raw(key: string, json: string): void {
    this.#text += this.#text === '' ? `"${key}":${json}` : `,"${key}":${json}`;
  }

  /** A name or identifier; an empty one counts as wrong. */
  string(key: string, value: unknown, maxLength: number): boolean {
    if (typeof value !== 'string' || value === '') return this.wrong(key, value);
    let text = value;
    if (text.length > maxLength) {
      text = cutUnits(text, maxLength);
      this.mark(key, { kind: 'truncated', original: value.length, kept: text.length });
    }
    if (text.includes('\0')) {
      text = text.replaceAll('\0', '\u{FFFD}');
      this.mark(key, { kind: 'coerced' });
    }
    this.raw(key, quote(text));
    return true;
  }

  number(key: string, value: unknown, min = -Infinity, max = Infinity): boolean {
    if (typeof value !== 'number' || !Number.isFinite(value)) return this.wrong(key, value);
    const kept = Math.min(Math.max(value, min), max);
    if (kept !== value) this.mark(key, { kind: 'coerced' });
    this.raw(key, String(kept));
    return true;
  }

  count(key: string, value: unknown): boolean {
    return Number.isSafeInteger(value) ? this.number(key, value, 0) : this.wrong(key, value);
  }

  boolean(key: string, value: unknown): boolean {
    if (typeof value !== 'boolean') return this.wrong(key, value);
    this.raw(key, String(value));
    return true;
  }

  oneOf(key: string, value: unknown, allowed: readonly string[]): boolean {
    if (typeof value !== 'string' || !allowed.includes(value)) return this.wrong(key, value);
    this.raw(key, `"${value}"`);
    return true;
  }

  /** Any value, captured within bytes; `field` begins its redaction path. */
  value(key: string, value: unknown, maxBytes: number, field: string = key): boolean {
    if (value === undefined) return true;
    const captured = this.capture.value(value, field, maxBytes);
    this.raw(key, captured.json);
    this.adopt(key, captured.marks);
    return true;
  }

  /** Free text: captured (so that it is redacted), and left out when it is no string. */
  text(key: string, value: unknown, maxBytes: number, field: string = key): boolean {
    if (typeof value !== 'string') return this.wrong(key, value);
    const captured = this.capture.value(value, field, maxBytes);
    this.adopt(key, captured.marks);
    if (!captured.json.startsWith('"')) return false;
    this.raw(key, captured.json);
    return true;
  }

  /** A nested object; left out with a mark when `write` returns false (something required is missing). */
  object(
    key: string,
    value: unknown,
    write: (out: ObjectWriter, from: Source) => boolean,
  ): boolean {
    if (typeof value !== 'object' || value === null) return this.wrong(key, value);
    const text = this.#nested(`${this.#path}/${pointerSegment(key)}`, value, write);
    if (text === undefined) return this.wrong(key, value);
    this.raw(key, text);
    return true;
  }

  /** A list of objects, cut at `maxItems`; an item that cannot be written is left out with a mark. */
  list(
    key: string,
    values: unknown,
    maxItems: number,
    write: (out: ObjectWriter, from: Source) => boolean,
  ): boolean {
    if (!Array.isArray(values)) return this.wrong(key, values);
    const texts: string[] = [];
    let left = 0;
    for (const value of values.slice(0, maxItems) as unknown[]) {
      const path = `${this.#path}/${pointerSegment(key)}/${String(texts.length)}`;
      const isObject = typeof value === 'object' && value !== null;
      const text = isObject ? this.#nested(path, value, write) : undefined;
      if (text === undefined) left += 1;
      else texts.push(text);
    }
    if (left > 0) this.mark(key, { kind: 'dropped', original: left, unit: 'items' });
    this.#markCut(key, values.length, maxItems);
    this.raw(key, `[${texts.join(',')}]`);
    return true;
  }

  strings(key: string, values: unknown, maxItems: number, maxLength: number): boolean {
    if (!Array.isArray(values)) return this.wrong(key, values);
    const texts: string[] = [];
    for (const value of values.slice(0, maxItems) as unknown[]) {
      const text = typeof value === 'string' ? this.#seen(key, value) : undefined;
      if (text === undefined) this.mark(key, { kind: 'dropped', unit: 'items' });
      else texts.push(quote(this.#shortened(key, text, maxLength)));
    }
    this.#markCut(key, values.length, maxItems);
    this.raw(key, `[${texts.join(',')}]`);
    return true;
  }

  /** A flat record; `write` returns a member's JSON text, or `undefined` to leave it out with a mark. */
  record(
    key: string,
    value: unknown,
    maxKeys: number,
    write: (key: string, value: unknown) => string | undefined,
  ): boolean {
    if (typeof value !== 'object' || value === null) return this.wrong(key, value);
    const out = new ObjectWriter(this.capture, this.#marks, `${this.#path}/${pointerSegment(key)}`);
    const names = Object.keys(value);
    for (const name of names.slice(0, maxKeys)) {
      const json = write(name, asRecord(value)[name]);
      const short = this.#shortened(key, name, 128);
      if (json !== undefined) out.#text += `${out.#text === '' ? '' : ','}${quote(short)}:${json}`;
      else if (asRecord(value)[name] !== undefined) out.mark(name, { kind: 'dropped' });
    }
    this.#markCut(key, names.length, maxKeys);
    this.raw(key, `{${out.#text}}`);
    return true;
  }

  mark(key: string, mark: Omit<Mark, 'path'>): void {
    this.#marks.push({ path: `${this.#path}/${pointerSegment(key)}`, ...mark });
  }

  #nested(
    path: string,
    value: object,
    write: (out: ObjectWriter, from: Source) => boolean,
  ): string | undefined {
    const out = new ObjectWriter(this.capture, this.#marks, path);
    return write(out, asRecord(value)) ? `{${out.#text}}` : undefined;
  }

  /** A text as the redactor lets it through; `undefined` when that is none. */
  #seen(key: string, text: string): string | undefined {
    const { json, marks } = this.capture.value(text, key, 4 * text.length + 64);
    this.adopt(key, marks);
    const seen: unknown = JSON.parse(json);
    return typeof seen === 'string' ? seen : undefined;
  }

  #shortened(key: string, text: string, maxLength: number): string {
    const kept = cutUnits(text.replaceAll('\0', '\u{FFFD}'), maxLength);
    if (kept !== text)
      this.mark(key, { kind: 'truncated', original: text.length, kept: kept.length });
    return kept;
  }

  /** Takes over marks whose paths begin at the member. */
  adopt(key: string, marks: readonly Mark[]): void {
    if (marks.length === 0) return;
    const prefix = `${this.#path}/${pointerSegment(key)}`;
    for (const mark of marks) this.#marks.push({ ...mark, path: prefix + mark.path });
  }

  #markCut(key: string, original: number, kept: number): void {
    if (original > kept) this.mark(key, { kind: 'truncated', original, kept, unit: 'items' });
  }

  /** Leaves a member out. Absent is no mistake; anything else that is not what the field holds is marked and left out. */
  wrong(key: string, value: unknown): boolean {
    if (value !== undefined && value !== null) this.mark(key, { kind: 'dropped' });
    return false;
  }
}

/** What the host passed: typed for its compiler, unknown to us. */
export type Source = Readonly<Record<string, unknown>>;

function cutUnits(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
