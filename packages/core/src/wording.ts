import { isNumber, stringifyJson, type RecordedNumber } from './exact-json.js';
import type { Json } from './snapshot.js';

/** Longer texts out of a record are cut when they are quoted, in code points. */
const MAX_QUOTED = 200;

// Line breaks and control characters would forge lines or drive a terminal; bidi controls reorder what is read.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/g;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * A text as one line that is safe to print. Each run of control characters, line ends and bidi controls
 * becomes one space, and half of a character becomes U+FFFD.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, ' ').replace(LONE_SURROGATE, '\u{FFFD}');
}

/** A text out of a record as one line that is safe to print: no control characters, at most `max` code points. */
export function quoted(text: string, max = MAX_QUOTED): string {
  // Only so much is looked at: a surrogate pair is two units, and a run of unsafe ones becomes one space.
  const line = printable(text.slice(0, max * 4)).trim();
  const points = [...line];
  if (points.length <= max && text.length <= max * 4) return line;
  return `${points.slice(0, max).join('')}…`;
}

/** A value out of a record as one line. */
export function valueText(value: Json | undefined, unit?: string | null): string {
  const suffix = unit ? ` ${quoted(unit, 32)}` : '';
  if (value === undefined) return 'not recorded';
  if (isNumber(value)) return numberText(value) + suffix;
  if (typeof value === 'string') return `"${quoted(value)}"${suffix}`;
  return quoted(stringifyJson(value)) + suffix;
}

/** All digits of a number; a very long one is cut as a text is. */
export function numberText(value: RecordedNumber): string {
  return quoted(String(value));
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
