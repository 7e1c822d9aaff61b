import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareRanks,
  isConflict,
  mergeStateOf,
  mergeStates,
  type MergeState,
  type Status,
} from '../src/index.js';

interface Flush {
  status: Status | undefined;
  revision: number | undefined;
  instanceId: string | undefined;
  bodyHash: string;
}

// Fields have few values, so that equal ranks, equal bodies and shared instances are frequent.
const flush: fc.Arbitrary<Flush> = fc.record({
  status: fc.constantFrom('running', 'completed', 'failed', undefined),
  revision: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  instanceId: fc.constantFrom('a', 'b', undefined),
  bodyHash: fc.constantFrom('00', '7f', 'ff'),
});
const flushes = fc.array(flush, { minLength: 1, maxLength: 8 });

const stateOf = ({ bodyHash, ...snapshot }: Flush) => mergeStateOf(snapshot, bodyHash);

function mergeAll(all: Flush[]): MergeState {
  const [first, ...rest] = all.map(stateOf);
  if (!first) throw new Error('nothing to merge');
  return rest.reduce(mergeStates, first);
}

const running = (revision: number, bodyHash = '00'): Flush => ({
  status: 'running',
  revision,
  instanceId: 'a',
  bodyHash,
});
const completed = (revision: number, bodyHash = '00'): Flush => ({
  ...running(revision, bodyHash),
  status: 'completed',
});

describe('merging of any flushes', () => {
  test('gives the same state in any order', () => {
    const shuffled = flushes.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(mergeAll(other)).toEqual(mergeAll(all));
      }),
    );
  });

  test('gives the same state if flushes are repeated', () => {
    fc.assert(
      fc.property(flushes, fc.infiniteStream(fc.nat()), (all, picks) => {
        const again = [...picks.take(6)].map((pick) => all[pick % all.length] ?? running(1));
        expect(mergeAll([...all, ...again])).toEqual(mergeAll(all));
      }),
    );
  });

  test('gives the same state for any grouping', () => {
    fc.assert(
      fc.property(flushes, flushes, flushes, (a, b, c) => {
        const [left, middle, right] = [mergeAll(a), mergeAll(b), mergeAll(c)];
        const expected = mergeAll([...a, ...b, ...c]);
        expect(mergeStates(mergeStates(left, middle), right)).toEqual(expected);
        expect(mergeStates(left, mergeStates(middle, right))).toEqual(expected);
      }),
    );
  });

  test('keeps the greatest of (terminal, revision, body hash)', () => {
    fc.assert(
      fc.property(flushes, (all) => {
        const { winner } = mergeAll(all);
        for (const flush of all) {
          expect(compareRanks(winner, stateOf(flush).winner)).toBeGreaterThanOrEqual(0);
        }
        expect(all.map((flush) => stateOf(flush).winner)).toContainEqual(winner);
      }),
    );
  });

  test('finds a conflict exactly if the flushes contradict each other', () => {
    fc.assert(
      fc.property(flushes, (all) => {
        expect(isConflict(mergeAll(all))).toBe(contradict(all));
      }),
    );
  });

  test('does not change its arguments', () => {
    fc.assert(
      fc.property(flush, flush, (a, b) => {
        const [left, right] = [Object.freeze(stateOf(a)), Object.freeze(stateOf(b))];
        mergeStates(left, right);
        expect([left, right]).toEqual([stateOf(a), stateOf(b)]);
      }),
    );
  });
});

/** The definition of a conflict, over all flushes at once. */
function contradict(all: Flush[]): boolean {
  const { winner } = mergeAll(all);
  const ranks = all.map((flush) => stateOf(flush).winner);
  const besideWinner = ranks.some(
    (rank) =>
      rank.terminal === winner.terminal &&
      rank.revision === winner.revision &&
      rank.bodyHash !== winner.bodyHash,
  );
  const lateRunning =
    winner.terminal && ranks.some((rank) => !rank.terminal && rank.revision >= winner.revision);
  const instances = new Set(all.flatMap(({ instanceId }) => instanceId ?? []));
  return besideWinner || lateRunning || instances.size > 1;
}

describe('merging, case by case', () => {
  test('prefers a terminal snapshot to a running one with a higher revision', () => {
    const state = mergeAll([completed(2), running(9)]);

    expect(state.winner).toMatchObject({ terminal: true, revision: 2 });
    expect(isConflict(state)).toBe(true);
  });

  test('prefers the higher revision of two running snapshots, without a conflict', () => {
    const state = mergeAll([running(2, 'ff'), running(3, '00')]);

    expect(state.winner).toMatchObject({ terminal: false, revision: 3 });
    expect(isConflict(state)).toBe(false);
  });

  test('prefers the higher body hash of the same revision, and marks a conflict', () => {
    const state = mergeAll([completed(1, '00'), completed(1, 'ff')]);

    expect(state.winner.bodyHash).toBe('ff');
    expect(isConflict(state)).toBe(true);
  });

  test('removes the conflict when a later revision outranks both bodies', () => {
    expect(isConflict(mergeAll([running(1, '00'), running(1, 'ff'), completed(2)]))).toBe(false);
  });

  test('does not mark a conflict for a repeated body', () => {
    expect(isConflict(mergeAll([completed(1), completed(1)]))).toBe(false);
  });

  test('marks a conflict for two processes under one id, whichever wins', () => {
    const state = mergeAll([running(1), { ...completed(2), instanceId: 'b' }]);

    expect(isConflict(state)).toBe(true);
  });

  test('treats a missing status as completed and a missing revision as the first', () => {
    expect(mergeStateOf({}, 'ab')).toMatchObject({
      winner: { terminal: true, revision: 1, bodyHash: 'ab' },
      instanceId: null,
    });
  });

  test.each(['completed', 'failed', 'canceled', 'timed_out'] as const)(
    'counts %s as terminal',
    (status) => {
      expect(mergeStateOf({ status }, '').winner.terminal).toBe(true);
    },
  );
});
