import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findStep, parseStepAddress, stepAddress } from '@/lib/step-address';

const steps = fc.array(
  fc.record({ sequence: fc.option(fc.nat(6), { nil: undefined }) }, { requiredKeys: [] }),
  { minLength: 1, maxLength: 12 },
);

describe('the address of a step', () => {
  it('is unique, even if several steps share a sequence', () => {
    fc.assert(
      fc.property(steps, (list) => {
        for (const [index, { sequence }] of list.entries()) {
          const address = parseStepAddress(stepAddress({ index, sequence: sequence ?? index }));
          expect(address === null ? null : findStep(list, address)).toBe(index);
        }
      }),
    );
  });

  it('is only the sequence if that is also its index', () => {
    expect(stepAddress({ index: 3, sequence: 3 })).toBe('3');
    expect(stepAddress({ index: 1, sequence: 0 })).toBe('0.1');
  });

  it('finds the first step of a sequence in an older link', () => {
    expect(findStep([{ sequence: 1 }, { sequence: 2 }, { sequence: 2 }], '2')).toBe(2);
    expect(findStep([{ sequence: 9 }, { sequence: 9 }], '9')).toBe(0);
    expect(findStep([{ sequence: 9 }], '4')).toBe(-1);
  });

  it('rejects any other text', () => {
    for (const text of ['', '-1', '1.', '1.2.3', 'x', '1e3']) {
      expect(parseStepAddress(text)).toBeNull();
    }
  });
});
