import type { Json } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffJson } from '@/components/json/json-diff';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
const found = (before: Json, after: Json) =>
  diffJson(before, after, 100).differences.map(({ kind, pointer }) => `${kind} ${pointer}`);

describe('the difference of two values', () => {
  it('names what was added, removed and changed', () => {
    expect(found({ a: 1, b: 2, c: { d: 3 } }, { a: 1, b: 4, c: { e: 3 } })).toEqual([
      'changed /b',
      'removed /c/d',
      'added /c/e',
    ]);
  });

  it('sees one element put in between as one addition', () => {
    expect(found([1, 2, 3], [1, 9, 2, 3])).toEqual(['added /1']);
    expect(found([1, 2, 3], [1, 3])).toEqual(['removed /1']);
  });

  it('tells null from absent, and an array from an object', () => {
    expect(found({ a: null }, {})).toEqual(['removed /a']);
    expect(found({ a: [] }, { a: {} })).toEqual(['changed /a']);
  });

  it('stops at as many as were asked for and says so', () => {
    const after = Array.from({ length: 50 }, (_, index) => index);
    expect(diffJson([], after, 10)).toMatchObject({ more: true });
    expect(diffJson([], after, 10).differences).toHaveLength(10);
    expect(diffJson([], after, 50).more).toBe(false);
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

  it('finds as many differences in either direction', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(diffJson(a, b, 1e6).differences).toHaveLength(
          diffJson(b, a, 1e6).differences.length,
        );
      }),
    );
  });
});

/** With the keys in one order, which is no difference. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [`.${key}`, sorted(value[key] ?? null)]),
  );
}
