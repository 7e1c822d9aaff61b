import { z } from 'zod';

/** The digits of a whole number without a sign. `z.coerce` would read a blank as 0, 0x10 as 16 and 1e2 as 100. */
const DIGITS = /^(?:0|[1-9]\d{0,14})$/;

/** Reads a text, such as a parameter of a URL, as a whole number. Undefined for any other text. */
export function readWholeNumber(text: string): number | undefined {
  return DIGITS.test(text) ? Number(text) : undefined;
}

/** A parameter of a URL that is a whole number. */
export function wholeNumber(minimum: number, maximum?: number) {
  const bounded = z.int().min(minimum);
  return z
    .preprocess(
      (value) => (typeof value === 'string' ? (readWholeNumber(value) ?? value) : value),
      maximum === undefined ? bounded : bounded.max(maximum),
    )
    .meta({ type: 'integer', minimum, ...(maximum !== undefined && { maximum }) });
}
