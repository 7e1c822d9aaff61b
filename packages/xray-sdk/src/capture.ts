import { PlainWriter } from './plain-writer.js';
import type { Redactor } from './redact.js';
import type { Mark } from './wire/snapshot.js';
import type { ReturnedType } from './wire/step.js';
import { ValueWriter } from './value-writer.js';

/** The JSON text of a value at the time of recording. Paths of the marks begin at the value. */
export interface Captured {
  readonly json: string;
  readonly marks: readonly Mark[];
  /** Types that JSON cannot express, by JSON Pointer. Absent if JSON says all. */
  readonly types?: Readonly<Record<string, ReturnedType>> | undefined;
}

const NO_MARKS: readonly Mark[] = [];
const LOST: Captured = { json: 'null', marks: [{ path: '', kind: 'dropped' }] };
/** The longest escape of one UTF-16 unit, such as `\u0000`. */
const MAX_ESCAPED_BYTES = 6;
/** A getter may itself record something, which calls another getter, and so on. */
const MAX_NESTED = 4;

/**
 * Turns any value into JSON text at once, within bounds, with a mark where the record differs from
 * `JSON.stringify`. Never throws, even if getters, proxies, `toJSON` or the host's redactor do.
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

  /** Captures a text. The bound counts its UTF-8 bytes without JSON's quotes and escapes. */
  text(text: string, field: string, maxBytes: number): Captured {
    return (
      this.#quick(text, field, maxBytes) ??
      this.#careful(() => {
        const jsonBytes = maxBytes * MAX_ESCAPED_BYTES + 2;
        return new ValueWriter(this.#redactor, field, jsonBytes, maxBytes).write(text);
      })
    );
  }

  /** Captures a value of a flat record, such as `metadata`. Its key can redact it, too. */
  property(value: unknown, field: string, key: string, maxBytes: number): Captured {
    return this.#careful(() =>
      new ValueWriter(this.#redactor, field, maxBytes).writeProperty(key, value),
    );
  }

  /** Whether this value is redacted under this name, such as the field of a rule. */
  hides(name: string, value: unknown): boolean {
    return this.#redactor.matches(name, () => name, value);
  }

  /** Whether no value is ever redacted under this name. */
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
      // A getter or proxy threw. The careful path finds it and marks it.
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
