/**
 * A unit of search, the same for recorded texts and for queries. An atom is a run of letters and digits,
 * one character of a script without spaces, or one symbol. Two atoms are glued if one to three connecting
 * characters and no space separate them, as in ids, addresses and decimals.
 */
export interface Atom {
  /** UTF-16 offsets into the normalized text. */
  start: number;
  end: number;
  isWord: boolean;
  /** Start of the previous atom if this atom is glued to it, else -1. */
  gluedFrom: number;
}

const WORD = 1;
const SIGN = 2;
const CONNECTOR = 3;
const BREAK = 4;

const MAX_GLUE = 3;
const CONNECTORS = new Set(`-_.:/@#+&'’,=%~\\·`);
/**
 * Scripts without spaces between words, or with endings attached to words. They are searched by character.
 */
const UNSPACED =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]$/u;
const ALPHANUMERIC = /^[\p{L}\p{N}\p{M}]$/u;
const SYMBOL = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\p{So}\p{Sc}]$/u;
const ASCII = /^[\0-\x7f]*$/;

const ZERO_WIDTH_SPACE = '\u200B';
/** Invisible characters, and the Arabic stroke that only lengthens a word. */
const IGNORED = /[\p{Default_Ignorable_Code_Point}\u0640]/gu;
/**
 * Typographic apostrophes and dashes, which keyboards lack. A modifier apostrophe would count as a letter.
 */
const TYPOGRAPHIC = /([\u2018-\u201B\u2032\u02B9\u02BB-\u02BD])|([\u2010-\u2015\u2212])/g;
/**
 * Accents of Latin, Greek and Cyrillic, and the points of Hebrew and Arabic. Marks of other scripts are
 * vowels. The short и and у (й, ў) are letters of their own on keyboards.
 */
const ACCENTS = new RegExp(
  [
    '(?<![иу])\\u0306',
    '[\\u0300-\\u0305]',
    '[\\u0307-\\u036F]',
    '[\\u0591-\\u05BD]',
    '\\u05BF',
    '[\\u05C1\\u05C2]',
    '[\\u05C4\\u05C5]',
    '\\u05C7',
    '[\\u064B-\\u065F]',
    '\\u0670',
    '[\\u1AB0-\\u1AFF]',
    '[\\u1DC0-\\u1DFF]',
    '[\\u20D0-\\u20FF]',
    '[\\uFE20-\\uFE2F]',
  ].join('|'),
  'g',
);
/** Letters that Unicode does not decompose, with the spelling that people type instead. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  ð: 'd',
  ø: 'o',
  þ: 'th',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŋ: 'n',
  œ: 'oe',
  ŧ: 't',
  ς: 'σ',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/** The kinds of the basic plane's code points, filled in on first use. 0 means not computed yet. */
const kinds = new Uint8Array(0x10000);

/**
 * Normalizes a text for searching: NFKC, lower case, without accents and invisible characters, with plain
 * quotes and dashes (docs/query-language.md). If you change it, change the server's SEGMENT_FORMAT as well.
 */
export function normalizeText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .replaceAll('\u00B4', "'")
    .normalize('NFKD')
    .toLowerCase()
    .replace(IGNORED, '')
    .replace(TYPOGRAPHIC, (_, quote: string | undefined) => (quote === undefined ? '-' : "'"))
    .replace(ACCENTS, '')
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}

/**
 * The normalized forms of a recorded text. A word with a zero-width space is found as a whole and by its
 * parts.
 */
export function normalizedForms(text: string): string[] {
  const whole = normalizeText(text);
  if (!text.includes(ZERO_WIDTH_SPACE)) return [whole];
  return [whole, normalizeText(text.replaceAll(ZERO_WIDTH_SPACE, ' '))];
}

/** Calls `visit` for each atom of a normalized text, in order. The same object is reused for each call. */
export function scanAtoms(text: string, visit: (atom: Atom) => void): void {
  const atom: Atom = { start: 0, end: 0, isWord: false, gluedFrom: -1 };
  let before = -1;
  let glue = 0;
  let at = 0;
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0;
    const width = point > 0xffff ? 2 : 1;
    const kind = kindOf(point);
    if (kind === CONNECTOR || kind === BREAK) {
      glue = kind === BREAK ? MAX_GLUE + 1 : glue + 1;
      at += width;
      continue;
    }
    const start = at;
    at += width;
    if (kind === WORD) at = endOfWord(text, at);
    atom.start = start;
    atom.end = at;
    atom.isWord = kind === WORD;
    atom.gluedFrom = glue <= MAX_GLUE ? before : -1;
    visit(atom);
    before = start;
    glue = 0;
  }
}

export function atomsOf(text: string): Atom[] {
  const atoms: Atom[] = [];
  scanAtoms(text, (atom) => atoms.push({ ...atom }));
  return atoms;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0;
    if (kindOf(point) !== WORD) break;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

function kindOf(point: number): number {
  if (point > 0xffff) return classify(point);
  const known = kinds[point] ?? 0;
  if (known !== 0) return known;
  const kind = classify(point);
  kinds[point] = kind;
  return kind;
}

function classify(point: number): number {
  const char = String.fromCodePoint(point);
  if (ALPHANUMERIC.test(char)) return UNSPACED.test(char) ? SIGN : WORD;
  if (CONNECTORS.has(char)) return CONNECTOR;
  return point > 0x7f && SYMBOL.test(char) ? SIGN : BREAK;
}

/** Atoms that must follow each other within one text. */
export interface TextQuery {
  /** The text as written, for ids that are compared whole. */
  text: string;
  atoms: QueryAtom[];
}

export interface QueryAtom {
  text: string;
  isWord: boolean;
  /** The characters required between the previous atom and this one. Null allows any. */
  glue: string | null;
  isPrefix: boolean;
}

/** Compiles a bare word or a quoted phrase. A `*` at the end of a bare word allows any ending. */
export function compileText(text: string, quoted: boolean): TextQuery | null {
  const star = !quoted && text.endsWith('*');
  const plain = star ? text.slice(0, -1) : text;
  const normalized = normalizeText(plain);
  const atoms = atomsOf(normalized);
  const last = atoms.at(-1);
  if (last === undefined) return null;
  const isOpen = star && last.isWord && last.end === normalized.length;
  return {
    text: plain,
    atoms: atoms.map((atom, place) => ({
      text: normalized.slice(atom.start, atom.end),
      isWord: atom.isWord,
      glue: atom.gluedFrom < 0 ? null : normalized.slice(atoms[place - 1]?.end ?? 0, atom.start),
      isPrefix: isOpen && atom === last,
    })),
  };
}

/** Finds a query in a normalized text: [start, end) of each match, left to right, at most `limit`. */
export function findText(query: TextQuery, text: string, limit: number): [number, number][] {
  const [first] = query.atoms;
  if (first === undefined || !text.includes(first.text)) return [];
  const atoms = atomsOf(text);
  const found: [number, number][] = [];
  const isAt = (place: number): boolean =>
    query.atoms.every((wanted, offset) => {
      const atom = atoms[place + offset];
      if (atom === undefined) return false;
      const atomText = text.slice(atom.start, atom.end);
      if (wanted.isPrefix ? !atomText.startsWith(wanted.text) : atomText !== wanted.text)
        return false;
      if (offset === 0 || wanted.glue === null) return true;
      const before = atoms[place + offset - 1];
      return before !== undefined && text.slice(before.end, atom.start) === wanted.glue;
    });
  for (let place = 0; place < atoms.length && found.length < limit; place++) {
    if (!isAt(place)) continue;
    const start = atoms[place]?.start ?? 0;
    const end = atoms[place + query.atoms.length - 1]?.end ?? start;
    found.push([start, end]);
  }
  return found;
}
