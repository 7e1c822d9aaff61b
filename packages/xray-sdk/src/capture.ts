import { utf8Length } from '#platform';

import { CAPTURE_BOUNDS } from './limits.js';
import type { Redactor } from './redact.js';
import type { Mark } from './types.js';
import { asRecord, ValueWriter } from './value-writer.js';

/** A value as it was when recorded: its JSON text, and marks whose paths start at the value. */
export interface Captured {
  readonly json: string;
  readonly marks: readonly Mark[];
}

const NO_MARKS: readonly Mark[] = [];

/** The fast path is for plain, small values; what has more nodes than this takes the careful one. */
const MAX_FAST_NODES = 4_000;
/** How U+0000 looks in JSON: one search of the text finds it in any key or string. */
const NUL_ESCAPE = String.raw`\u0000`;

/**
 * Turns any value into JSON text at once, within bounds, with a mark for whatever is recorded otherwise
 * than `JSON.stringify` would have written it. Never throws, whatever the value's getters, proxies,
 * `toJSON` or the host's redactor do.
 */
export class Capture {
  readonly #redactor: Redactor;
  #nodesLeft = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** @param field the field's name: the first segment of redaction paths, as in `input.ssn`. */
  value(value: unknown, field: string, maxBytes: number): Captured {
    try {
      const json = this.#fast(value, field, maxBytes);
      if (json !== undefined) return { json, marks: NO_MARKS };
    } catch {
      // A getter or proxy threw: the careful path finds out which, and marks it.
    }
    return new ValueWriter(this.#redactor, field, maxBytes).write(value);
  }

  /** A value under a key of a flat record, such as `metadata`: redacted by its key, too. Marks begin at the record. */
  property(value: unknown, field: string, key: string, maxBytes: number): Captured {
    return new ValueWriter(this.#redactor, field, maxBytes).writeProperty(key, value);
  }

  #fast(value: unknown, field: string, maxBytes: number): string | undefined {
    if (this.#redactor.seesText || this.#redactor.suspects(field)) return undefined;
    this.#nodesLeft = MAX_FAST_NODES;
    if (!this.#isPlain(value, CAPTURE_BOUNDS.depth)) return undefined;
    const json = JSON.stringify(value);
    if (json.includes(NUL_ESCAPE)) return undefined;
    const fits = json.length * 3 <= maxBytes || utf8Length(json) <= maxBytes;
    return fits ? json : undefined;
  }

  /** Whether `JSON.stringify` writes this value whole, unchanged, within bounds, with nothing secret in it. */
  #isPlain(value: unknown, depthLeft: number): boolean {
    switch (typeof value) {
      case 'string':
        // Three bytes a UTF-16 unit is the most UTF-8 takes.
        return value.length * 3 <= CAPTURE_BOUNDS.stringBytes;
      case 'number':
        return Number.isFinite(value);
      case 'boolean':
        return true;
      case 'object':
        if (value === null) return true;
        if (depthLeft === 0 || this.#nodesLeft <= 0) return false;
        return Array.isArray(value)
          ? this.#isPlainArray(value, depthLeft)
          : this.#isPlainObject(value, depthLeft);
      default:
        return false;
    }
  }

  #isPlainArray(values: readonly unknown[], depthLeft: number): boolean {
    if (values.length > CAPTURE_BOUNDS.items || 'toJSON' in values) return false;
    this.#nodesLeft -= values.length + 1;
    for (let index = 0; index < values.length; index += 1) {
      if (!this.#isPlain(values[index], depthLeft - 1)) return false;
    }
    return true;
  }

  #isPlainObject(value: object, depthLeft: number): boolean {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    const keys = Object.keys(value);
    if (keys.length > CAPTURE_BOUNDS.keys || 'toJSON' in value) return false;
    this.#nodesLeft -= keys.length + 1;
    const properties = asRecord(value);
    for (const key of keys) {
      if (this.#redactor.suspects(key)) return false;
      const property = properties[key];
      if (property !== undefined && !this.#isPlain(property, depthLeft - 1)) return false;
    }
    return true;
  }
}
