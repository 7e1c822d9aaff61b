import * as fc from 'fast-check';
import {
  CANDIDATE_OUTCOMES,
  KINDS,
  STATUSES,
  STEP_STATUSES,
  type Candidate,
  type Decision,
  type Json,
  type Rule,
  type Snapshot,
  type Step,
} from '../src/index.js';

// There are few names, so that reasons often match a rule and steps repeat. Some names are hostile.
const name = fc.constantFrom('score', 'dti', '__proto__', 'x\u001B[31m\n2', '\u202Eevil', 'a/b~c');
const code = fc.constantFrom('SCORE_LOW', 'DTI_HIGH', 'score', 'constructor', '');
const orAbsent = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.option(fc.option(value, { nil: null }), { nil: undefined });
const number = fc.oneof(
  fc.integer({ min: -3, max: 700 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const json = fc.oneof(number, fc.jsonValue({ maxDepth: 2 })) as fc.Arbitrary<Json>;

const rule = fc.record({
  id: name,
  version: orAbsent(fc.constantFrom('1', 'r2')),
  result: orAbsent(fc.constantFrom('pass', 'fail', 'skip', 'error')),
  effect: orAbsent(fc.constantFrom('reject', 'flag', 'score', 'other')),
  field: orAbsent(name),
  op: orAbsent(fc.constantFrom('>=', '<', '==', 'in', 'gte', '~')),
  actual: fc.option(json, { nil: undefined }),
  threshold: fc.option(json, { nil: undefined }),
  unit: orAbsent(fc.constantFrom('EUR', '\u0007')),
  counts: orAbsent(
    fc.record({
      evaluated: fc.nat(9),
      passed: fc.nat(9),
      failed: fc.nat(2),
      skipped: fc.nat(9),
      error: fc.nat(1),
      decisive: fc.nat(1),
    }),
  ),
});
const reason = fc.record({
  code,
  text: orAbsent(fc.string()),
  ruleId: orAbsent(name),
  factor: orAbsent(name),
  contribution: orAbsent(number),
});
const actor = fc.record({ type: fc.constantFrom('rule', 'model', 'human', 'service'), id: name });
const decision = fc.record({
  outcome: fc.constantFrom('declined', 'approved'),
  adverse: orAbsent(fc.boolean()),
  score: orAbsent(number),
  reasons: orAbsent(fc.array(reason, { maxLength: 4 })),
  decidedBy: orAbsent(actor),
  humanInvolvement: orAbsent(fc.constantFrom('none', 'review', 'final')),
});
const candidate = fc.record({
  id: name,
  outcome: fc.constantFrom(...CANDIDATE_OUTCOMES),
  score: orAbsent(number),
  rank: orAbsent(fc.integer()),
  reasons: orAbsent(fc.array(reason, { maxLength: 2 })),
  rules: orAbsent(
    fc.array(
      fc.record({ id: name, result: fc.constantFrom('pass', 'fail', 'skip', null), actual: json }),
      { maxLength: 3 },
    ),
  ),
});
// A ledger whose parts do not fit together is also valid.
const ledger = fc.record({
  ids: fc.array(name, { maxLength: 6 }),
  outcomes: fc.string({ unit: fc.constantFrom('s', 'k', 'r', 'd', 'e', '?'), maxLength: 6 }),
  reasons: fc.array(code, { maxLength: 2 }),
  reasonIx: fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 6 }),
  scores: orAbsent(fc.array(fc.option(number), { maxLength: 6 })),
});
const candidates = fc.record({
  in: fc.nat(9),
  out: fc.nat(9),
  byOutcome: fc.dictionary(fc.constantFrom(...CANDIDATE_OUTCOMES), fc.nat(9)),
  byReason: orAbsent(fc.dictionary(code, fc.nat(9))),
  cutoff: orAbsent(number),
  items: fc.array(candidate as fc.Arbitrary<Candidate>, { maxLength: 4 }),
  ledger: orAbsent(ledger),
});
const step = fc.record({
  name,
  kind: orAbsent(fc.constantFrom(...KINDS)),
  sequence: orAbsent(fc.nat(4)),
  parent: orAbsent(fc.nat(4)),
  status: orAbsent(fc.constantFrom(...STEP_STATUSES)),
  attempt: orAbsent(fc.nat(2)),
  input: fc.option(json, { nil: undefined }),
  output: fc.option(json, { nil: undefined }),
  error: orAbsent(fc.record({ type: name, message: fc.string() })),
  actor: orAbsent(actor),
  rules: orAbsent(fc.array(rule as fc.Arbitrary<Rule>, { maxLength: 4 })),
  candidates: orAbsent(candidates),
});

/** Any valid snapshot, with all variants of decisions, rules and candidates. */
export const anySnapshot = fc.record({
  executionId: fc.constantFrom('e1', 'e2'),
  appId: fc.constant('my-loan-app'),
  pipeline: fc.constantFrom('loan', '\u001B]0;title\u0007'),
  status: orAbsent(fc.constantFrom(...STATUSES)),
  decision: orAbsent(decision as fc.Arbitrary<Decision>),
  versions: orAbsent(fc.dictionary(name, fc.option(fc.constantFrom('1', '2')))),
  dropped: orAbsent(fc.record({ steps: orAbsent(fc.nat(2)) })),
  marks: orAbsent(
    fc.array(
      fc.record({
        path: fc.constantFrom('/steps', '/steps/0/rules', '/input'),
        kind: fc.constantFrom('truncated', 'redacted', 'dropped'),
      }),
      { maxLength: 2 },
    ),
  ),
  steps: fc.array(step as fc.Arbitrary<Step>, { maxLength: 6 }),
}) as fc.Arbitrary<Snapshot>;
