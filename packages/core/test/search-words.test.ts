import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileText, normalizeText, searchSnapshot, type Snapshot } from '../src/index.js';

function finds(written: string, typed: string): boolean {
  const query = compileText(typed, false);
  if (query === null) return false;
  const snapshot: Snapshot = {
    executionId: 'e',
    appId: 'a',
    pipeline: 'p',
    steps: [{ name: 's', output: { note: written } }],
  };
  return searchSnapshot(snapshot, [query]).found[0] === true;
}

describe('finds words as people type them', () => {
  test.each([
    ['Nguyễn', 'nguyen'],
    ['Trần Đức', 'duc'],
    ['Łódź', 'lodz'],
    ['Straße', 'strasse'],
    ['STRASSE', 'straße'],
    ['Ærøskøbing', 'aeroskobing'],
    ['œuvre', 'oeuvre'],
    ['Guðrún Þóra', 'gudrun'],
    ['Guðrún Þóra', 'thora'],
    ['Işık', 'isik'],
    ['İstanbul', 'istanbul'],
    ['résumé', 'resume'],
    ['resume', 'résumé'],
    ['Ёлка', 'елка'],
    ['Елка', 'ёлка'],
    ['ΑΘΉΝΑΣ', 'αθηνας'],
    ['d’Artagnan', "d'Artagnan"],
    ["d'Artagnan", 'd’Artagnan'],
    ['Oʼzbekiston', "O'zbekiston"],
    ['non\u2011breaking', 'non-breaking'],
    ['1990–2000', '1990-2000'],
    ['−5 °C', '-5'],
    ['zero\u200Bwidth', 'zerowidth'],
    ['zero\u200Bwidth', 'zero'],
    ['zero\u200Bwidth', 'width'],
    ['soft\u00ADhyphen', 'softhyphen'],
    ['bid\u200Di', 'bidi'],
    ['ｆｕｌｌ　ｗｉｄｔｈ', 'full'],
    ['שָׁלוֹם', 'שלום'],
    ['مُحَمَّد', 'محمد'],
    ['हिन्दी', 'हिन्दी'],
    ['がくせい', 'がくせい'],
    ['한국어', '한국'],
    // The same letters, composed and decomposed.
    ['e\u0301te\u0301', '\u00E9t\u00E9'],
    ['и\u0306од', 'йод'],
  ])('%j by %j', (written, typed) => {
    expect(finds(written, typed)).toBe(true);
  });

  test.each([
    ['мой', 'мои'],
    ['हिन्दी', 'हन्द'],
    ['がくせい', 'かくせい'],
  ])('%j not by %j, which is another word', (written, typed) => {
    expect(finds(written, typed)).toBe(false);
  });

  test('normalizing a normalized text does not change it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normalizeText(normalizeText(text))).toBe(normalizeText(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
