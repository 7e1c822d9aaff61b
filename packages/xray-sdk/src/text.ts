import { utf8Length } from '#platform';

import { hash32 } from './hash.js';
import { FIELD_BOUNDS } from './limits.js';

/** The JSON text of a string. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** Half of a surrogate pair, or U+0000. Postgres can store neither. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether the server can store a name or a key as it is. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** The name or key with U+FFFD for each character that cannot be stored. */
export function storable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\u{FFFD}');
}

const MAX_CACHED_NAMES = 2_000;
const nameMembers = new Map<string, Text>();

/** JSON text, and whether all of it is known to be ASCII. */
export interface Text {
  readonly json: string;
  readonly isAscii: boolean;
}

export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/**
 * `"name":…` as JSON, or `undefined` for a name that must be changed first. Cached, because names
 * repeat.
 */
export function nameMember(name: string): Text | undefined {
  const known = nameMembers.get(name);
  if (known !== undefined) return known;
  if (name === '' || name.length > FIELD_BOUNDS.name || !isStorable(name)) return undefined;
  const member = { json: `"name":${quote(name)}`, isAscii: isAscii(name) };
  if (nameMembers.size >= MAX_CACHED_NAMES) nameMembers.clear();
  nameMembers.set(name, member);
  return member;
}

/** The longest prefix of a text that takes at most `maxBytes` in UTF-8 and splits no character. */
export function cutText(text: string, maxBytes: number): { text: string; bytes: number } {
  if (text.length * 3 <= maxBytes) return { text, bytes: utf8Length(text) };
  let cut = text.slice(0, Math.max(0, maxBytes));
  let bytes = utf8Length(cut);
  while (bytes > maxBytes) {
    // Each unit takes one to three bytes, so this converges and never cuts too much.
    cut = cut.slice(0, cut.length - Math.max(1, Math.floor((bytes - maxBytes) / 3)));
    bytes = utf8Length(cut);
  }
  if (cut.length === text.length) return { text: cut, bytes };
  cut = cutUnits(text, cut.length);
  return { text: cut, bytes: utf8Length(cut) };
}

/** A visible character may consist of several code points. Beyond this many units it is split. */
const MAX_CHARACTER_UNITS = 32;
/** Marks, joiners, variation selectors and skin tones belong to the preceding character. */
const CONTINUES = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d)/u;

/** The longest prefix of a text that takes at most `maxLength` UTF-16 units and splits no character. */
export function cutUnits(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const atCodePoint = isSurrogatePair(text, maxLength) ? maxLength - 1 : maxLength;
  let end = atCodePoint;
  while (end > 0 && splitsCharacter(text, end)) {
    end -= isSurrogatePair(text, end - 1) ? 2 : 1;
    if (end <= atCodePoint - MAX_CHARACTER_UNITS) return text.slice(0, atCodePoint);
  }
  return text.slice(0, end === 0 ? atCodePoint : end);
}

function splitsCharacter(text: string, end: number): boolean {
  return text[end - 1] === '\u200d' || CONTINUES.test(text.slice(end, end + 2));
}

function isSurrogatePair(text: string, low: number): boolean {
  const [before, after] = [text.charCodeAt(low - 1), text.charCodeAt(low)];
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

const HASH_LENGTH = 8;

/**
 * A name within a length that can be stored. A changed name ends in a hash of the original, so that
 * different names stay different.
 */
export function shortName(name: string, maxLength: number): string {
  if (name.length <= maxLength && isStorable(name)) return name;
  return `${cutUnits(storable(name), maxLength - HASH_LENGTH)}~${hash32(name).toString(36)}`;
}

/** Shortens the keys of one object. Keys that become equal get different endings. */
export class FittingKeys {
  readonly #keys: readonly string[];
  readonly #maxLength: number;
  readonly #changed = new Set<string>();

  constructor(keys: readonly string[], maxLength: number) {
    this.#keys = keys;
    this.#maxLength = maxLength;
  }

  /** Call this once for each key. */
  fit(key: string): string {
    if (key.length <= this.#maxLength && isStorable(key)) return key;
    const clean = cutUnits(storable(key), this.#maxLength);
    const isTaken = this.#changed.has(clean) || this.#keys.includes(clean);
    const fitting = isTaken ? shortName(`${key}\0`, this.#maxLength) : clean;
    this.#changed.add(fitting);
    return fitting;
  }
}
