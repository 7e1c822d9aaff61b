import { describe, expect, test } from 'vitest';

import { recorded, setUpRecording } from './recording.js';

setUpRecording({ pipeline: 'p' });

describe('bounds match the documents', () => {
  test('metadata values up to 256 characters are kept, and none are added', async () => {
    const given = { a: null, b: undefined, c: Number.NaN, g: 'y'.repeat(256), h: 'ü'.repeat(300) };
    const { metadata, marks } = await recorded((ex) => ex.set({ metadata: given as never }));
    expect(metadata).toEqual({ g: 'y'.repeat(256), h: 'ü'.repeat(256) });
    expect(marks).toEqual([
      { path: '/metadata/c', kind: 'coerced' },
      { path: '/metadata/h', kind: 'truncated', original: 300, kept: 256 },
    ]);
  });

  test('texts up to their bound are not cut', async () => {
    const inline = 'i'.repeat(64 * 1024);
    const input = 'x'.repeat(16 * 1024);
    const { decision, steps, marks } = await recorded((ex) => {
      ex.decide('no', { reasons: [{ code: 'C', text: 'é'.repeat(512) }] });
      ex.recordStep({
        name: 's',
        reasoning: '"'.repeat(16 * 1024),
        input,
        artifacts: [{ name: 'a', mediaType: 'text/plain', bytes: 1, inline }],
      });
    });
    expect(decision?.reasons).toEqual([{ code: 'C', text: 'é'.repeat(512) }]);
    expect(steps).toMatchObject([
      { reasoning: '"'.repeat(16 * 1024), input, artifacts: [{ inline }] },
    ]);
    expect(marks).toBeUndefined();
  });

  test('no cut splits a character, and every cut has a mark', async () => {
    const face = '\u{1F600}';
    const family = '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}';
    const long = (length: number): string => `${'x'.repeat(length - 1)}${face}${face}`;
    const { marks, ...snapshot } = await recorded((ex) => {
      ex.set({
        tags: [long(64), `${'x'.repeat(60)}${family}`],
        metadata: { [long(128)]: 1, text: long(256) },
        versions: { code: long(128) },
        subject: { user: long(256) },
      });
      ex.decide(long(64), { reasons: [{ code: long(64), text: long(512) }] });
      const fail = (): void =>
        ex.step(long(128), (s) => {
          s.check(long(128), false, { op: long(64), reason: long(64) });
          s.filter([long(256)], {
            id: (text) => text,
            rules: [{ id: 'r', test: () => false, reason: long(64) }],
          });
          throw Object.assign(new Error(long(2_048)), { name: long(128) });
        });
      expect(fail).toThrow('x');
    });
    const text = JSON.stringify(snapshot);
    expect(text).not.toMatch(/\\ud[89a-f]/);
    expect(text).not.toContain(face);
    expect(snapshot.tags?.[1]).toBe('x'.repeat(60));
    const cut = marks?.filter(({ kind }) => kind === 'truncated').map(({ path }) => path);
    expect(cut).toEqual(
      expect.arrayContaining([
        '/tags/0',
        '/tags/1',
        '/metadata/text',
        `/metadata/${'x'.repeat(127)}`,
        '/versions',
        '/subjects/0/id',
        '/decision/outcome',
        '/decision/reasons/0/code',
        '/decision/reasons/0/text',
        '/steps/0/name',
        '/steps/0/rules/0/id',
        '/steps/0/rules/0/op',
        '/steps/0/candidates/items/0/id',
        '/steps/0/candidates/byReason',
        '/steps/0/error/type',
        '/steps/0/error/message',
      ]),
    );
  });

  test('two names stay different if shortening or cleaning would make them equal', async () => {
    const [a, b] = [`${'k'.repeat(128)}a`, `${'k'.repeat(128)}b`];
    const { metadata, steps, marks } = await recorded((ex) => {
      ex.set({ metadata: { [a]: 1, [b]: 2, 'x\0': 3, 'x\u{FFFD}': 4, 'x\ud800': 5 } });
      ex.recordStep({
        name: 's',
        metrics: { [a]: 1, [b]: 2 },
        input: {
          ['k'.repeat(600)]: 1,
          [`${'k'.repeat(599)}l`]: 2,
          'x\0': 3,
          'x\u{FFFD}': 4,
          'x\udfff': 5,
        },
      });
      ex.step('filter', (s) => {
        const rules = [a, b].map((reason) => ({
          id: 'r',
          test: (id: string) => !id.endsWith(reason),
          reason,
        }));
        s.filter(
          [a, b].map((end) => 'i'.repeat(256) + end),
          { id: (id) => id, evaluate: 'all', rules },
        );
      });
    });
    expect(Object.values(metadata ?? {}).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(JSON.stringify([metadata, steps])).not.toMatch(/\\u0000|\\ud/);
    expect(Object.values(steps[0]?.metrics ?? {}).sort()).toEqual([1, 2]);
    expect(Object.values(steps[0]?.input ?? {}).sort()).toEqual([1, 2, 3, 4, 5]);
    const { ledger, byReason } = steps[1]?.candidates ?? {};
    expect(new Set(ledger?.ids).size).toBe(2);
    expect(Object.values(byReason ?? {})).toEqual([1, 1]);
    const paths = marks?.map(({ path }) => path) ?? [];
    expect(paths).toEqual(
      expect.arrayContaining(['/steps/1/candidates/ledger/ids', '/steps/1/candidates/byReason']),
    );
  });
});
