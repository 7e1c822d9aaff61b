import { describe, expect, it } from 'vitest';
import { marksBelow, markText, placeMarks } from '@/components/json/marks';

describe('marks', () => {
  it('is at the value that it names', () => {
    const mark = { path: '/steps/1/input/a/0', kind: 'redacted' };
    const placed = placeMarks({ a: ['x'] }, '/steps/1/input', [mark]);
    expect(placed.at.get('/steps/1/input/a/0')).toEqual([mark]);
    expect(placed.within.get('/steps/1/input')).toBe(1);
    expect(placed.within.get('/steps/1/input/a')).toBe(1);
  });

  it('is at the nearest existing value if its own is gone', () => {
    const mark = { path: '/steps/1/input/a/gone/deeper', kind: 'dropped' };
    expect(placeMarks({ a: {} }, '/steps/1/input', [mark]).at.get('/steps/1/input/a')).toEqual([
      mark,
    ]);
  });

  it('does not confuse steps whose numbers begin alike', () => {
    const marks = [{ path: '/steps/12/input', kind: 'redacted' }];
    expect(marksBelow(marks, '/steps/1')).toEqual([]);
  });

  it.each([
    [
      { path: '', kind: 'truncated', original: 20_688, kept: 8_400, unit: 'bytes' },
      '12 KB cut here',
    ],
    [{ path: '', kind: 'truncated' }, 'part cut here'],
    [
      { path: '', kind: 'sampled', original: 5_000, kept: 200, unit: 'items' },
      '200 items of 5,000 items kept',
    ],
    [
      { path: '', kind: 'sampled', original: 5_242_881, kept: 5_242_880, unit: 'bytes' },
      '5,242,880 of 5,242,881 bytes kept',
    ],
    [{ path: '', kind: 'redacted', rule: '*.ssn' }, 'redacted by *.ssn'],
    [{ path: '', kind: 'hashed' }, 'hashed'],
    [{ path: '', kind: 'a kind to come' }, 'a kind to come'],
  ])('says %j as “%s”', (mark, text) => {
    expect(markText(mark)).toBe(text);
  });
});
