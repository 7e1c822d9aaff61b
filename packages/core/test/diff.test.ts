import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareExecutions,
  comparisonSchema,
  diffJson,
  leadOf,
  type Json,
  type Snapshot,
  type Step,
  isExactNumber,
} from '../src/index.js';
import { fullSnapshot, minimalSnapshot } from './full-snapshot.js';
import { anySnapshot } from './snapshots.js';

function withSteps(steps: Step[]): Snapshot {
  return { ...minimalSnapshot, steps };
}

/** A generator of its own, so that the seed identifies a case (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (end: number): number => Math.floor(next() * end) };
}

const NAMES = ['fetch', 'score', 'rules', 'price', 'rank', 'llm', 'decide'];

function randomStep({ below }: ReturnType<typeof randomOf>): Step {
  const value = below(5);
  return {
    name: NAMES[below(NAMES.length)] ?? 'fetch',
    input: { value, nested: [below(2), { deep: below(3) }] },
    output: { value: value * 2 },
    ...(below(3) === 0 && {
      rules: [
        { id: 'limit', result: below(2) === 0 ? 'pass' : 'fail', actual: below(9), threshold: 5 },
      ],
    }),
  };
}

/** Changes that a comparison ignores: numbering and times. */
function replayed(steps: Step[], { below }: ReturnType<typeof randomOf>): Step[] {
  return steps.map((step, index) => ({
    ...step,
    sequence: index * 3,
    durationMs: below(1000),
    startedAt: new Date(below(1e9)).toISOString(),
    timing: 'measured',
  }));
}

/** Makes one random edit. Returns the places of the edited steps in `a` and in `b`. */
function edited(steps: Step[], random: ReturnType<typeof randomOf>) {
  const copy = structuredClone(steps);
  const at = random.below(steps.length);
  const step = copy[at] ?? randomStep(random);
  switch (random.below(5)) {
    case 0:
      copy.splice(at, 0, { ...randomStep(random), output: { inserted: true } });
      return { kind: 'insert', steps: copy, inA: [], inB: [at] };
    case 1:
      copy.splice(at, 1);
      return { kind: 'remove', steps: copy, inA: [at], inB: [] };
    case 2: {
      const other = (at + 1 + random.below(steps.length - 1)) % steps.length;
      [copy[at], copy[other]] = [copy[other] ?? step, step];
      return { kind: 'swap', steps: copy, inA: [at, other], inB: [at, other] };
    }
    case 3:
      copy[at] = { ...step, output: { value: -1 } };
      return { kind: 'change', steps: copy, inA: [at], inB: [at] };
    default:
      copy.splice(at + 1, 0, structuredClone(step));
      return { kind: 'repeat', steps: copy, inA: [], inB: [at, at + 1] };
  }
}

const contentOf = ({ sequence: _s, durationMs: _d, startedAt: _a, timing: _t, ...rest }: Step) =>
  JSON.stringify(rest);

describe('comparison of two executions', { timeout: 60_000 }, () => {
  test('finds the edited step as the first divergence in 99 % of random edits', () => {
    let found = 0;
    const missed: object[] = [];
    for (let seed = 1; seed <= 1000; seed++) {
      const random = randomOf(seed);
      const steps = Array.from({ length: 2 + random.below(40) }, () => randomStep(random));
      const edit = edited(steps, random);
      const b = replayed(edit.steps, random);
      const { firstDivergence: first, same } = compareExecutions(withSteps(steps), withSteps(b));
      // Equal neighbours cannot be distinguished, and swapping equal steps changes nothing.
      const isTouched = (
        all: Step[],
        places: number[],
        ref: { index: number } | null | undefined,
      ): boolean =>
        ref !== null &&
        ref !== undefined &&
        places.some((place) => {
          const [one, other] = [all[place], all[ref.index]];
          return one !== undefined && other !== undefined && contentOf(one) === contentOf(other);
        });
      const isNothing = steps.map(contentOf).join() === edit.steps.map(contentOf).join();
      const isRight = isNothing
        ? same
        : isTouched(steps, edit.inA, first?.a) || isTouched(b, edit.inB, first?.b);
      if (isRight) found++;
      else missed.push({ seed, kind: edit.kind, first });
    }
    expect(missed.slice(0, 3)).toEqual([]);
    expect(found).toBeGreaterThanOrEqual(990);
  });

  test('finds the first of several edited steps', () => {
    let found = 0;
    for (let seed = 1; seed <= 1000; seed++) {
      const random = randomOf(seed);
      // All steps differ, so that each edit can be recognized.
      const steps = Array.from({ length: 10 + random.below(30) }, (_, id) => ({
        ...randomStep(random),
        metrics: { id },
      }));
      const places = [...new Set([1, 2, 3].map(() => random.below(steps.length)))].sort(
        (x, y) => x - y,
      );
      const b = steps.map((step, place) =>
        places.includes(place) ? { ...step, output: `edited ${place}` } : step,
      );
      const { firstDivergence: first, steps: told } = compareExecutions(
        withSteps(steps),
        withSteps(replayed(b, random)),
      );
      const differing = told.filter(({ kind }) => kind !== 'same');
      if (first?.a?.index === places[0] && differing.length === places.length) found++;
    }
    expect(found).toBeGreaterThanOrEqual(990);
  });

  test('works for any records, and finds a record equal to itself', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        const comparison = compareExecutions(a, b);
        expect(comparisonSchema.parse(comparison)).toEqual(comparison);
        expect(compareExecutions(a, structuredClone(a))).toMatchObject({
          same: true,
          firstDivergence: null,
        });
        const { firstDivergence, steps } = comparison;
        const differing = steps.filter(({ kind }) => kind !== 'same');
        const telling = differing.find(({ onlyIncidental }) => !onlyIncidental);
        expect(firstDivergence).toEqual(telling ?? differing[0] ?? null);
      }),
      { numRuns: 300 },
    );
  });

  test('mentions every step of both executions exactly once', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (a, b) => {
        const { steps } = compareExecutions(a, b);
        const countOf = (side: 'a' | 'b'): number =>
          steps.reduce((sum, step) => sum + (step[side] ? step.count : 0), 0);
        expect([countOf('a'), countOf('b')]).toEqual([a.steps.length, b.steps.length]);
      }),
      { numRuns: 300 },
    );
  });

  test('aligns 10,000 different steps by name when 700 steps are added at the beginning', () => {
    const long = (value: number): Step[] =>
      Array.from({ length: 9_300 }, (_, place) => ({ name: `s${place % 9000}`, output: value }));
    const more = Array.from({ length: 700 }, (_, place) => ({ name: `new ${place}` }));
    const { firstDivergence, moreSteps, steps } = compareExecutions(
      withSteps(long(1)),
      withSteps([...more, ...long(2)]),
    );
    expect(firstDivergence).toMatchObject({ kind: 'added', b: { name: 'new 0' } });
    expect(steps).toHaveLength(500);
    expect(moreSteps).toBe(700 + 9_300 - 500);
  });

  test('aligns 10,000 steps with the same name', () => {
    const loop = (value: number): Step[] =>
      Array.from({ length: 10_000 }, (_, place) => ({ name: 'loop', output: [value, place] }));
    const { steps, moreSteps } = compareExecutions(withSteps(loop(1)), withSteps(loop(2)));
    expect(steps.every(({ kind }) => kind === 'changed')).toBe(true);
    expect(moreSteps).toBe(9_500);
  });

  test('shows a step at another place as moved, and runs of equal steps as one', () => {
    const [first, second, third, fourth] = ['one', 'two', 'three', 'four'].map((name) => ({
      name,
    }));
    if (!first || !second || !third || !fourth) throw new Error('four steps');
    const { steps } = compareExecutions(
      withSteps([first, second, third, fourth]),
      withSteps([fourth, first, second, third]),
    );
    expect(steps.map(({ kind, count }) => [kind, count])).toEqual([
      ['moved', 1],
      ['same', 3],
    ]);
  });

  test('names the rule that changed, and finds the divergence there instead of at a mere value', () => {
    const rules = (actual: number, result: 'pass' | 'fail'): Step => ({
      name: 'rules',
      rules: [
        { id: 'min_score', result: 'pass', actual: 700, threshold: 660 },
        { id: 'max_dti', result, actual, threshold: 0.43 },
      ],
    });
    const { partsAt, firstDivergence } = compareExecutions(
      withSteps([{ name: 'fetch', output: { score: 1 } }, rules(0.41, 'pass')]),
      withSteps([{ name: 'fetch', output: { score: 2 } }, rules(0.47, 'fail')]),
    );
    expect(firstDivergence).toMatchObject({
      a: { name: 'fetch' },
      parts: false,
      changes: [{ path: '/output/score', kind: 'changed', a: 1, b: 2 }],
    });
    expect(partsAt).toMatchObject({
      a: { name: 'rules' },
      rulesReordered: false,
      rules: [
        {
          rule: 'max_dti',
          fields: ['result', 'actual'],
          a: { result: 'pass', actual: 0.41 },
          b: { result: 'fail', actual: 0.47 },
        },
      ],
    });
  });

  test('says when rules are in another order', () => {
    const [price, stock] = [{ id: 'price' }, { id: 'stock' }];
    const { firstDivergence } = compareExecutions(
      withSteps([{ name: 'rules', rules: [price, stock] }]),
      withSteps([{ name: 'rules', rules: [stock, price] }]),
    );
    expect(firstDivergence).toMatchObject({ rulesReordered: true, rules: [] });
  });

  test('lists candidates whose outcome changed, from ledger and detail', () => {
    const rank = (outcomes: string, scores: number[]): Step => ({
      name: 'rank',
      candidates: {
        in: 3,
        out: 1,
        byOutcome: { selected: 1, rejected: 2 },
        items: [{ id: 'c', outcome: 'rejected', rank: 3 }],
        ledger: { ids: ['a', 'b', 'c'], outcomes, reasons: ['LOW'], reasonIx: [-1, 0, 0], scores },
      },
    });
    const { firstDivergence } = compareExecutions(
      withSteps([rank('srr', [3, 2, 1])]),
      withSteps([rank('rsr', [3, 4, 1])]),
    );
    expect(firstDivergence?.candidates).toMatchObject({
      moved: [
        { id: 'a', a: { outcome: 'selected' }, b: { outcome: 'rejected' } },
        { id: 'b', a: { outcome: 'rejected', score: 2 }, b: { outcome: 'selected', score: 4 } },
      ],
      otherwiseChanged: 0,
      counts: [],
      sampled: false,
    });
  });

  test('lists differing outcomes and versions apart from the steps', () => {
    const other = {
      ...fullSnapshot,
      executionId: 'another',
      decision: { ...fullSnapshot.decision, outcome: 'none' },
      versions: { ...fullSnapshot.versions, ruleset: 'r43' },
    };
    expect(compareExecutions(fullSnapshot, other)).toMatchObject({
      same: false,
      firstDivergence: null,
      versions: [{ name: 'ruleset', a: 'r42', b: 'r43' }],
      changes: [{ path: '/decision/outcome', a: 'selected', b: 'none' }],
    });
  });
});

describe('difference of two values', () => {
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

  test('is empty exactly if the values are equal', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(diffJson(a, structuredClone(a), 10).changes).toEqual([]);
        const isEqual = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(diffJson(a, b, 10).changes.length === 0).toBe(isEqual);
      }),
    );
  });

  test('lists a bounded number of changes and counts the rest', () => {
    const [a, b] = [
      Array.from({ length: 100 }, (_, i) => i),
      Array.from({ length: 100 }, (_, i) => -i - 1),
    ];
    expect(diffJson(a, b, 7)).toMatchObject({ changes: { length: 7 }, more: 93 });
  });

  test('escapes its pointers, and cuts values that are too long to repeat', () => {
    expect(diffJson({ 'a/b~c': 1 }, {}, 9).changes).toEqual([
      { path: '/a~1b~0c', kind: 'removed', a: 1 },
    ]);
    expect(diffJson(['x'.repeat(5000)], [], 9).changes).toMatchObject([{ path: '/0', cut: true }]);
  });

  test('of arrays is between their common beginning and end', () => {
    expect(diffJson([1, 2, 3, 4], [1, 9, 2, 3, 4], 9).changes).toEqual([
      { path: '/1', kind: 'added', b: 9 },
    ]);
  });
});

/** Sorts keys, and writes -0 as JSON does. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}

describe('comparison of `returned`', () => {
  const step = (returned?: Step['returned']) =>
    withSteps([{ name: 'search', output: 1, ...(returned && { returned }) }]);

  test('ignores how a value was returned, because older clients do not record it', () => {
    const comparison = compareExecutions(step(), step({ async: true, of: 'output' }));
    expect(comparison.same).toBe(true);
  });

  test('reports different returned values', () => {
    const [a, b] = [1, 2].map((value) => step({ of: 'value', value: [value] }));
    if (!a || !b) throw new Error('two executions');
    expect(compareExecutions(a, b).firstDivergence?.changes).toMatchObject([
      { path: '/returned/0', a: 1, b: 2 },
    ]);
  });
});

describe('comparison of two applicants', () => {
  const loan = (id: string, at: string, score: number, more: Step[] = []): Snapshot => ({
    ...minimalSnapshot,
    executionId: `loan-${id}`,
    subjects: [{ type: 'applicant', id }],
    input: { applicantId: id, requestedAt: at },
    steps: [
      { name: 'fetch', input: { applicantId: id, requestId: `r-${id}` }, output: { at, ms: 3 } },
      { name: 'case', output: { file: `cases/${id}.pdf` } },
      ...more,
      {
        name: 'rules',
        rules: [
          { id: 'known', result: 'pass', actual: id },
          { id: 'min_score', result: score < 660 ? 'fail' : 'pass', actual: score },
        ],
      },
    ],
  });
  const compare = (a: Snapshot, b: Snapshot) => {
    const comparison = compareExecutions(a, b);
    const { firstDivergence } = comparison;
    return { ...comparison, lead: firstDivergence && leadOf(firstDivergence) };
  };
  const [ada, bob] = ['2026-01-05T10:00:00Z', '2026-02-06T11:30:00.5+02:00'];

  test('leads with the rule that changed its result, not with an id or a time', () => {
    const { firstDivergence, lead, steps } = compare(
      loan('8121', ada, 700),
      loan('8122', bob, 612),
    );
    expect(firstDivergence?.a?.name).toBe('rules');
    expect(lead).toMatchObject({ kind: 'rule', rule: { rule: 'min_score' } });
    expect(steps.slice(0, 2)).toMatchObject([
      { a: { name: 'fetch' }, onlyIncidental: true },
      { a: { name: 'case' }, onlyIncidental: true },
    ]);
  });

  test('lists an informative value before an id in the same step', () => {
    const [a, b] = ['8121', '8122'].map((id, place) =>
      loan(id, ada, 700, [{ name: 'bureau', output: { applicantId: id, open: place } }]),
    );
    if (!a || !b) throw new Error('two loans');
    const { firstDivergence, lead } = compare(a, b);
    expect(firstDivergence?.a?.name).toBe('bureau');
    expect(lead).toMatchObject({ kind: 'value', change: { path: '/output/open' } });
    expect(firstDivergence?.changes).toMatchObject([
      { path: '/output/open' },
      { path: '/output/applicantId', incidental: true },
    ]);
  });

  test('recognizes ids from the input if there are no subjects, even as numbers', () => {
    const minimal = (userId: number, score: number): Snapshot =>
      withSteps([{ name: 'fetch', input: { userId }, output: { userId, score } }]);
    expect(compare(minimal(8121, 700), minimal(8122, 612)).lead).toMatchObject({
      change: { path: '/output/score' },
    });
  });

  test('leads with ids if nothing else differs', () => {
    const { firstDivergence, partsAt, same } = compare(
      loan('8121', ada, 700),
      loan('8122', ada, 700),
    );
    expect(firstDivergence).toMatchObject({ a: { name: 'fetch' }, onlyIncidental: true });
    expect(partsAt).toBeNull();
    expect(same).toBe(false);
  });

  test('leads with any value that is not an id or a time', { timeout: 60_000 }, () => {
    const id = fc.stringMatching(/^[a-z0-9]{3,9}$/);
    fc.assert(
      fc.property(id, id, fc.nat(5), (one, other, place) => {
        const of = (subject: string, isEdited: boolean): Snapshot => ({
          ...minimalSnapshot,
          subjects: [{ type: 'applicant', id: subject }],
          steps: ['a', 'b', 'c', 'd', 'e', 'f'].map((name, at) => ({
            name,
            input: {
              applicantId: subject,
              note: `about ${subject}`,
              endedAt: isEdited ? bob : ada,
            },
            output: isEdited && at === place ? 1 : 0,
          })),
        });
        const { firstDivergence, lead } = compare(of(one, false), of(other, true));
        expect(firstDivergence?.a?.index).toBe(place);
        expect(lead).toMatchObject({ kind: 'value', change: { path: '/output' } });
      }),
      { numRuns: 100 },
    );
  });
});
