import type { Json } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapePointer,
  GROUP_SIZE,
  initiallyOpen,
  jsonRows,
  openWithin,
  pointerText,
  readablePath,
  unescapePointer,
} from '@/components/json/json-rows';

const rowsOf = (value: Json, open = initiallyOpen(value, ''), lineLength = 80) =>
  jsonRows(value, { open, basePointer: '', lineLength });
const linesOf = (text: string, lineLength: number) =>
  rowsOf(text, new Set(['']), lineLength).filter((row) => row.shape === 'line');
const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<Json>;

describe('a JSON value in rows', () => {
  it('shows a small value opened, in its own order', () => {
    const rows = rowsOf({ b: 1, a: [true, null], 'x/y': 'z' });
    expect(rows.map((row) => row.pointer)).toEqual(['', '/b', '/a', '/a/0', '/a/1', '/x~1y']);
  });

  it('shows a primitive as its one row', () => {
    expect(rowsOf('text')).toMatchObject([{ shape: 'leaf', value: 'text', open: null }]);
  });

  it('cannot open an empty value', () => {
    expect(rowsOf({ a: {}, b: [] }).map((row) => row.open)).toEqual([true, null, null]);
  });

  it('shows a closed container as one row', () => {
    expect(rowsOf({ a: { b: { c: 1 } } }, new Set(['']))).toHaveLength(2);
  });

  it('shows many elements in groups, for any number', () => {
    const value = Array.from({ length: 2_500_000 }, () => 0);
    const rows = rowsOf(value);
    expect(rows.length).toBeLessThanOrEqual(GROUP_SIZE + 1);
    const last = rows.at(-1);
    expect(last).toMatchObject({ shape: 'group', label: '2000000 … 2499999' });
    const opened = rowsOf(value, new Set(['', last?.id ?? '']));
    expect(opened.at(-1)).toMatchObject({ shape: 'group', label: '2499000 … 2499999' });
  });

  it('opens a long string into lines that together are the string', () => {
    const text = `${'a'.repeat(300)}😀`.repeat(5);
    const rows = rowsOf({ text }, new Set(['', '/text']), 50);
    const lines = rows.filter((row) => row.shape === 'line').map((row) => String(row.value));
    expect(lines.join('')).toBe(text);
    expect(lines.some((line) => /\p{Cs}/u.test(line))).toBe(false);
  });

  it('breaks a long string between words, and a longer word between letters', () => {
    const words = 'the quick brown fox jumps over the lazy dog '.repeat(9);
    const lines = linesOf(words, 50);
    expect(lines.every(({ value }) => String(value).endsWith(' '))).toBe(true);
    const family = '👨‍👩‍👧‍👦';
    expect(linesOf(family.repeat(40), 30).map(({ value }) => value)).not.toContain('\u200d');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 121, maxLength: 600 }), (text) => {
        const flat = text.replaceAll('\n', ' ');
        const values = linesOf(flat, 40).map(({ value }) => String(value));
        expect(values.join('')).toBe(flat);
        expect(values.every((value) => value.length <= 40 + 64)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('reads each line of a paragraph in the direction of the paragraph', () => {
    const hebrew = 'שלום עולם זה משפט ארוך מאוד OK '.repeat(8);
    const lines = linesOf(`${hebrew}\n${'plain words '.repeat(20)}`, 40);
    const dirs = lines.map(({ value, dir }) => [/plain/.test(String(value)), dir ?? 'ltr']);
    expect(new Set(dirs.map(String))).toEqual(new Set(['false,rtl', 'true,ltr']));
  });

  it('opens every container of a small value, and a bounded part of a large one', () => {
    const value = { a: { b: [1, { c: 2 }] } };
    expect(rowsOf(value, openWithin(value, '', 100))).toHaveLength(6);
    const large = Array.from({ length: 900 }, () => Array.from({ length: 100 }, () => 0));
    expect(rowsOf(large, openWithin(large, '', 5_000)).length).toBeLessThanOrEqual(5_001);
  });

  it('has a unique id for each row, and a pointer that leads to the row’s value', () => {
    fc.assert(
      fc.property(json, (value) => {
        const rows = rowsOf(value, openWithin(value, '', 1_000));
        expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
        const whole = rows.filter((row) => row.shape !== 'line' && row.shape !== 'group');
        for (const row of whole) expect(resolve(value, row.pointer)).toBe(row.value);
      }),
    );
  });
});

describe('paths', () => {
  it('reads like code', () => {
    const value = { items: [{ 'a b': 1 }], list: { 0: 'x' } };
    expect(readablePath('/steps/2/input/items/0/a b', '/steps/2/input', 'input', value)).toBe(
      'input.items[0]["a b"]',
    );
    expect(readablePath('/list/0', '', 'input', value)).toBe('input.list["0"]');
  });

  it('reads a pointer without its value, and treats numbers as indices', () => {
    expect(pointerText('/output/items/0/a b')).toBe('output.items[0]["a b"]');
    expect(pointerText('/a~1b')).toBe('["a/b"]');
    expect(pointerText('')).toBe('');
  });

  it('escapes and reads back any key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(unescapePointer(escapePointer(key))).toBe(key);
        expect(escapePointer(key)).not.toContain('/');
      }),
    );
  });
});

function resolve(value: Json, pointer: string): unknown {
  let current: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    current = (current as Record<string, unknown>)[unescapePointer(part)];
  }
  return current;
}
