import { utf8Length } from '#platform';

import type { Captured } from './capture.js';
import { CAPTURE_BOUNDS } from './limits.js';
import type { Redactor } from './redact.js';
import { cutText, quote } from './text.js';
import type { Mark } from './wire/snapshot.js';

/** Writing a property that leaves no text costs time all the same: a bound for that too. */
const MAX_VISITS = 50_000;
const MAX_MARKS = 500;
/** Kept free for the punctuation that closes what is open when the bytes run out. */
const CLOSING_BYTES = 2 * (CAPTURE_BOUNDS.depth + 1);
/** The text of the shortest value that always fits: `null`. */
const NULL_BYTES = 4;

type Key = string | number;

/**
 * The careful path of the capture: writes one value's JSON text itself, touches each property once,
 * stays within bytes, depth, items and visits, and marks what it cut, coerced, dropped or redacted.
 */
export class ValueWriter {
  readonly #redactor: Redactor;
  readonly #field: string;
  readonly #marks: Mark[] = [];
  readonly #path: Key[] = [];
  readonly #ancestors: object[] = [];
  #bytesLeft: number;
  #visitsLeft = MAX_VISITS;

  constructor(redactor: Redactor, field: string, maxBytes: number) {
    this.#redactor = redactor;
    this.#field = field;
    this.#bytesLeft = Math.max(maxBytes - CLOSING_BYTES, NULL_BYTES);
  }

  /** Never throws. */
  write(value: unknown): Captured {
    const json = this.#guarded(value, this.#field) ?? 'null';
    return { json, marks: this.#marks };
  }

  /** The value of one key of an object that is written elsewhere. Never throws. */
  writeProperty(key: string, value: unknown): Captured {
    this.#path.push(key);
    const json = this.#guarded(value, key) ?? 'null';
    return { json, marks: this.#marks };
  }

  /** One value at the current path, redacted when its key or path asks for it; `undefined`: leave it out. */
  #guarded(value: unknown, key: string): string | undefined {
    try {
      if (!this.#redactor.matches(key, () => this.#dottedPath())) return this.#any(value, false);
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
        return Number.isFinite(value) ? this.#spend(JSON.stringify(value)) : this.#null('coerced');
      case 'boolean':
        return this.#spend(value ? 'true' : 'false');
      case 'undefined':
        return undefined;
      case 'bigint':
        return this.#coerced(bigintText(value));
      case 'symbol':
        return this.#coerced(String(value));
      case 'function':
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
      // A hostile trap, getter or `toJSON`: what it would have given is unknown.
      this.#path.length = pathLength;
      return this.#null('dropped');
    } finally {
      this.#ancestors.length = depth;
    }
  }

  #contents(value: object, redacted: boolean): string | undefined {
    if (Array.isArray(value)) return this.#list(value, value.length, redacted);
    if (value instanceof Date) {
      return Number.isNaN(value.getTime())
        ? this.#null('coerced')
        : this.#text(value.toISOString(), redacted);
    }
    if (value instanceof Error) return this.#error(value, redacted);
    if (value instanceof Map) return this.#map(value, redacted);
    if (value instanceof Set) {
      this.#mark({ kind: 'coerced' });
      return this.#list(value, value.size, redacted);
    }
    if (ArrayBuffer.isView(value)) {
      return this.#binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (value instanceof ArrayBuffer) return this.#binary(new Uint8Array(value));
    if (value instanceof Promise) return this.#coerced('[promise]');
    if (value instanceof RegExp) return this.#coerced(String(value));
    const boxed = unboxed(value);
    if (boxed !== undefined) return this.#any(boxed, redacted);
    const toJSON = asRecord(value)['toJSON'];
    if (typeof toJSON === 'function') {
      const plain: unknown = toJSON.call(value, String(this.#path.at(-1) ?? ''));
      // `toJSON` may well return its own object, or one with its own `toJSON`: as JSON.stringify, ask once.
      return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
        ? this.#properties(plain, redacted)
        : this.#any(plain, redacted);
    }
    return this.#properties(value, redacted);
  }

  #properties(value: object, redacted: boolean): string {
    const properties = asRecord(value);
    const keys = Object.keys(value);
    return this.#entries(keys, keys.length, (key) => properties[key], redacted);
  }

  #map(value: ReadonlyMap<unknown, unknown>, redacted: boolean): string {
    this.#mark({ kind: 'coerced' });
    const keys: string[] = [];
    for (const key of value.keys()) {
      if (typeof key !== 'string' || keys.length > CAPTURE_BOUNDS.keys) break;
      keys.push(key);
    }
    const isTextual = keys.length === Math.min(value.size, CAPTURE_BOUNDS.keys + 1);
    return isTextual
      ? this.#entries(keys, value.size, (key) => value.get(key), redacted)
      : this.#list(this.#pairs(value), value.size, redacted);
  }

  /** What stands under a key is redacted by it, even where the map has to be written as a list. */
  *#pairs(map: ReadonlyMap<unknown, unknown>): Generator<unknown> {
    for (const [key, value] of map) {
      const path = (): string => `${this.#dottedPath()}.${String(key)}`;
      const isHidden = typeof key === 'string' && this.#redactor.matches(key, path);
      if (isHidden) this.#mark({ kind: 'redacted' });
      yield [key, isHidden ? this.#redactor.replace(value, { key, path: path() }) : value];
    }
  }

  #error(error: Error, redacted: boolean): string {
    this.#mark({ kind: 'coerced' });
    const fields: Record<string, () => unknown> = {
      name: () => error.name,
      message: () => error.message,
      cause: () => error.cause,
    };
    const own = Object.keys(error).filter((key) => !(key in fields) && key !== 'stack');
    const keys = [...Object.keys(fields), ...own];
    const read = (key: string): unknown => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return field === undefined ? asRecord(error)[key] : field();
    };
    return this.#entries(keys, keys.length, read, redacted);
  }

  #entries(
    keys: readonly string[],
    total: number,
    read: (key: string) => unknown,
    redacted: boolean,
  ): string {
    let json = '{';
    let kept = 0;
    this.#bytesLeft -= 2;
    for (const key of keys) {
      const name = this.#keyName(key);
      const head = `${quote(name)}:`;
      const bytes = utf8Length(head) + 1;
      if (kept >= CAPTURE_BOUNDS.keys || !this.#hasRoomFor(bytes + NULL_BYTES)) break;
      kept += 1;
      this.#path.push(name);
      if (name !== key) this.#mark({ kind: 'coerced' });
      const left = this.#bytesLeft;
      this.#bytesLeft -= bytes;
      const text = this.#property(key, read, redacted);
      this.#path.pop();
      if (text === undefined) this.#bytesLeft = left;
      else json += json === '{' ? head + text : `,${head}${text}`;
    }
    if (kept < total) this.#mark({ kind: 'truncated', original: total, kept, unit: 'items' });
    return `${json}}`;
  }

  #property(key: string, read: (key: string) => unknown, redacted: boolean): string | undefined {
    let value: unknown;
    try {
      value = read(key);
    } catch {
      return this.#null('dropped');
    }
    if (value === undefined) return undefined;
    return redacted ? this.#any(value, true) : this.#guarded(value, key);
  }

  #list(values: Iterable<unknown>, total: number, redacted: boolean): string {
    let json = '[';
    let kept = 0;
    this.#bytesLeft -= 2;
    for (const value of values) {
      if (kept >= CAPTURE_BOUNDS.items || !this.#hasRoomFor(NULL_BYTES + 1)) break;
      this.#bytesLeft -= 1;
      this.#path.push(kept);
      const text = redacted ? this.#any(value, true) : this.#guarded(value, String(kept));
      json += kept === 0 ? '' : ',';
      json += text ?? this.#null('coerced');
      this.#path.pop();
      kept += 1;
    }
    if (kept < total) this.#mark({ kind: 'truncated', original: total, kept, unit: 'items' });
    return `${json}]`;
  }

  #binary(bytes: Uint8Array): string {
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
    const most = Math.min(CAPTURE_BOUNDS.stringBytes, Math.max(0, this.#bytesLeft - 2));
    const cut = cutText(text, most);
    if (cut.text.length < text.length) {
      this.#mark({ kind: 'truncated', original: utf8Length(text), kept: cut.bytes, unit: 'bytes' });
    }
    if (cut.text.includes('\0')) this.#mark({ kind: 'coerced' });
    return this.#spend(this.#quoted(cut.text));
  }

  /** Escapes make a string longer: cut until the text with its escapes has room. */
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

  #keyName(key: string): string {
    return cutText(key.replaceAll('\0', '\u{FFFD}'), 512).text;
  }

  #null(kind: Mark['kind'], detail: Pick<Mark, 'kept' | 'unit'> = {}): string {
    this.#mark({ kind, ...detail });
    return this.#spend('null');
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
    const path = this.#path.map((key) => `/${pointerSegment(String(key))}`).join('');
    this.#marks.push({ path, ...mark });
  }

  #dottedPath(): string {
    return [this.#field, ...this.#path].join('.');
  }
}

/** Reading any string key of an object is sound; the type system only lacks the index signature. */
export function asRecord(value: object): Record<string, unknown> {
  return value as Record<string, unknown>;
}

/** RFC 6901: `~` and `/` are escaped in a segment of a JSON Pointer. */
export function pointerSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A million-digit BigInt would take seconds to print; its size in hex digits is bounded work to guess. */
function bigintText(value: bigint): string {
  const MAX_BITS = 65_536;
  return BigInt.asIntN(MAX_BITS, value) === value ? value.toString() : '[bigint over 65,536 bits]';
}

/** `new String('x')` and its like are written by JSON as the primitive inside. */
function unboxed(value: object): string | number | boolean | undefined {
  switch (Object.prototype.toString.call(value)) {
    case '[object String]':
    case '[object Number]':
    case '[object Boolean]': {
      const primitive: unknown = value.valueOf();
      return typeof primitive === 'object' ? undefined : (primitive as string | number | boolean);
    }
    default:
      return undefined;
  }
}
