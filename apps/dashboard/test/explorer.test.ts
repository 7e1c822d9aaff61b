import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggestFilters } from '@/features/explorer/filter-suggestions';
import { fromZonedInput, toZonedInput } from '@/features/explorer/zoned-input';

const known = {
  pipeline: ['loan-approval', 'product-selection'],
  status: ['completed', 'failed'],
  outcome: ['approved', 'declined'],
  environment: ['prod'],
};
const said = (text: string) =>
  suggestFilters(text, known).map(({ field, value }) => `${field}:${value}`);

describe('suggested filters', () => {
  it('finds values by a part of them', () => {
    expect(said('loan')).toEqual(['pipeline:loan-approval']);
    expect(said('appro')).toEqual(['pipeline:loan-approval', 'outcome:approved']);
  });

  it('keeps to the field that is named', () => {
    expect(said('outcome:de')).toEqual(['outcome:de', 'outcome:declined']);
  });

  it('offers a value that is not known here, but for the closed set of statuses', () => {
    expect(said('environment:staging')).toEqual(['environment:staging']);
    expect(said('status:odd')).toEqual([]);
  });

  it('does not offer a known value twice', () => {
    expect(said('outcome:declined')).toEqual(['outcome:declined']);
  });
});

describe('a time in a field', () => {
  it('comes back as the same second in either zone', () => {
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

  it('is empty for what is no time', () => {
    expect(toZonedInput('soon', 'utc')).toBe('');
    expect(fromZonedInput('', 'utc')).toBeNull();
    expect(fromZonedInput('soon', 'local')).toBeNull();
  });
});
