import { PlainWriter } from './plain-writer.js';
import type { Redactor } from './redact.js';
import type { Mark } from './wire/snapshot.js';
import type { ReturnedType } from './wire/step.js';
import { ValueWriter } from './value-writer.js';

/** A value as it was when recorded: its JSON text, and marks whose paths begin at the value. */
export interface Captured {
  readonly json: string;
  readonly marks: readonly Mark[];
  /** What the text does not say of the value, by JSON Pointer; absent where it says all. */
  readonly types?: Readonly<Record<string, ReturnedType>> | undefined;
}

const NO_MARKS: readonly Mark[] = [];
const LOST: Captured = { json: 'null', marks: [{ path: '', kind: 'dropped' }] };
/** No escape makes a unit of text longer than this. */
const MAX_ESCAPED_BYTES = 6;
/** A getter may record something whose getter records something, and so on. */
const MAX_NESTED = 4;

/**
 * Turns any value into JSON text at once, within bounds, with a mark where the record differs from what
 * `JSON.stringify` would have written. Never throws, whatever the value's getters, proxies, `toJSON` or the
 * host's redactor do.
 */
export class Capture {
  readonly #redactor: Redactor;
  readonly #plain: PlainWriter;
  #depth = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.#plain = new PlainWriter(redactor);
  }

  /** @param field the field's name: the first segment of redaction paths, as in `input.ssn`. */
  value(value: unknown, field: string, maxBytes: number): Captured {
    return (
      this.#quick(value, field, maxBytes) ??
      this.#careful(() => new ValueWriter(this.#redactor, field, maxBytes).write(value))
    );
  }

  /** Text whose bound counts its own bytes of UTF-8, without the quotes and escapes of JSON. */
  text(text: string, field: string, maxBytes: number): Captured {
    return (
      this.#quick(text, field, maxBytes) ??
      this.#careful(() => {
        const jsonBytes = maxBytes * MAX_ESCAPED_BYTES + 2;
        return new ValueWriter(this.#redactor, field, jsonBytes, maxBytes).write(text);
      })
    );
  }

  /** A value under a key of a flat record, such as `metadata`: redacted by that key, too. */
  property(value: unknown, field: string, key: string, maxBytes: number): Captured {
    return this.#careful(() =>
      new ValueWriter(this.#redactor, field, maxBytes).writeProperty(key, value),
    );
  }

  /** Whether a name is one under which values are redacted, such as the field of a rule. */
  hides(name: string, value: unknown): boolean {
    return this.#redactor.matches(name, () => name, value);
  }

  /** Whether a name is never one under which values are redacted, whatever they are. */
  isOpen(name: string): boolean {
    return !this.#redactor.suspects(name);
  }

  #quick(value: unknown, field: string, maxBytes: number): Captured | undefined {
    if (this.#redactor.seesText || this.#redactor.suspects(field)) return undefined;
    if (this.#depth >= MAX_NESTED) return LOST;
    this.#depth += 1;
    try {
      const json = this.#plain.write(value, maxBytes);
      return json === undefined ? undefined : { json, marks: NO_MARKS };
    } catch {
      // A getter or proxy threw: the careful path finds out which one, and marks it.
      return undefined;
    } finally {
      this.#depth -= 1;
    }
  }

  #careful(write: () => Captured): Captured {
    if (this.#depth >= MAX_NESTED) return LOST;
    this.#depth += 1;
    try {
      return write();
    } finally {
      this.#depth -= 1;
    }
  }
}
