import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGroupFile } from '../src/group-file.js';

const text = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc.constantFrom('a', 'b', '"', ',', '\n', '\r', ' '),
});

describe('a file of groups', () => {
  test('is read alike from CSV with any quoting, and from JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text.map((id) => `x${id}`),
          text,
        ),
        fc.boolean(),
        (groups, crlf) => {
          fc.pre(Object.keys(groups).length > 0 && new Set(Object.values(groups)).size <= 50);
          const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
          const csv = Object.entries(groups)
            .map(([id, group]) => `${quoted(id)},${quoted(group)}`)
            .join(crlf ? '\r\n' : '\n');
          const expected = { ok: true, groups: new Map(Object.entries(groups)) };
          expect(readGroupFile(`\uFEFFsubject_id,group\n${csv}\n`, 'csv')).toEqual(expected);
          expect(readGroupFile(JSON.stringify(groups), 'json')).toEqual(expected);
          const rows = Object.entries(groups).map(([id, group]) => ({ id, group }));
          expect(readGroupFile(JSON.stringify(rows), 'json')).toEqual(expected);
        },
      ),
    );
  });

  test.each([
    ['a,f\na,m', 'Record 2 names another group'],
    ['a', 'Record 1 does not have two columns'],
    ['a,b,c', 'Record 1 does not have two columns'],
    ['a,', 'Record 1: the id and the group'],
    ['"a,f', 'ends within a quoted field'],
    ['', 'has no ids'],
    ['id,group\n', 'has no ids'],
    [Array.from({ length: 51 }, (_, i) => `${i},g${i}`).join('\n'), '51 groups'],
  ])('%j is refused with the place and without its values', (csv, message) => {
    const read = readGroupFile(csv, 'csv');
    expect(read.ok ? '' : read.message).toContain(message);
  });
});
