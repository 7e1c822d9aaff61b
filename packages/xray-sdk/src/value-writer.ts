import { utf8Length } from '#platform';

import type { Captured } from './capture.js';
import { errorKeys } from './error-fields.js';
import { CAPTURE_BOUNDS } from './limits.js';
import {
  isError,
  isNodeStream,
  isPlainObject,
  keyedEntries,
  mapSize,
  platformFields,
  setSize,
  tagOf,
  timeOf,
  unboxed,
} from './platform-values.js';
import { MAX_ALTERNATING, type Redactor } from './redact.js';
import { flagName, isLineList, mayAlternate, nameBefore } from './secret-keys.js';
import { asRecord, bigintText, type Source } from './source.js';
import { cutText, FittingKeys, quote } from './text.js';
import type { Mark } from './wire/snapshot.js';
import type { ReturnedType } from './wire/step.js';

/** Properties without text cost time as well, so their number is bounded, too. */
const MAX_VISITS = 50_000;
const MAX_MARKS = 500;
/** Every value gets at least the bytes of `null`. */
const NULL_BYTES = 4;
const MAX_KEY_LENGTH = 512;
const MAX_TYPES = 200;

type Key = string | number;

/**
 * The careful path of the capture. It writes the JSON text of one value and touches each property
 * once. It obeys the limits on bytes, depth, items and visits. It marks everything that it cuts, coerces, drops or redacts.
 */
export class ValueWriter {
  readonly #redactor: Redactor;
  readonly #field: string;
  readonly #maxStringBytes: number;
  readonly #marks: Mark[] = [];
  #types: Record<string, ReturnedType> | undefined;
  #typesLeft = MAX_TYPES;
  readonly #path: Key[] = [];
  readonly #ancestors: object[] = [];
  #bytesLeft: number;
  #visitsLeft = MAX_VISITS;

  constructor(
    redactor: Redactor,
    field: string,
    maxBytes: number,
    maxStringBytes: number = CAPTURE_BOUNDS.stringBytes,
  ) {
    this.#redactor = redactor;
    this.#field = field;
    this.#maxStringBytes = maxStringBytes;
    this.#bytesLeft = Math.max(maxBytes, NULL_BYTES);
  }

  /** Captures one value. Never throws. */
  write(value: unknown): Captured {
    const json = this.#guarded(value, this.#field) ?? 'null';
    return { json, marks: this.#marks, types: this.#types };
  }

  /**
   * Writes the value of one key of an object that is written elsewhere. Its marks begin at the
   * value. Never throws.
   */
  writeProperty(key: string, value: unknown): Captured {
    this.#path.push(key);
    const json = this.#guarded(value, key) ?? 'null';
    const prefix = pointerSegment(key).length + 1;
    return { json, marks: this.#marks.map((mark) => ({ ...mark, path: mark.path.slice(prefix) })) };
  }

  /**
   * One value at the current path, redacted if its key or path requires it. `undefined` means to
   * leave it out.
   */
  #guarded(value: unknown, key: string, isSecret = false): string | undefined {
    try {
      if (!isSecret && !this.#redactor.matches(key, () => this.#dottedPath(), value)) {
        return this.#any(value, false);
      }
    } catch {
      return this.#null('dropped');
    }
    try {
      const replacement = this.#redactor.replace(value, { key, path: this.#dottedPath() });
      this.#mark({ kind: 'redacted' });
      return this.#any(replacement ?? null, true);
    } catch {
      return this.#null('redactor_error');
    }
  }

  #any(value: unknown, redacted: boolean): string | undefined {
    this.#visitsLeft -= 1;
    switch (typeof value) {
      case 'string':
        return this.#text(value, redacted);
      case 'number':
        if (Number.isFinite(value)) return this.#scalar(JSON.stringify(value));
        this.#type(Number.isNaN(value) ? 'nan' : 'class');
        return this.#null('coerced');
      case 'boolean':
        return this.#scalar(value ? 'true' : 'false');
      case 'undefined':
        return undefined;
      case 'bigint':
        this.#type('bigint');
        return this.#coerced(bigintText(value));
      case 'symbol':
        this.#type('class');
        return this.#coerced(String(value));
      case 'function':
        this.#type('class');
        return this.#coerced('[function]');
      case 'object':
        return value === null ? this.#spend('null') : this.#object(value, redacted);
    }
  }

  #object(value: object, redacted: boolean): string | undefined {
    if (this.#ancestors.includes(value)) return this.#null('circular');
    const depth = this.#ancestors.length;
    if (depth >= CAPTURE_BOUNDS.depth) {
      return this.#null('truncated', { kept: CAPTURE_BOUNDS.depth, unit: 'depth' });
    }
    this.#ancestors.push(value);
    const pathLength = this.#path.length;
    try {
      return this.#contents(value, redacted);
    } catch {
      // A proxy, getter or `toJSON` threw, so the value is unknown.
      this.#path.length = pathLength;
      return this.#null('dropped');
    } finally {
      this.#ancestors.length = depth;
    }
  }

  #contents(value: object, redacted: boolean): string | undefined {
    if (Array.isArray(value)) return this.#list(value, value.length, redacted);
    if (!isPlainObject(value)) this.#type('class');
    if (ArrayBuffer.isView(value)) {
      return this.#binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    const tag = tagOf(value);
    const known = tag === 'Object' ? undefined : this.#platformValue(value, tag, redacted);
    if (known !== undefined) return known;
    if (isError(value)) return this.#error(value, redacted);
    const toJSON = asRecord(value)['toJSON'];
    if (typeof toJSON === 'function') {
      const plain: unknown = toJSON.call(value, String(this.#path.at(-1) ?? ''));
      // `toJSON` may return its own object, or one with another `toJSON`. Call it once, as
      // JSON.stringify does.
      return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
        ? this.#properties(plain, redacted)
        : this.#any(plain, redacted);
    }
    if (isNodeStream(value)) return this.#coerced('[stream]');
    const keys = Object.keys(value);
    if (keys.length > 0 || isPlainObject(value)) return this.#properties(value, redacted);
    // The content is not in properties, but in private fields or internal slots.
    if (tag !== 'Object') return this.#coerced(`[${tag}]`);
    this.#mark({ kind: 'coerced' });
    return this.#spend('{}');
  }

  /**
   * A value of a type that the language or web platform defines, of any realm. `undefined` for
   * other values.
   */
  #platformValue(value: object, tag: string, redacted: boolean): string | undefined {
    switch (tag) {
      case 'Date': {
        const time = timeOf(value);
        if (time === undefined) return undefined;
        this.#type('date');
        return Number.isNaN(time)
          ? this.#null('coerced')
          : this.#text(new Date(time).toISOString(), redacted);
      }
      case 'Map':
        return this.#map(value, redacted);
      case 'Set': {
        const size = setSize(value);
        if (size === undefined) return undefined;
        this.#type('set');
        this.#mark({ kind: 'coerced' });
        return this.#list(Set.prototype.values.call(value), size, redacted);
      }
      case 'ArrayBuffer':
      case 'SharedArrayBuffer':
        return this.#binary(new Uint8Array(value as ArrayBuffer));
      case 'Promise':
        return this.#coerced('[promise]');
      case 'RegExp':
        return this.#coerced(String(value));
    }
    const primitive = unboxed(value, tag);
    if (primitive !== undefined) return this.#any(primitive, redacted);
    const keyed = keyedEntries(value, tag);
    if (keyed !== undefined) {
      this.#mark({ kind: 'coerced' });
      return this.#entries(keyed.keys, keyed.total, (key) => keyed.read(key), redacted);
    }
    const fields = platformFields(tag);
    if (fields === undefined) return undefined;
    this.#mark({ kind: 'coerced' });
    return this.#entries(fields, fields.length, (key) => asRecord(value)[key], redacted);
  }

  #properties(value: object, redacted: boolean): string {
    const properties = asRecord(value);
    const keys = Object.keys(value);
    return this.#entries(keys, keys.length, (key) => properties[key], redacted, properties);
  }

  /** An object if every key is text, else a list of pairs. */
  #map(value: object, redacted: boolean): string | undefined {
    const size = mapSize(value);
    if (size === undefined) return undefined;
    this.#type('map');
    this.#mark({ kind: 'coerced' });
    const keyed = keyedEntries(value, 'Map');
    if (keyed !== undefined) {
      return this.#entries(keyed.keys, size, (key) => keyed.read(key), redacted);
    }
    return this.#list(this.#pairs(value as ReadonlyMap<unknown, unknown>), size, redacted);
  }

  /** A value is redacted by its key, even if the map is written as a list. */
  *#pairs(map: ReadonlyMap<unknown, unknown>): Generator<unknown> {
    for (const [key, value] of Map.prototype.entries.call(map) as Iterable<[unknown, unknown]>) {
      const path = (): string => `${this.#dottedPath()}.${String(key)}`;
      const isHidden = typeof key === 'string' && this.#redactor.matches(key, path, value);
      if (isHidden) this.#mark({ kind: 'redacted' });
      yield [key, isHidden ? this.#redactor.replace(value, { key, path: path() }) : value];
    }
  }

  #error(error: object, redacted: boolean): string {
    this.#mark({ kind: 'coerced' });
    const keys = errorKeys(error);
    return this.#entries(keys, keys.length, (key) => asRecord(error)[key], redacted);
  }

  #entries(
    keys: readonly string[],
    total: number,
    read: (key: string) => unknown,
    redacted: boolean,
    named: Source = {},
  ): string {
    let json = '{';
    let kept = 0;
    this.#bytesLeft -= 2;
    const fitting = new FittingKeys(keys, MAX_KEY_LENGTH);
    for (const key of keys) {
      const name = fitting.fit(key);
      const head = `${quote(name)}:`;
      const bytes = utf8Length(head) + 1;
      if (kept >= CAPTURE_BOUNDS.keys || !this.#hasRoomFor(bytes + NULL_BYTES)) break;
      kept += 1;
      this.#path.push(name);
      if (name !== key) this.#mark({ kind: 'coerced' });
      const left = this.#bytesLeft;
      this.#bytesLeft -= bytes;
      const text = this.#property(key, read, redacted, named);
      this.#path.pop();
      if (text === undefined) this.#bytesLeft = left;
      else json += json === '{' ? head + text : `,${head}${text}`;
    }
    if (kept < total) this.#mark({ kind: 'truncated', original: total, kept, unit: 'items' });
    return `${json}}`;
  }

  #property(
    key: string,
    read: (key: string) => unknown,
    redacted: boolean,
    named: Source,
  ): string | undefined {
    let value: unknown;
    try {
      value = read(key);
    } catch {
      return this.#null('dropped');
    }
    if (value === undefined) return undefined;
    if (redacted) return this.#any(value, true);
    return this.#guarded(value, key, this.#redactor.isNamedSecret(key, named));
  }

  #list(values: Iterable<unknown>, total: number, redacted: boolean): string {
    let json = '[';
    let kept = 0;
    this.#bytesLeft -= 2;
    const hidden = redacted || !Array.isArray(values) ? undefined : this.#secretPlaces(values);
    for (const value of values) {
      if (kept >= CAPTURE_BOUNDS.items || !this.#hasRoomFor(NULL_BYTES + 1)) break;
      this.#bytesLeft -= 1;
      this.#path.push(kept);
      const text = redacted
        ? this.#any(value, true)
        : this.#guarded(value, String(kept), hidden?.has(kept));
      json += kept === 0 ? '' : ',';
      if (text === undefined) this.#type('undefined');
      json += text ?? this.#null('coerced');
      this.#path.pop();
      kept += 1;
    }
    if (kept < total) this.#mark({ kind: 'truncated', original: total, kept, unit: 'items' });
    return `${json}]`;
  }

  /**
   * The places in a list whose item beside them names a secret, as in `['authorization', '…']` or
   * `['--password=…']`.
   */
  #secretPlaces(values: readonly unknown[]): ReadonlySet<number> | undefined {
    const { length } = values;
    if (length > MAX_ALTERNATING || length === 0) return undefined;
    const key = [this.#field, ...this.#path].findLast((part) => typeof part === 'string') ?? '';
    const [alternates, hasLines] = [length % 2 === 0 && mayAlternate(key), isLineList(key)];
    if (!alternates && !hasLines) return undefined;
    const places = new Set<number>();
    for (let place = 0; place < length; place += 1) {
      const [before, value] = [values[place - 1], values[place]];
      const names = [
        alternates && place % 2 === 1 && typeof before === 'string' ? before : undefined,
        hasLines && typeof value === 'string' ? nameBefore(value) : undefined,
        hasLines ? flagName(before) : undefined,
      ];
      const isSecret = names.some(
        (name) => name !== undefined && this.#redactor.hides(name, value),
      );
      if (isSecret) places.add(place);
    }
    return places;
  }

  #binary(bytes: Uint8Array): string {
    this.#type('bytes');
    this.#mark({ kind: 'coerced' });
    const most = Math.max(0, Math.min(CAPTURE_BOUNDS.stringBytes, this.#bytesLeft - 2));
    const kept = Math.min(bytes.length, Math.floor(most / 4) * 3);
    if (kept < bytes.length) {
      this.#mark({ kind: 'truncated', original: bytes.length, kept, unit: 'bytes' });
    }
    return this.#spend(`"${btoa(String.fromCharCode(...bytes.subarray(0, kept)))}"`);
  }

  #coerced(text: string): string {
    this.#mark({ kind: 'coerced' });
    return this.#text(text, false);
  }

  #text(original: string, redacted: boolean): string {
    let text = original;
    if (!redacted && this.#redactor.seesText) {
      const seen = this.#seen(text);
      if (seen === undefined) return this.#null('redactor_error');
      if (seen !== text) this.#mark({ kind: 'redacted' });
      text = seen;
    }
    const most = Math.min(this.#maxStringBytes, Math.max(0, this.#bytesLeft - 2));
    const cut = cutText(text, most);
    if (cut.text.length < text.length) {
      this.#mark({ kind: 'truncated', original: utf8Length(text), kept: cut.bytes, unit: 'bytes' });
    }
    if (cut.text.includes('\0')) this.#mark({ kind: 'coerced' });
    return this.#spend(this.#quoted(cut.text));
  }

  /** Escapes lengthen a string, so it is cut until the escaped text fits. */
  #quoted(text: string): string {
    const clean = text.replaceAll('\0', '\u{FFFD}');
    const json = quote(clean);
    const bytes = utf8Length(json);
    if (bytes <= this.#bytesLeft) return json;
    const kept = cutText(
      clean,
      Math.floor((clean.length * Math.max(0, this.#bytesLeft - 2)) / bytes),
    );
    this.#mark({
      kind: 'truncated',
      original: utf8Length(clean),
      kept: kept.bytes,
      unit: 'bytes',
    });
    const shorter = quote(kept.text);
    return utf8Length(shorter) <= this.#bytesLeft ? shorter : '""';
  }

  #seen(text: string): string | undefined {
    try {
      const seen = this.#redactor.text(text, {
        key: String(this.#path.at(-1) ?? this.#field),
        path: this.#dottedPath(),
      });
      return typeof seen === 'string' ? seen : undefined;
    } catch {
      return undefined;
    }
  }

  #null(kind: Mark['kind'], detail: Pick<Mark, 'kept' | 'unit'> = {}): string {
    this.#mark({ kind, ...detail });
    return this.#spend('null');
  }

  /** The text of a number or boolean, which cannot be cut. */
  #scalar(json: string): string {
    return json.length > this.#bytesLeft ? this.#null('truncated') : this.#spend(json);
  }

  #spend(json: string): string {
    this.#bytesLeft -= utf8Length(json);
    return json;
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#bytesLeft >= bytes && this.#visitsLeft > 0 && this.#marks.length < MAX_MARKS;
  }

  #mark(mark: Omit<Mark, 'path'>): void {
    if (this.#marks.length >= MAX_MARKS) return;
    this.#marks.push({ path: this.#pointer(), ...mark });
  }

  /**
   * A later type of the same value replaces an earlier one. Too many types become one: the whole
   * value is not exact.
   */
  #type(type: ReturnedType): void {
    if (this.#typesLeft === 0) return;
    this.#types ??= Object.create(null) as Record<string, ReturnedType>;
    const pointer = this.#pointer();
    if (this.#types[pointer] === undefined) this.#typesLeft -= 1;
    if (this.#typesLeft === 0) this.#types = { '': 'class' };
    else this.#types[pointer] = type;
  }

  #pointer(): string {
    return this.#path.map((key) => `/${pointerSegment(String(key))}`).join('');
  }

  #dottedPath(): string {
    return [this.#field, ...this.#path].join('.');
  }
}

/** Escapes `~` and `/` in a segment of a JSON Pointer (RFC 6901). */
export function pointerSegment(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}
