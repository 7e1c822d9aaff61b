import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffJson, isExactNumber, type Json } from '../src/index.js';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
const found = (before: Json, after: Json) =>
  diffJson(before, after, 100).changes.map(({ kind, path }) => `${kind} ${path}`);

describe('difference of two values', () => {
  it('names added, removed and changed values', () => {
    expect(found({ a: 1, b: 2, c: { d: 3 } }, { a: 1, b: 4, c: { e: 3 } })).toEqual([
      'changed /b',
      'removed /c/d',
      'added /c/e',
    ]);
  });

  it('shows an element inserted in the middle as one addition', () => {
    expect(found([1, 2, 3], [1, 9, 2, 3])).toEqual(['added /1']);
    expect(found([1, 2, 3], [1, 3])).toEqual(['removed /1']);
  });

  it('distinguishes null from absent, and an array from an object', () => {
    expect(found({ a: null }, {})).toEqual(['removed /a']);
    expect(found({ a: [] }, { a: {} })).toEqual(['changed /a']);
  });

  it('lists at most the requested number and counts the rest', () => {
    const after = Array.from({ length: 50 }, (_, index) => index);
    expect(diffJson([], after, 10)).toMatchObject({ more: 40 });
    expect(diffJson([], after, 10).changes).toHaveLength(10);
    expect(diffJson([], after, 50).more).toBe(0);
  });

  it('is empty exactly for equal values', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(found(a, structuredClone(a))).toEqual([]);
        expect(found(a, b).length === 0).toBe(
          JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)),
        );
      }),
    );
  });

  it('has as many changes in either direction', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(diffJson(a, b, 1e6).changes).toHaveLength(diffJson(b, a, 1e6).changes.length);
      }),
    );
  });
});

/** Sorts the keys, whose order makes no difference. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [`.${key}`, sorted(value[key] ?? null)]),
  );
}
