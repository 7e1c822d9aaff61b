import { LIMITS } from '@xray/core';
import { endOfString } from '../records/json-strings.js';

/** A request body as the texts of its snapshots. `single`: the body was neither an array nor NDJSON. */
export type SplitBody =
  | { kind: 'single'; texts: [string] }
  | { kind: 'many'; texts: string[] }
  | { kind: 'too_many' }
  | { kind: 'malformed'; message: string };

/**
 * Cuts a body into the texts of its snapshots without parsing them. Each text is stored as it was sent, and
 * a text that is not JSON does not affect the others.
 */
export function splitBody(text: string, isNdjson: boolean): SplitBody {
  if (isNdjson) return splitLines(text);
  const start = skipSpace(text, 0);
  if (start === text.length) return { kind: 'malformed', message: 'The request body is empty.' };
  if (text[start] !== '[') return { kind: 'single', texts: [text] };
  return splitArray(text, start);
}

function splitLines(text: string): SplitBody {
  const texts: string[] = [];
  let end: number;
  for (let start = skipSpace(text, 0); start < text.length; start = skipSpace(text, end)) {
    const lineEnd = text.indexOf('\n', start);
    end = lineEnd === -1 ? text.length : lineEnd;
    if (texts.length === LIMITS.snapshots) return { kind: 'too_many' };
    texts.push(text.slice(start, end));
  }
  return { kind: 'many', texts };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/** Finds the commas between an array's elements. `JSON.parse` checks the elements later. */
function splitArray(text: string, start: number): SplitBody {
  const texts: string[] = [];
  let depth = 0;
  let elementStart = start + 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (OPEN.has(code)) {
      depth++;
    } else if (code === COMMA && depth === 1) {
      // One more element follows the last comma.
      if (texts.length + 1 === LIMITS.snapshots) return { kind: 'too_many' };
      texts.push(text.slice(elementStart, at));
      elementStart = at + 1;
    } else if (CLOSE.has(code) && --depth === 0) {
      if (skipSpace(text, at + 1) !== text.length) {
        return {
          kind: 'malformed',
          message: `There is text after the end of the array, at position ${at + 1}.`,
        };
      }
      const last = text.slice(elementStart, at);
      if (last.trim() !== '' || texts.length > 0) texts.push(last);
      return { kind: 'many', texts };
    }
  }
  return { kind: 'malformed', message: 'The array is not closed. The body may be incomplete.' };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}
