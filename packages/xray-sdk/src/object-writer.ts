import type { Capture } from './capture.js';
import { CAPTURE_BOUNDS } from './limits.js';
import { entriesOf } from './platform-values.js';
import { isObject, itemsOf, readParts, scalarText, type Source } from './source.js';
import { cutUnits, FittingKeys, isStorable, quote, storable } from './text.js';
import { pointerSegment } from './value-writer.js';
import type { Mark } from './wire/snapshot.js';

/** Writes the members of one object. Returns `false` if a required member is missing. */
export type WriteObject = (out: ObjectWriter, from: Source) => boolean;

/** Replaces a missing required name, with a mark. */
const MISSING_NAME = 'unnamed';

/**
 * Writes one object of the wire format as JSON text, field by field. A field of a wrong type is
 * left out and a long one is cut, each with a mark. So the text always fits the schema, and one bad
 * field costs only itself.
 */
export class ObjectWriter {
  readonly capture: Capture;
  readonly #marks: Mark[];
  readonly #path: string;
  /** The host chose the keys, as in `metadata`, so they may be any text. */
  readonly #isRecord: boolean;
  #text = '';
  #holdsGiven = false;

  constructor(capture: Capture, marks: Mark[] = [], path = '', isRecord = false) {
    this.capture = capture;
    this.#marks = marks;
    this.#path = path;
    this.#isRecord = isRecord;
  }

  /** The members written so far, without the braces. */
  get members(): string {
    return this.#text;
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  /** Adds a member whose value is JSON text already. */
  raw(key: string, json: string): void {
    this.#holdsGiven = true;
    this.#add(key, json);
  }

  /**
   * A name or identifier. Numbers and booleans become text, with a mark. An empty text is invalid.
   */
  string(key: string, value: unknown, maxLength: number): boolean {
    const given = typeof value === 'string' ? value : scalarText(value);
    if (given === undefined || given === '') return this.wrong(key, value);
    const isFitting = given.length <= maxLength && isStorable(given);
    const fitted = isFitting ? given : this.#fitted(pointerSegment(key), given, maxLength);
    this.raw(key, quote(fitted));
    if (given !== value) this.mark(key, { kind: 'coerced' });
    return true;
  }

  /** A required name. A missing one becomes a marked placeholder. */
  required(key: string, value: unknown, maxLength: number, placeholder = MISSING_NAME): void {
    if (!this.string(key, value, maxLength)) this.missing(key, value, quote(placeholder));
  }

  /** Writes a placeholder for a required value that was just left out. */
  missing(key: string, value: unknown, json: string): void {
    if (value === undefined || value === null) this.mark(key, { kind: 'dropped' });
    this.#add(key, json);
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

  /** Any value, captured within `maxBytes`. Its redaction path begins with `field`. */
  value(key: string, value: unknown, maxBytes: number, field: string = key): boolean {
    if (value === undefined) return true;
    const captured = this.capture.value(value, field, maxBytes);
    this.raw(key, captured.json);
    this.adopt(key, captured.marks);
    return true;
  }

  /** Free text, redacted and cut to a number of UTF-8 bytes. */
  text(key: string, value: unknown, maxBytes: number, field: string = key): boolean {
    const given = typeof value === 'string' ? value : scalarText(value);
    if (given === undefined) return this.wrong(key, value);
    const { json, marks } = this.capture.text(given, field, maxBytes);
    // The redactor may return any type.
    const isText = json.startsWith('"');
    if (!isText || given !== value) this.mark(key, { kind: 'coerced' });
    this.adopt(key, marks);
    this.raw(key, isText ? json : quote(json));
    return true;
  }

  /** Free text, redacted and cut to a number of UTF-16 units. */
  shortText(key: string, value: unknown, maxLength: number, field: string = key): boolean {
    const given = typeof value === 'string' ? value : scalarText(value);
    if (given === undefined) return this.wrong(key, value);
    const { json, marks } = this.capture.text(given, field, CAPTURE_BOUNDS.stringBytes);
    if (given !== value) this.mark(key, { kind: 'coerced' });
    this.scalar(key, given, { json, marks }, maxLength);
    return true;
  }

  /**
   * A captured value as text, number or boolean. Other values become the text of their JSON. Text is cut to
   * UTF-16 units.
   */
  scalar(
    key: string,
    given: unknown,
    captured: { readonly json: string; readonly marks: readonly Mark[] },
    maxLength: number,
  ): void {
    const isScalar = /^["\d\-tf]/.test(captured.json);
    const json = isScalar ? captured.json : quote(captured.json);
    if (!isScalar) this.mark(key, { kind: 'coerced' });
    const kept =
      json.startsWith('"') && json.length > maxLength + 2 ? cutJson(json, maxLength) : json;
    if (kept === json) {
      this.adopt(key, captured.marks);
    } else {
      this.adopt(
        key,
        captured.marks.filter(({ kind }) => kind !== 'truncated'),
      );
      const original = typeof given === 'string' ? given.length : undefined;
      const length = (JSON.parse(kept) as string).length;
      this.mark(key, {
        kind: 'truncated',
        ...(original === undefined ? {} : { original }),
        kept: length,
      });
    }
    this.raw(key, kept);
  }

  /** A nested object. If it has no valid member, or `write` returns false, it is left out with a mark. */
  object(key: string, value: unknown, write: WriteObject): boolean {
    const path = `${this.#path}/${pointerSegment(key)}`;
    const text = isObject(value) ? this.#nested(path, value, write) : undefined;
    if (text === undefined) return this.wrong(key, value);
    this.raw(key, text);
    return true;
  }

  /**
   * A list of objects, cut at `maxItems`. Invalid items are left out with a mark, and so is a list
   * without any valid item. `asItem` turns the short form of an item into an object.
   */
  list(
    key: string,
    values: unknown,
    maxItems: number,
    write: WriteObject,
    asItem: (value: unknown) => unknown = (value) => value,
  ): boolean {
    const given = itemsOf(values, maxItems);
    if (given === undefined) return this.wrong(key, values);
    const texts: string[] = [];
    const path = `${this.#path}/${pointerSegment(key)}`;
    for (const value of given.items) {
      const item = asItem(value);
      const place = `${path}/${String(texts.length)}`;
      const text = isObject(item) ? this.#nested(place, item, write) : undefined;
      if (text !== undefined) texts.push(text);
    }
    return this.#listed(key, texts, given.items.length, given.total);
  }

  strings(key: string, values: unknown, maxItems: number, maxLength: number): boolean {
    const given = itemsOf(values, maxItems);
    if (given === undefined) return this.wrong(key, values);
    const texts: string[] = [];
    for (const value of given.items) {
      const text = typeof value === 'string' ? value : scalarText(value);
      const item = `${key}/${String(texts.length)}`;
      const seen = text === undefined ? undefined : this.#seen(key, item, text);
      if (seen === undefined) continue;
      if (text !== value) this.#markAt(item, { kind: 'coerced' });
      texts.push(quote(this.#fitted(item, seen, maxLength, text?.length)));
    }
    return this.#listed(key, texts, given.items.length, given.total);
  }

  /** A flat record. `write` gets the shortened key and the host's own key. */
  record(
    key: string,
    value: unknown,
    maxKeys: number,
    write: (out: ObjectWriter, key: string, value: unknown, givenKey: string) => unknown,
  ): boolean {
    const entries = entriesOf(value);
    if (entries === undefined) return this.wrong(key, value);
    const path = `${this.#path}/${pointerSegment(key)}`;
    const out = new ObjectWriter(this.capture, this.#marks, path, true);
    const { keys } = entries;
    const kept = keys.length > maxKeys ? keys.slice(0, maxKeys) : keys;
    const fitting = new FittingKeys(kept, MAX_KEY_LENGTH);
    let given = 0;
    for (const name of kept) {
      const fitted = fitting.fit(name);
      let item: unknown;
      try {
        item = entries.read(name);
      } catch {
        given += 1;
        out.mark(fitted, { kind: 'dropped' });
        continue;
      }
      if (item === undefined || item === null) continue;
      given += 1;
      write(out, fitted, item, name);
      if (fitted !== name) out.mark(fitted, changeOf(name, fitted));
    }
    this.#markCut(key, keys.length, maxKeys);
    if (given > 0 && !out.#holdsGiven) return false;
    this.raw(key, `{${out.#text}}`);
    return true;
  }

  mark(key: string, mark: Omit<Mark, 'path'>): void {
    this.#markAt(pointerSegment(key), mark);
  }

  /** Adds marks whose paths begin at the member. */
  adopt(key: string, marks: readonly Mark[]): void {
    if (marks.length === 0) return;
    const prefix = `${this.#path}/${pointerSegment(key)}`;
    for (const mark of marks) this.#marks.push({ ...mark, path: prefix + mark.path });
  }

  /** Leaves a member out. Adds a mark unless the member is absent. */
  wrong(key: string, value: unknown): false {
    if (value !== undefined && value !== null) this.mark(key, { kind: 'dropped' });
    return false;
  }

  #add(key: string, json: string): void {
    const name = this.#isRecord ? quote(key) : `"${key}"`;
    this.#text += this.#text === '' ? `${name}:${json}` : `,${name}:${json}`;
  }

  #nested(path: string, value: object, write: WriteObject): string | undefined {
    const before = this.#marks.length;
    let out: ObjectWriter | undefined;
    const isWhole = readParts(
      value,
      (from) => {
        this.#marks.length = before;
        out = new ObjectWriter(this.capture, this.#marks, path);
        return write(out, from);
      },
      (key) => out?.mark(key, { kind: 'dropped' }),
    );
    if (isWhole && out !== undefined && out.#holdsGiven) return `{${out.#text}}`;
    // One mark for the whole object replaces the marks of its parts.
    this.#marks.length = before;
    return undefined;
  }

  #listed(key: string, texts: readonly string[], given: number, total: number): boolean {
    const lost = given - texts.length;
    if (lost > 0) this.mark(key, { kind: 'dropped', original: lost, unit: 'items' });
    this.#markCut(key, total, given);
    if (lost > 0 && texts.length === 0) return false;
    this.raw(key, `[${texts.join(',')}]`);
    return true;
  }

  /** The text after redaction. `undefined` if the redactor returned something else. */
  #seen(key: string, item: string, text: string): string | undefined {
    const { json, marks } = this.capture.text(text, key, CAPTURE_BOUNDS.stringBytes);
    for (const mark of marks) if (mark.kind !== 'truncated') this.#markAt(item, mark);
    const seen: unknown = JSON.parse(json);
    return typeof seen === 'string' ? seen : undefined;
  }

  #fitted(place: string, text: string, maxLength: number, original = text.length): string {
    let fitted = text;
    if (fitted.length > maxLength) {
      fitted = cutUnits(fitted, maxLength);
      this.#markAt(place, { kind: 'truncated', original, kept: fitted.length });
    }
    if (isStorable(fitted)) return fitted;
    this.#markAt(place, { kind: 'coerced' });
    return storable(fitted);
  }

  #markCut(key: string, original: number, kept: number): void {
    if (original > kept) this.mark(key, { kind: 'truncated', original, kept, unit: 'items' });
  }

  #markAt(place: string, mark: Omit<Mark, 'path'>): void {
    this.#marks.push({ ...mark, path: `${this.#path}/${place}` });
  }
}

const MAX_KEY_LENGTH = 128;

function changeOf(key: string, fitted: string): Omit<Mark, 'path'> {
  if (key.length <= MAX_KEY_LENGTH) return { kind: 'coerced' };
  return { kind: 'truncated', original: key.length, kept: fitted.length };
}

/** The JSON text of a string, cut to a length in UTF-16 units. */
function cutJson(json: string, maxLength: number): string {
  const text = JSON.parse(json) as string;
  return text.length > maxLength ? quote(cutUnits(text, maxLength)) : json;
}
