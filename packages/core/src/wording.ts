import { isNumber, stringifyJson, type RecordedNumber } from './exact-json.js';
import type { Json } from './snapshot.js';

/** The maximum number of code points of a quoted text from a record. Longer texts are cut. */
const MAX_QUOTED = 200;

// Line breaks and control characters could forge lines or control a terminal. Bidi controls reorder text.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/g;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * A text as one line that is safe to print. Each run of control characters, line breaks and bidi controls
 * becomes one space. Half of a character becomes U+FFFD.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, ' ').replace(LONE_SURROGATE, '\u{FFFD}');
}

/** A text from a record as one safe line: no control characters, at most `max` code points. */
export function quoted(text: string, max = MAX_QUOTED): string {
  // Cutting first saves time. A surrogate pair has two units, and a run of unsafe characters shrinks to one
  // space.
  const line = printable(text.slice(0, max * 4)).trim();
  const points = [...line];
  if (points.length <= max && text.length <= max * 4) return line;
  return `${points.slice(0, max).join('')}…`;
}

/** A value from a record as one line. */
export function valueText(value: Json | undefined, unit?: string | null): string {
  const suffix = unit ? ` ${quoted(unit, 32)}` : '';
  if (value === undefined) return 'not recorded';
  if (isNumber(value)) return numberText(value) + suffix;
  if (typeof value === 'string') return `"${quoted(value)}"${suffix}`;
  return quoted(stringifyJson(value)) + suffix;
}

/** All digits of a number. Very long numbers are cut like texts. */
export function numberText(value: RecordedNumber): string {
  return quoted(String(value));
}

export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
