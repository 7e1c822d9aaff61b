import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAbsolute,
  formatApart,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatNumber,
  formatRelative,
  formatShare,
  formatSharesApart,
  parseTime,
  truncateMiddle,
} from '@/lib/format';

const EN = 'en-US';

const readEnglish = (text: string) => Number(text.replace(/[,%]/g, ''));

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.004, '<0.01 ms'],
    [0.42, '0.42 ms'],
    [9.994, '9.99 ms'],
    [12.4, '12.4 ms'],
    [99.96, '100 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1250, '1.25 s'],
    [59_994, '59.99 s'],
    [59_996, '1 min 00 s'],
    [184_000, '3 min 04 s'],
    [3_599_600, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
    [86_399_999, '1 d 00 h'],
    [273_600_000, '3 d 04 h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms, EN)).toBe(text);
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('writes %s as a dash', (ms) => {
    expect(formatDuration(ms)).toBe('–');
  });

  it('never writes sixty of a smaller unit, nor NaN', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (ms) => {
        const text = formatDuration(ms);
        expect(text).not.toMatch(/NaN|undefined|\b60 s|\b60 min|\b24 h|^1000 ms|^60\.\d+ s/);
      }),
    );
  });
});

describe('counts, shares and sizes', () => {
  it('groups thousands as the locale does', () => {
    expect(formatCount(1_234_567, EN)).toBe('1,234,567');
    expect(formatCount(1_234_567, 'de')).toBe('1.234.567');
    expect(formatCount(1_234_567, 'en-IN')).toBe('12,34,567');
    expect(formatCount(999, EN)).toBe('999');
    expect(formatCount(-12_345, EN)).toBe('-12,345');
  });

  it('writes the decimal point of the locale', () => {
    expect(formatNumber(1234.5, 'de')).toBe('1.234,5');
    expect(formatShare(0.7123, 'de')).toBe('71,2\u00a0%');
    expect(formatDuration(12.4, 'de')).toBe('12,4 ms');
    expect(formatBytes(12_700, 'de')).toBe('12,4 KB');
    expect(formatNumber(0.00000123, 'de')).toBe('1,23e-6');
  });

  it('keeps the digits of every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (count) => {
        expect(readEnglish(formatCount(count, EN))).toBe(count === 0 ? 0 : count);
      }),
    );
  });

  it('rounds measurements to four decimals and keeps tiny ones', () => {
    expect(formatNumber(0.123456, EN)).toBe('0.1235');
    expect(formatNumber(0.00000123, EN)).toBe('1.23e-6');
    expect(formatNumber(1e25, EN)).toBe('1e+25');
  });

  it('never shows a fraction as a whole number', () => {
    expect(formatNumber(0.99999, EN)).toBe('0.99999');
    expect(formatNumber(99.99999, EN)).toBe('99.99999');
    expect(formatNumber(1_234_567.00004, EN)).toBe('1,234,567.00004');
  });

  it('writes bytes by 1,024', () => {
    expect(formatBytes(812, EN)).toBe('812 B');
    expect(formatBytes(12_700, EN)).toBe('12.4 KB');
    expect(formatBytes(5 * 1024 * 1024, EN)).toBe('5 MB');
    expect(formatBytes(1024 * 1024 - 1, EN)).toBe('1 MB');
  });

  it('writes shares of one as percent', () => {
    expect(formatShare(0.7123, EN)).toBe('71.2%');
    expect(formatShare(1, EN)).toBe('100.0%');
    expect(formatShare(Number.NaN)).toBe('–');
  });
});

describe('numbers that are compared', () => {
  it.each([
    [0.59996, 0.6, '0.59996', '0.6'],
    [99.99999, 100, '99.99999', '100'],
    [1_234_567.00004, 1_234_567.00005, '1,234,567.00004', '1,234,567.00005'],
    [0.1 + 0.2, 0.3, '0.30000000000000004', '0.3'],
    [612, 660, '612', '660'],
    [1.234561e-7, 1.234562e-7, '1.234561e-7', '1.234562e-7'],
    [0, -1e-9, '0', '-1e-9'],
  ])('writes %d and %d so that they differ', (a, b, textA, textB) => {
    expect(formatApart([a, b], EN)).toEqual([textA, textB]);
  });

  it('writes different numbers differently and in order, for any count of numbers', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    const near = fc
      .tuple(fc.double({ min: -1e100, max: 1e100, noNaN: true }), fc.integer({ min: 1, max: 9 }))
      .map(([value, steps]) => value + value * Number.EPSILON * steps);
    const number = fc.oneof(
      near,
      any,
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.integer({ min: 0, max: 200_000 }).map((each) => 0.6 + each / 1e9),
      fc.constantFrom(0, 0.6, 1, 100, 1e-5, 1e21, 1e15),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 8 }), (values) => {
        const texts = formatApart(values, EN);
        for (const [i, a] of values.entries()) {
          for (const [j, b] of values.entries()) {
            const [textA = '', textB = ''] = [texts[i], texts[j]];
            expect(textA === textB).toBe(a === b);
            expect(a < b && readEnglish(textA) > readEnglish(textB)).toBe(false);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('writes different shares differently and in order', () => {
    const share = fc
      .tuple(fc.nat(1_000_000_000), fc.integer({ min: 1, max: 1_000_000_000 }))
      .map(([count, total]) => Math.min(count, total) / total);
    fc.assert(
      fc.property(share, share, (a, b) => {
        const [textA = '', textB = ''] = formatSharesApart([a, b], EN);
        expect(textA === textB).toBe(a === b);
        expect(Math.sign(readEnglish(textA) - readEnglish(textB))).toBe(Math.sign(a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('shows 100 % only for everything, and 0 % only for nothing', () => {
    expect(formatShare(0.99999, EN)).toBe('99.999%');
    expect(formatShare(0.000004, EN)).toBe('0.0004%');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        expect(formatShare(value, EN) === '100.0%').toBe(value === 1);
        expect(formatShare(value, EN) === '0.0%').toBe(value < 1e-22);
      }),
    );
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-22T14:00:00.000Z');

  it.each([
    ['2026-11-22T13:59:58Z', 'just now'],
    ['2026-11-22T13:59:18Z', '42 s ago'],
    ['2026-11-22T13:57:00Z', '3 min ago'],
    ['2026-11-22T09:00:00Z', '5 h ago'],
    ['2026-11-20T13:00:00Z', '2 d ago'],
    ['2026-09-01T13:00:00Z', '2026-09-01'],
    ['2026-11-22T14:03:00Z', 'in 3 min'],
    ['no date', '–'],
  ])('says %s as %s', (iso, text) => {
    expect(formatRelative(iso, now, 'utc')).toBe(text);
  });

  it('names the zone of an exact time', () => {
    expect(formatAbsolute('2026-11-22T14:03:22.118Z', 'utc')).toBe('2026-11-22 14:03:22.118 UTC');
    expect(formatClock('2026-11-22T14:03:22.118Z', 'utc')).toBe('14:03:22.118');
    expect(formatAbsolute('2026-11-22T14:03:22.118Z', 'local')).toMatch(/ UTC([+-]\d\d:\d\d)?$/);
  });

  it('writes every valid time, in both zones', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true }),
        fc.constantFrom('utc', 'local'),
        (date, zone) => {
          const text = formatAbsolute(date.toISOString(), zone as 'utc' | 'local');
          expect(text).toMatch(/^[+-]?\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/);
        },
      ),
    );
  });

  it('returns null for a text that is not a time', () => {
    expect(parseTime('soon')).toBeNull();
    expect(parseTime(null)).toBeNull();
  });
});

describe('long ids', () => {
  it('keeps both ends', () => {
    expect(truncateMiddle('0193f2c177aa7c3e9a7be4d2', 9)).toBe('0193…e4d2');
    expect(truncateMiddle('short', 9)).toBe('short');
  });

  it('is never longer than requested and never splits a code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, max) => {
        const cut = truncateMiddle(text, max);
        expect(Array.from(cut).length).toBeLessThanOrEqual(max);
        expect(cut).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
