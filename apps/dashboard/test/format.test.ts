import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAbsolute,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatNumber,
  formatRelative,
  formatShare,
  parseTime,
  truncateMiddle,
} from '@/lib/format';

const THIN = '\u2009';

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
    expect(formatDuration(ms)).toBe(text);
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
  it('groups thousands with thin spaces', () => {
    expect(formatCount(1_234_567)).toBe(`1${THIN}234${THIN}567`);
    expect(formatCount(999)).toBe('999');
    expect(formatCount(-12_345)).toBe(`-12${THIN}345`);
  });

  it('keeps the value of every safe integer readable', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (count) => {
        expect(Number(formatCount(count).replaceAll(THIN, ''))).toBe(count === 0 ? 0 : count);
      }),
    );
  });

  it('rounds measures to four decimals and keeps tiny ones', () => {
    expect(formatNumber(0.123456)).toBe('0.1235');
    expect(formatNumber(0.00000123)).toBe('1.23e-6');
    expect(formatNumber(1e25)).toBe('1e+25');
  });

  it('writes bytes by 1,024', () => {
    expect(formatBytes(812)).toBe('812 B');
    expect(formatBytes(12_700)).toBe('12.4 KB');
    expect(formatBytes(5 * 1024 * 1024)).toBe('5 MB');
    expect(formatBytes(1024 * 1024 - 1)).toBe('1 MB');
  });

  it('writes shares of one as percent', () => {
    expect(formatShare(0.7123)).toBe('71.2 %');
    expect(formatShare(Number.NaN)).toBe('–');
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

  it('writes every time that can be held, in either zone', () => {
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

  it('reads nothing out of what is no time', () => {
    expect(parseTime('soon')).toBeNull();
    expect(parseTime(null)).toBeNull();
  });
});

describe('long ids', () => {
  it('keeps both ends', () => {
    expect(truncateMiddle('0193f2c177aa7c3e9a7be4d2', 9)).toBe('0193…e4d2');
    expect(truncateMiddle('short', 9)).toBe('short');
  });

  it('is never longer than asked for and never cuts a code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, max) => {
        const cut = truncateMiddle(text, max);
        expect(Array.from(cut).length).toBeLessThanOrEqual(max);
        expect(cut).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});
