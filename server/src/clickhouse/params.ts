/**
 * Collects the values of a statement. Each method returns the placeholder, so a value can never become a part of
 * the statement's text.
 */
export class Params {
  readonly values: Record<string, unknown> = {};
  #count = 0;

  text(value: string): string {
    return this.#add('String', storable(value));
  }

  texts(values: readonly string[]): string {
    return this.#add('Array(String)', values.map(storable));
  }

  /** A whole number within 2^53, such as a time in ms. */
  int(value: number): string {
    return this.#add('Int64', Math.trunc(value));
  }

  ints(values: readonly number[]): string {
    return this.#add('Array(Int64)', values);
  }

  float(value: number): string {
    return this.#add('Float64', value);
  }

  /** A number literal beyond 2^64 would become a float, so it is sent as a text. */
  wide(value: bigint): string {
    return this.#add('UInt128', String(value));
  }

  #add(type: string, value: unknown): string {
    const name = `p${this.#count++}`;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }
}

/** The text with U+FFFD for the characters that Postgres cannot store, so that both engines find the same. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
