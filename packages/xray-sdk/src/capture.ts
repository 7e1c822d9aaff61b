import { FIELD_BOUNDS } from './limits.js';
import { PlainWriter } from './plain-writer.js';
import type { Redactor } from './redact.js';
import type { Text } from './text.js';
import type { Mark } from './wire/snapshot.js';
import type { ReturnedType } from './wire/step.js';
import { ValueWriter } from './value-writer.js';

/** The JSON text of a value at the time of recording. Paths of the marks begin at the value. */
export interface Captured {
  readonly json: string;
  readonly marks: readonly Mark[];
  /** Whether the text is known to be ASCII. */
  readonly isAscii?: boolean;
  /** Types that JSON cannot express, by JSON Pointer. Absent if JSON says all. */
  readonly types?: Readonly<Record<string, ReturnedType>> | undefined;
}

const NO_MARKS: readonly Mark[] = [];

function withoutMarks(json: string): Captured {
  return { json, marks: NO_MARKS };
}

const LOST: Captured = { json: 'null', marks: [{ path: '', kind: 'dropped' }] };
/** The values of a step, each captured. */
export type CapturedValues = Readonly<Partial<Record<StepValue, Captured>>>;

export type StepValue = 'input' | 'output' | 'reasoning';

/** The members `input`, `output` and `reasoning` as one text, each with a comma before it. */
interface PlainValues extends Text {
  readonly inputLength: number;
  readonly outputLength: number;
}

export const STEP_VALUE_BYTES: Readonly<Record<StepValue, number>> = {
  input: FIELD_BOUNDS.stepValueBytes,
  output: FIELD_BOUNDS.stepValueBytes,
  reasoning: FIELD_BOUNDS.reasoningBytes,
};

const STEP_VALUES: readonly StepValue[] = ['input', 'output', 'reasoning'];
const [INPUT, OUTPUT, REASONING] = [',"input":', ',"output":', ',"reasoning":'];
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
  /** Whether no rule of the host hides a whole value of a step. */
  readonly #isStepQuick: boolean;
  #depth = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.#plain = new PlainWriter(redactor);
    this.#isStepQuick = !redactor.seesText && !STEP_VALUES.some((name) => redactor.suspects(name));
  }

  /**
   * Captures one value of a step. Text that is the reasoning is bounded in its UTF-8 bytes without
   * JSON's quotes and escapes.
   */
  stepValue(name: StepValue, value: unknown): Captured {
    const maxBytes = STEP_VALUE_BYTES[name];
    return name === 'reasoning' && typeof value === 'string'
      ? this.text(value, name, maxBytes)
      : this.value(value, name, maxBytes);
  }

  /** Captures the values of a step: as one text if all of them are plain, else each by itself. */
  step(
    input: unknown,
    output: unknown,
    reasoning: string | undefined,
  ): PlainValues | CapturedValues {
    const isQuick = this.#isStepQuick && this.#depth < MAX_NESTED;
    const found = isQuick ? this.#plainStep(input, output, reasoning) : {};
    if ('json' in found) return found;
    const whole: { -readonly [K in StepValue]?: Captured } = { ...found };
    if (input !== undefined) whole.input ??= this.stepValue('input', input);
    if (output !== undefined) whole.output ??= this.stepValue('output', output);
    if (reasoning !== undefined) whole.reasoning ??= this.stepValue('reasoning', reasoning);
    return whole;
  }

  /** @param field the field's name: the first segment of redaction paths, as in `input.ssn`. */
  value(value: unknown, field: string, maxBytes: number): Captured {
    return this.#quick(value, field, maxBytes) ?? this.#carefulValue(value, field, maxBytes);
  }

  /** Captures a text. The bound counts its UTF-8 bytes without JSON's quotes and escapes. */
  text(text: string, field: string, maxBytes: number): Captured {
    return this.#quick(text, field, maxBytes) ?? this.#carefulText(text, field, maxBytes);
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

  /** The values as one text, or the captured values up to the first that is not plain. */
  #plainStep(
    input: unknown,
    output: unknown,
    reasoning: string | undefined,
  ): PlainValues | CapturedValues {
    const plain = this.#plain;
    const outer = plain.open();
    const start = outer.end;
    const found: { input?: Captured; output?: Captured } = {};
    let failed: StepValue | undefined;
    this.#depth += 1;
    try {
      if (!this.#appends(INPUT, input, 'input')) failed = 'input';
      const inputEnd = plain.end;
      if (failed === undefined && !this.#appends(OUTPUT, output, 'output')) failed = 'output';
      const outputEnd = plain.end;
      if (failed === undefined && !this.#appends(REASONING, reasoning, 'reasoning')) {
        failed = 'reasoning';
      }
      if (failed === undefined && plain.isAscii) {
        const { json, isAscii } = plain.text(start, plain.end);
        return { json, isAscii, inputLength: inputEnd - start, outputLength: outputEnd - inputEnd };
      }
      // Characters beyond ASCII have other lengths in the text.
      const texts = [
        plain.text(start, inputEnd).json,
        plain.text(inputEnd, outputEnd).json,
        plain.text(outputEnd, plain.end).json,
      ] as const;
      if (failed === undefined) {
        const [{ length: inputLength }, { length: outputLength }] = texts;
        return { json: texts.join(''), isAscii: false, inputLength, outputLength };
      }
      if (texts[0] !== '') found.input = withoutMarks(texts[0].slice(INPUT.length));
      if (texts[1] !== '') found.output = withoutMarks(texts[1].slice(OUTPUT.length));
    } finally {
      this.#depth -= 1;
      plain.close(outer);
    }
    const maxBytes = STEP_VALUE_BYTES[failed];
    const captured =
      failed === 'reasoning'
        ? this.#carefulText(reasoning ?? '', failed, maxBytes)
        : this.#carefulValue(failed === 'input' ? input : output, failed, maxBytes);
    return { ...found, [failed]: captured };
  }

  #appends(prefix: string, value: unknown, name: StepValue): boolean {
    if (value === undefined) return true;
    try {
      return this.#plain.append(prefix, value, STEP_VALUE_BYTES[name]);
    } catch {
      // A getter or proxy threw. The careful path finds it and marks it.
      return false;
    }
  }

  #quick(value: unknown, field: string, maxBytes: number): Captured | undefined {
    if (this.#redactor.seesText || this.#redactor.suspects(field)) return undefined;
    if (this.#depth >= MAX_NESTED) return LOST;
    this.#depth += 1;
    try {
      const text = this.#plain.write(value, maxBytes);
      return text && { json: text.json, isAscii: text.isAscii, marks: NO_MARKS };
    } catch {
      // A getter or proxy threw. The careful path finds it and marks it.
      return undefined;
    } finally {
      this.#depth -= 1;
    }
  }

  #carefulValue(value: unknown, field: string, maxBytes: number): Captured {
    return this.#careful(() => new ValueWriter(this.#redactor, field, maxBytes).write(value));
  }

  #carefulText(text: string, field: string, maxBytes: number): Captured {
    const jsonBytes = maxBytes * MAX_ESCAPED_BYTES + 2;
    return this.#careful(() =>
      new ValueWriter(this.#redactor, field, jsonBytes, maxBytes).write(text),
    );
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
