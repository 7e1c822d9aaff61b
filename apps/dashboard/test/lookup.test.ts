import { describe, expect, it } from 'vitest';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { roleName, roleOf, rolesOf } from '@/components/id-lookup/roles';

describe('the kinds of an id', () => {
  it('are candidate and subjects, the most frequent first', () => {
    const found = rolesOf({
      candidate: 41,
      subjects: [
        { type: 'seller', executions: 90 },
        { type: 'buyer', executions: 0 },
      ],
    });
    expect(found.map(({ name, executions }) => [name, executions])).toEqual([
      ['subject:seller', 90],
      ['candidate', 41],
    ]);
    expect(rolesOf({ candidate: 0, subjects: [] })).toEqual([]);
  });

  it('have a name in the address that can be read back, even for a type called candidate', () => {
    for (const role of [
      { kind: 'candidate' },
      { kind: 'subject', type: 'candidate' },
      { kind: 'subject', type: 'a:b' },
    ] as const) {
      expect(roleOf(roleName(role))).toEqual(role);
    }
    expect(roleOf(null)).toBeNull();
    expect(roleOf('subject:')).toBeNull();
    expect(roleOf('nonsense')).toBeNull();
  });
});

describe('the range of a question', () => {
  it('is seven days by default, and then not in the address', () => {
    expect(questionRange({ from: null, to: null })).toEqual({ from: '-7d', to: null });
    expect(chosenRange({ from: '-7d', to: null })).toEqual({ from: null, to: null });
  });

  it('keeps the day that the range menu omits', () => {
    expect(chosenRange({ from: null, to: null })).toEqual({ from: '-24h', to: null });
  });
});
