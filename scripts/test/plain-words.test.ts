import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mannered, tooMannered } from '../plain-words.mjs';

function phrasesIn(name: string, text: string): string[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'x-ray-words-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  fs.writeFileSync(path.join(folder, name), text);
  return Object.entries(mannered(folder)).flatMap(([phrase, places]) =>
    places.map((place) => `${phrase} at ${place}`),
  );
}

test.each([
  ['a.ts', "const label = 'Read the list anew';", ['anew at a.ts:1']],
  ['a.tsx', '<p>\n  Whoever has the link\n</p>', ['whoever at a.tsx:2']],
  ['a.md', 'The value stands in the address.', ['stands in at a.md:1']],
  ['a.ts', '/** Null for text that is none. */', ['is none at a.ts:1']],
  ['a.ts', '// The hits at hand.', ['at hand at a.ts:1']],
  ['a.ts', '/** What is shown. */', ['what … is at a.ts:1']],
  ['a.test.ts', "test('who is signed out sees nothing', () => {});", ['what … is at a.test.ts:1']],
  ['a.ts', '/**\n * Of a line, the first word.\n */', ['Of … at a.ts:2']],
  ['a.ts', '// Nor may it be.', ['Nor … at a.ts:1']],
  ['a.md', 'The sender is told so.', ['is told at a.md:1']],
  ['a.ts', '// A rule bears the reason out.', ['bears out at a.ts:1']],
  ['a.ts', '// Two values of which one is null.', ['of which at a.ts:1']],
])('%s with %j holds a phrase that needs a second reading', (name, text, found) => {
  expect(phrasesIn(name, text)).toEqual(found);
});

test.each([
  ['a.ts', '// Returns null when there is none.'],
  ['a.ts', '// What is the limit?'],
  ['a.ts', '// The limit of a line.'],
  ['a.ts', '// Commands, each of which opens its database.'],
  ['a.ts', 'const renewed = handle(atHand);'],
])('%s with %j is plain', (name, text) => {
  expect(phrasesIn(name, text)).toEqual([]);
});

test('a phrase may occur as often as allowed, and no more', () => {
  const places = { anew: ['a.ts:1', 'b.ts:2'] };

  expect(tooMannered(places, { anew: 2 })).toEqual([]);
  expect(tooMannered(places, { anew: 1 })).toEqual([
    '"anew" is there 2 times, 1 at most. Write "again", or the verb with "re".\n  a.ts:1\n  b.ts:2',
  ]);
});
