import { compareNumber, isSafeNumber, parse, splitNumber, stringify } from 'lossless-json';

/** Any JSON value, as `parseJson` makes it. */
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
 * A number out of a JSON text that a double cannot hold, with the digits that were sent: an id of 17 digits, `1e400`.
 * It may stand wherever a snapshot has a number. Arithmetic and `<` take the nearest double; `===` and `typeof` do
 * not, so use `isNumber`, `compareNumbers` and `numberKey`.
 */
export class ExactNumber {
  /** As JSON writes a number. */
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

  /** The nearest double, for code that knows `JSON.stringify` alone. `stringifyJson` writes the digits. */
  toJSON(): number {
    exactNumbersMet++;
    return Number(this.text);
  }
}

/** A number out of a record. A field that a snapshot's type calls `number` may hold either. */
export type RecordedNumber = number | ExactNumber;

export function isExactNumber(value: unknown): value is ExactNumber {
  return value instanceof ExactNumber;
}

/** Whether a value out of a record is a number, exact ones included. */
export function isNumber(value: unknown): value is RecordedNumber {
  return typeof value === 'number' || isExactNumber(value);
}

/** Numbers that a double may not hold: sixteen digits, or an exponent. Matches in texts cost time and nothing else. */
const LONG_NUMBER = /(?:^|[:,[\s])(-?\d[\d.eE+-]{15,}|-?\d[\d.]*[eE][\d.eE+-]*)/g;

/**
 * `JSON.parse` that keeps the digits of every number. Recursive where it has to keep some, so bound the depth of
 * texts that nobody has checked; `parsed` is what `JSON.parse` made of the text. @throws SyntaxError
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

/** Whether the double prints as the text does, or with the same digits. */
function isHeld(text: string): boolean {
  return String(Number(text)) === text || isSafeNumber(text);
}

type Replacer = (key: string, value: unknown) => unknown;

/** A number that somebody wrote, such as a value of a filter: as JSON, but zeros may lead. Undefined for other texts. */
export function readNumber(text: string): RecordedNumber | undefined {
  if (!/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const digits = text.replace(/^(-?)0+(?=\d)/, '$1');
  return isHeld(digits) ? Number(digits) : new ExactNumber(digits);
}

/** A Postgres numeric holds more digits than anybody sends, but not all that JSON can write. */
const MAX_EXPONENT = 1_000;

/** Whether a column can hold the number with all its digits. */
export function isStorableNumber(value: RecordedNumber): boolean {
  if (typeof value === 'number') return true;
  const { digits, exponent } = splitNumber(String(value));
  return digits.length <= MAX_EXPONENT && Math.abs(exponent) <= MAX_EXPONENT;
}

/** `JSON.stringify` that writes the digits of exact numbers. */
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

/** Compares two numbers, exact ones by their digits: negative, 0 or positive. */
export function compareNumbers(a: RecordedNumber, b: RecordedNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareNumber(String(a), String(b));
}

/** The same key for equal numbers, and for no others. */
export function numberKey(value: RecordedNumber): number | string {
  if (typeof value === 'number') return value;
  const nearest = Number(value);
  if (Number.isFinite(nearest) && compareNumbers(value, nearest) === 0) return nearest;
  const { sign, digits, exponent } = splitNumber(String(value));
  return `${sign}${digits}e${exponent}`;
}
