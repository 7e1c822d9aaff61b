import { describe, expect, it } from 'vitest';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { roleName, roleOf, rolesOf } from '@/components/id-lookup/roles';

describe('what an id is known as', () => {
  it('is found as a candidate and as subjects, what it was most often first', () => {
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

  it('is in the address by a name that is read back, even of a type that is called candidate', () => {
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
  it('is seven days where the address says nothing, and says nothing where it is seven days', () => {
    expect(questionRange({ from: null, to: null })).toEqual({ from: '-7d', to: null });
    expect(chosenRange({ from: '-7d', to: null })).toEqual({ from: null, to: null });
  });

  it('keeps the day that the range menu leaves unsaid', () => {
    expect(chosenRange({ from: null, to: null })).toEqual({ from: '-24h', to: null });
  });
});
