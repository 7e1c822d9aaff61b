import { compareNumber, isSafeNumber, parse, splitNumber, stringify } from 'lossless-json';

/** Any JSON value, as `parseJson` returns it. */
export type Json =
  | null
  | boolean
  | number
  | ExactNumber
  | string
  | Json[]
  | { [key: string]: Json };

let exactNumbersMet = 0;

/**
 * A JSON number that a double cannot hold, with the digits that were sent: an id of 17 digits, `1e400`. It
 * can occur wherever a snapshot has a number. Arithmetic and `<` use the nearest double. `===` and `typeof`
 * do not, so use `isNumber`, `compareNumbers` and `numberKey`.
 */
export class ExactNumber {
  /** The number in JSON's notation. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  /**
   * Returns the nearest double, for code that calls `JSON.stringify`. `stringifyJson` writes all digits.
   */
  toJSON(): number {
    exactNumbersMet++;
    return Number(this.text);
  }
}

/** A number of a record. Fields that a snapshot's type calls `number` may hold either kind. */
export type RecordedNumber = number | ExactNumber;

export function isExactNumber(value: unknown): value is ExactNumber {
  return value instanceof ExactNumber;
}

/** Whether a recorded value is a number, exact or not. */
export function isNumber(value: unknown): value is RecordedNumber {
  return typeof value === 'number' || isExactNumber(value);
}

/**
 * Numbers that a double may not hold: sixteen digits, or an exponent. A match inside a string costs only
 * time.
 */
const LONG_NUMBER = /(?:^|[:,[\s])(-?\d[\d.eE+-]{15,}|-?\d[\d.]*[eE][\d.eE+-]*)/g;

/**
 * `JSON.parse` that keeps the digits of every number. It recurses to keep them, so bound the depth of
 * unchecked texts first. `parsed` is the result of `JSON.parse` for the text. @throws SyntaxError
 */
export function parseJson(text: string, parsed = JSON.parse(text) as unknown): Json {
  for (const [, number = ''] of text.matchAll(LONG_NUMBER)) {
    if (!isHeld(number)) return parseEveryDigit(text);
  }
  return parsed as Json;
}

function parseEveryDigit(text: string): Json {
  return parse(text, undefined, {
    parseNumber: (digits) => (isHeld(digits) ? Number(digits) : new ExactNumber(digits)),
    onDuplicateKey: ({ newValue }) => newValue,
  }) as Json;
}

/** Whether the double has the same digits as the text. */
function isHeld(text: string): boolean {
  return String(Number(text)) === text || isSafeNumber(text);
}

type Replacer = (key: string, value: unknown) => unknown;

/**
 * Reads a number from a person, such as a filter's value: JSON, but with leading zeros allowed. Undefined
 * for other texts.
 */
export function readNumber(text: string): RecordedNumber | undefined {
  if (!/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const digits = text.replace(/^(-?)0+(?=\d)/, '$1');
  return isHeld(digits) ? Number(digits) : new ExactNumber(digits);
}

/** A Postgres numeric has enough digits for real values, but not for every JSON number. */
const MAX_EXPONENT = 1_000;

/** Whether a database column can hold all digits of the number. */
export function isStorableNumber(value: RecordedNumber): boolean {
  if (typeof value === 'number') return true;
  const { digits, exponent } = splitNumber(String(value));
  return digits.length <= MAX_EXPONENT && Math.abs(exponent) <= MAX_EXPONENT;
}

/** `JSON.stringify` that writes all digits of exact numbers. */
export function stringifyJson(value: unknown, replacer?: Replacer, space?: number): string {
  const before = exactNumbersMet;
  const text = JSON.stringify(value, replacer, space);
  if (exactNumbersMet === before) return text;
  return (
    stringify(value, replacer, space, [
      { test: isExactNumber, stringify: (exact) => String(exact) },
    ]) ?? text
  );
}

/** Compares two numbers, exact ones by their digits. Returns a negative number, 0 or a positive number. */
export function compareNumbers(a: RecordedNumber, b: RecordedNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareNumber(String(a), String(b));
}

/** Equal numbers have the same key, different numbers do not. */
export function numberKey(value: RecordedNumber): number | string {
  if (typeof value === 'number') return value;
  const nearest = Number(value);
  if (Number.isFinite(nearest) && compareNumbers(value, nearest) === 0) return nearest;
  const { sign, digits, exponent } = splitNumber(String(value));
  return `${sign}${digits}e${exponent}`;
}
