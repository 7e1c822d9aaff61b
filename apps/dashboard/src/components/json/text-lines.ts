const RTL =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
/** One visible letter may have many code units: a family emoji has 25. */
const GRAPHEME_UNITS = 64;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * A line of a wrapped text. `dir` is the direction of its paragraph; absent means left to right.
 */
export interface TextLine {
  text: string;
  dir?: 'rtl';
}

/**
 * Wraps a text after spaces, and a longer word between letters. The joined lines of a paragraph
 * equal the paragraph.
 */
export function wrapText(text: string, lineLength: number): TextLine[] {
  return text.split('\n').flatMap((paragraph) => {
    const dir = directionOf(paragraph);
    return piecesOf(paragraph, lineLength).map((piece) =>
      dir === null ? { text: piece } : { text: piece, dir },
    );
  });
}

/** The beginning of a text, at most as long as a line, and cut in the same way. */
export function beginningOf(text: string, lineLength: number): string {
  const near = text.slice(0, lineLength + GRAPHEME_UNITS).replaceAll('\n', '↵');
  return (piecesOf(near, lineLength)[0] ?? '').trimEnd();
}

/**
 * The direction of the first letter that has one, as in HTML's `dir="auto"` (Unicode's rule P2).
 */
function directionOf(paragraph: string): 'rtl' | null {
  const first = /\p{L}/u.exec(paragraph)?.[0];
  return first !== undefined && RTL.test(first) ? 'rtl' : null;
}

function piecesOf(paragraph: string, lineLength: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (paragraph.length - from > lineLength) {
    const to = breakBefore(paragraph, from, from + lineLength);
    pieces.push(paragraph.slice(from, to));
    from = to;
  }
  pieces.push(paragraph.slice(from));
  return pieces;
}

/** Where a line from `from` ends: at most at `to`, unless its first letter is longer. */
function breakBefore(text: string, from: number, to: number): number {
  // One space may exceed the line, because it is invisible.
  for (let at = to; at > from; at -= 1) {
    if (/\s/.test(text[at] ?? '')) return at + 1;
  }
  const near = text.slice(from, to + GRAPHEME_UNITS);
  let end = 0;
  for (const { index, segment } of graphemes.segment(near)) {
    const next = index + segment.length;
    if (next > to - from && end > 0) break;
    end = next;
  }
  return from + end;
}
