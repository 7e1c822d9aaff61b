import type { ExactNumber } from '@xray/core/exact-json';

/** A BCP 47 tag. The default is the browser's locale. */
export type Locale = string | undefined;

/** Decimals of a number that is not compared. */
const READ_DECIMALS = 4;
/** A value near a whole number gets up to this many decimals. More would show the noise of binary fractions. */
const NEAR_DECIMALS = 10;
/** Old browsers refuse more. */
const MAX_DECIMALS = 20;
const TINY = 1e-5;
const TINY_DIGITS = 2;

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify([locale, options]);
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locale, options);
  formats.set(key, made);
  return made;
}

/** Formats decimal digits for the locale, with `least` to `most` decimals. */
export function localizeDigits(
  digits: string,
  locale: Locale,
  { least = 0, most = MAX_DECIMALS, percent = false } = {},
): string {
  return formatOf(locale, {
    minimumFractionDigits: least,
    maximumFractionDigits: most,
    ...(percent ? { style: 'percent' } : {}),
    // A text keeps digits that a double loses. TypeScript wants a literal type.
  }).format(digits as Intl.StringNumericLiteral);
}

/**
 * The decimals of a number that is not compared: two significant digits. A fraction must not look
 * whole.
 */
export function decimalsOf(value: number, atLeast = READ_DECIMALS): number {
  if (Number.isInteger(value)) return atLeast;
  const twoDigits = 1 - Math.floor(Math.log10(Math.abs(value)));
  for (let decimals = Math.max(atLeast, twoDigits); decimals <= NEAR_DECIMALS; decimals += 1) {
    if (!Number.isInteger(Number(rounded(value, decimals)))) return decimals;
  }
  return atLeast;
}

/**
 * The decimals that each number needs to print differently from the others. Rounding keeps the order, so only
 * neighbours matter. Infinity means the exact value.
 */
export function decimalsAmong(values: readonly number[], atLeast = READ_DECIMALS): number[] {
  const inOrder = [...new Set(values.filter(Number.isFinite))].toSorted((a, b) => a - b);
  const needed = new Map<number, number>();
  for (const [index, value] of inOrder.entries()) {
    const before = inOrder[index - 1];
    const apart = before === undefined ? atLeast : decimalsApart(before, value, atLeast);
    if (before !== undefined) needed.set(before, Math.max(apart, needed.get(before) ?? 0));
    needed.set(value, Math.max(apart, decimalsOf(value, atLeast)));
  }
  return values.map((value) => needed.get(value) ?? atLeast);
}

function decimalsApart(a: number, b: number, atLeast: number): number {
  // The decimals are at least as fine as the difference, because rounding could double or halve it.
  const finest = Math.ceil(-Math.log10(Math.abs(b - a)));
  for (let decimals = Math.max(atLeast, finest); decimals <= MAX_DECIMALS; decimals += 1) {
    if (rounded(a, decimals) !== rounded(b, decimals)) return decimals;
  }
  return Number.POSITIVE_INFINITY;
}

/** Rounds the printed digits, not the binary value, so 0.3 stays 0.3 with any number of decimals. */
function rounded(value: number, decimals: number): string {
  const text = formatOf('en-US', { useGrouping: false, maximumFractionDigits: decimals }).format(
    String(value) as Intl.StringNumericLiteral,
  );
  return text === '-0' ? '0' : text;
}

/** Formats a finite number with this many decimals. Tiny and huge numbers get an exponent. */
export function printNumber(value: number, decimals: number, locale: Locale): string {
  const exact = String(value);
  const isTiny = value !== 0 && Math.abs(value) < TINY;
  const isLong = decimals > MAX_DECIMALS && (exact.split('.')[1]?.length ?? 0) > MAX_DECIMALS;
  if (!exact.includes('e') && !isTiny && !isLong) {
    return localizeDigits(exact, locale, { most: Math.min(decimals, MAX_DECIMALS) });
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const most = isTiny ? Math.max(TINY_DIGITS, decimals + Number(exponent)) : MAX_DECIMALS;
  const short = rounded(Number(mantissa), Math.min(most, MAX_DECIMALS));
  // 9.999 would round to 10.
  const digits = Math.abs(Number(short)) < 10 ? short : mantissa;
  return `${localizeDigits(digits, locale)}e${exponent}`;
}

/**
 * Formats a number that a double cannot hold, with every digit. A number with an exponent or a long
 * fraction stays as it was sent.
 */
export function printExact(exact: ExactNumber, locale: Locale): string {
  const text = String(exact);
  const isPlain = /^-?\d+(\.\d{1,20})?$/.test(text);
  return isPlain ? localizeDigits(text, locale, { least: text.split('.')[1]?.length ?? 0 }) : text;
}
