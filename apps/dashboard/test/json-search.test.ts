import type { Json } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonRows } from '@/components/json/json-rows';
import { MAX_MATCHES, idsToOpen, searchJson } from '@/components/json/json-search';

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<Json>;

describe('a search in a JSON value', () => {
  it('finds keys and values ignoring case, in the order of the tree', () => {
    const value = { Score: 612, deep: [{ note: 'the SCORE was low' }, null], 'a/b': true };
    expect(searchJson(value, '/input', 'score')).toEqual(['/input/Score', '/input/deep/0/note']);
    expect(searchJson(value, '', '612')).toEqual(['/Score']);
    expect(searchJson(value, '', 'TRUE')).toEqual(['/a~1b']);
    expect(searchJson('a text', '/reasoning', 'text')).toEqual(['/reasoning']);
    expect(searchJson(value, '', '  ')).toEqual([]);
  });

  it('ends in a deep value and in one with very many matches', () => {
    let deep: Json = 'here';
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(searchJson(deep, '', 'here')).toHaveLength(1);
    expect(
      searchJson(
        Array.from({ length: MAX_MATCHES * 2 }, () => 1),
        '',
        '1',
      ),
    ).toHaveLength(MAX_MATCHES);
  });

  it('opens each match so that its row is visible', () => {
    fc.assert(
      fc.property(json, fc.string({ minLength: 1, maxLength: 2 }), (value, text) => {
        for (const pointer of searchJson(value, '/x', text).slice(0, 20)) {
          const open = new Set(idsToOpen(value, '/x', pointer));
          const rows = jsonRows(value, { open, basePointer: '/x', lineLength: 80 });
          expect(rows.some((row) => row.id === pointer)).toBe(true);
        }
      }),
    );
  });

  it('leads through groups of groups', () => {
    const value = Array.from({ length: 1_200_000 }, (_, index) => index);
    const open = new Set(idsToOpen(value, '', '/1199999'));
    const rows = jsonRows(value, { open, basePointer: '', lineLength: 80 });
    expect(rows.some((row) => row.id === '/1199999')).toBe(true);
    expect(rows.length).toBeLessThan(3_000);
  });
});
