import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_TIME,
  boundsOf,
  isRelative,
  rangeText,
  relativeMs,
} from '@/components/time-range/time-range';
import { fromZonedInput, toZonedInput } from '@/components/time-range/zoned-input';

const NOW_MS = Date.parse('2026-11-22T12:00:00.000Z');
const FROM = '2026-11-20T10:00:00.000Z';
const TO = '2026-11-21T10:00:00.000Z';

describe('a time range in the address', () => {
  it('is the last day by default', () => {
    const day = { from: '2026-11-21T12:00:00.000Z', to: null };
    expect(boundsOf({ from: null, to: null }, NOW_MS)).toEqual(day);
    expect(rangeText({ from: null, to: null }, 'utc')).toBe('Last 24 h');
  });

  it('starts relative to now, at an instant, or without bound', () => {
    expect(boundsOf({ from: '-15m', to: null }, NOW_MS).from).toBe('2026-11-22T11:45:00.000Z');
    expect(boundsOf({ from: FROM, to: TO }, NOW_MS)).toEqual({ from: FROM, to: TO });
    expect(boundsOf({ from: ALL_TIME, to: null }, NOW_MS)).toEqual({ from: null, to: null });
    expect(boundsOf({ from: '-1h', to: TO }, NOW_MS).from).toBe('2026-11-21T09:00:00.000Z');
  });

  it('has a label', () => {
    expect(rangeText({ from: '-3d', to: null }, 'utc')).toBe('Last 3 days');
    expect(rangeText({ from: FROM, to: TO }, 'utc')).toBe('2026-11-20 10:00 – 2026-11-21 10:00');
    expect(rangeText({ from: ALL_TIME, to: TO }, 'utc')).toBe('Until 2026-11-21 10:00');
    expect(isRelative({ from: '-3d', to: null })).toBe(true);
    expect(isRelative({ from: FROM, to: null })).toBe(false);
  });

  it('takes any text, and always has valid bounds', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.option(fc.string()), (from, to) => {
        const bounds = boundsOf({ from, to }, NOW_MS);
        const ends = [bounds.from, bounds.to].filter((end) => end !== null);
        expect(ends.every((end) => Number.isFinite(Date.parse(end)))).toBe(true);
        expect(rangeText({ from, to }, 'utc')).not.toBe('');
      }),
    );
  });

  it('rejects a relative start without a length', () => {
    expect(['-0h', '24h', '-24', '-24y', '-1.5h', ''].map(relativeMs)).toEqual(
      Array.from({ length: 6 }, () => null),
    );
  });
});

describe('a time in a field', () => {
  it('is the same second after a round trip in both zones', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1971-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (date) => {
          const second = new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString();
          expect(fromZonedInput(toZonedInput(second, 'utc'), 'utc')).toBe(second);
        },
      ),
    );
  });

  it('is empty for a text that is not a time', () => {
    expect(toZonedInput('soon', 'utc')).toBe('');
    expect(fromZonedInput('', 'utc')).toBeNull();
    expect(fromZonedInput('soon', 'local')).toBeNull();
  });
});
