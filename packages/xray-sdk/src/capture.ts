import { PlainWriter } from './plain-writer.js';
import type { Redactor } from './redact.js';
import type { Mark } from './wire/snapshot.js';
import { ValueWriter } from './value-writer.js';

/** A value as it was when recorded: its JSON text, and marks whose paths start at the value. */
export interface Captured {
  readonly json: string;
  readonly marks: readonly Mark[];
}

const NO_MARKS: readonly Mark[] = [];

/**
 * Turns any value into JSON text at once, within bounds, with a mark for whatever is recorded otherwise
 * than `JSON.stringify` would have written it. Never throws, whatever the value's getters, proxies,
 * `toJSON` or the host's redactor do.
 */
export class Capture {
  readonly #redactor: Redactor;
  readonly #plain: PlainWriter;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.#plain = new PlainWriter(redactor);
  }

  /** @param field the field's name: the first segment of redaction paths, as in `input.ssn`. */
  value(value: unknown, field: string, maxBytes: number): Captured {
    try {
      const isOpen = !this.#redactor.seesText && !this.#redactor.suspects(field);
      const json = isOpen ? this.#plain.write(value, maxBytes) : undefined;
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
}
