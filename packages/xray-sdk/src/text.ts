import { utf8Length } from '#platform';

/** The JSON text of a string. */
export function quote(text: string): string {
  return JSON.stringify(text);
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
