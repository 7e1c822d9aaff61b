import { utf8Length } from '#platform';

import { FIELD_BOUNDS } from './limits.js';

/** The JSON text of a string. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

const MAX_CACHED_NAMES = 2_000;
const nameMembers = new Map<string, string>();

/** `"name":…`, or `undefined` for a name that cannot go onto the wire as it is. Names come again and again. */
export function nameMember(name: string): string | undefined {
  const known = nameMembers.get(name);
  if (known !== undefined) return known;
  if (name.length > FIELD_BOUNDS.name || name.includes('\0')) return undefined;
  const member = `"name":${quote(name)}`;
  if (nameMembers.size >= MAX_CACHED_NAMES) nameMembers.clear();
  nameMembers.set(name, member);
  return member;
}

/** The longest start of a text that takes at most `maxBytes` in UTF-8 and splits no code point. */
export function cutText(text: string, maxBytes: number): { text: string; bytes: number } {
  if (text.length * 3 <= maxBytes) return { text, bytes: utf8Length(text) };
  let cut = text.slice(0, Math.max(0, maxBytes));
  let bytes = utf8Length(cut);
  while (bytes > maxBytes) {
    // Each unit takes at least one byte and at most three, so this converges without passing the goal.
    cut = cut.slice(0, cut.length - Math.max(1, Math.floor((bytes - maxBytes) / 3)));
    bytes = utf8Length(cut);
  }
  if (cut.length < text.length && isHighSurrogate(cut.charCodeAt(cut.length - 1))) {
    cut = cut.slice(0, -1);
    bytes = utf8Length(cut);
  }
  return { text: cut, bytes };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
