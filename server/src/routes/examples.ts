import {
  EMPTY_DICTIONARY,
  appearancesOf,
  assessFairness,
  assembleCase,
  changesOf,
  compareExecutions,
  compareFigures,
  compareFlows,
  compareOutcomes,
  decidingRulesOf,
  explain,
  findRuleChanges,
  rankExplanations,
  rulesInForce,
  simulate,
  simulatedRunOf,
  summarizeRules,
  type AppOutcomes,
  type CandidateHistory,
  type Case,
  type CohortComparison,
  type ErrorBody,
  type ExecutionDetail,
  type ExecutionEvidence,
  type ExecutionPage,
  type ExecutionSummary,
  type Facets,
  type Fairness,
  type FoundExecution,
  type Funnel,
  type Histogram,
  type IngestResult,
  type Lookup,
  type MeasuredExecution,
  type ObservedRun,
  type Releases,
  type ReplayResultPage,
  type ReplayRun,
  type ReplayRunList,
  type OutcomeMeanings,
  type PipelineList,
  type PipelineOverview,
  type RuleHistory,
  type SavedView,
  type SavedViewList,
  type Simulation,
  type Snapshot,
  type StoredDictionary,
  type SubjectHistory,
  type Suggestions,
} from '@xray/core';

/**
 * Example answers for the document, by the name of their schema. Core derives them from the record,
 * as in a real answer.
 */

const WEEK = { from: '2026-11-15T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' };
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A small record that one of two rules declines. */
function loan(executionId: string, score: number): Snapshot {
  const isGood = score >= 660;
  return {
    executionId,
    appId: 'my-loan-app',
    pipeline: 'loan-approval',
    environment: 'prod',
    versions: { ruleset: 'r42' },
    status: 'completed',
    decision: {
      outcome: isGood ? 'approved' : 'declined',
      adverse: !isGood,
      ...(!isGood && { reasons: [{ code: 'SCORE_LOW', ruleId: 'min_score' }] }),
    },
    startedAt: '2026-11-21T09:30:00.000Z',
    durationMs: 412,
    subjects: [{ type: 'applicant', id: '8123' }],
    steps: [
      { name: 'credit_score', kind: 'model', input: { applicant: '8123' }, output: { score } },
      {
        name: 'rules',
        kind: 'rules',
        rules: [
          {
            id: 'min_score',
            result: isGood ? 'pass' : 'fail',
            effect: 'reject',
            field: 'score',
            op: '>=',
            actual: score,
            threshold: 660,
          },
          {
            id: 'max_dti',
            result: 'pass',
            effect: 'reject',
            field: 'dti',
            op: '<=',
            actual: 0.31,
            threshold: 0.43,
          },
        ],
      },
    ],
  };
}

const SNAPSHOT_EXAMPLE = loan('loan-8123', 612);

const SUMMARY: ExecutionSummary = {
  executionId: 'loan-8123',
  pipeline: 'loan-approval',
  environment: 'prod',
  status: 'completed',
  stale: false,
  outcome: 'declined',
  adverse: true,
  reasons: ['SCORE_LOW'],
  subjects: [{ type: 'applicant', id: '8123' }],
  versions: { ruleset: 'r42' },
  tags: [],
  stepCount: 2,
  failedStepCount: 0,
  errorType: null,
  at: '2026-11-21T09:30:00.000Z',
  receivedAt: '2026-11-21T09:30:01.204Z',
  durationMs: 412,
  revision: 0,
  conflict: false,
};

const DETAIL: ExecutionDetail = {
  snapshot: SNAPSHOT_EXAMPLE,
  server: { receivedAt: SUMMARY.receivedAt, conflict: false, stale: false, bytes: 872 },
  linkedFrom: [
    {
      executionId: 'review-8123',
      relation: 'review_of',
      outcome: 'approved',
      at: '2026-11-21T11:30:00.000Z',
    },
  ],
};

const CHOICE: Snapshot = {
  executionId: 'search-77',
  appId: 'my-loan-app',
  pipeline: 'product-selection',
  steps: [
    {
      name: 'filter',
      kind: 'filter',
      rules: [{ id: 'max_price', field: 'price', op: '<=', threshold: 50, unit: 'EUR' }],
      candidates: {
        in: 2,
        out: 1,
        byOutcome: { kept: 1, rejected: 1 },
        cutoff: 0.6,
        items: [
          {
            id: 'B07X',
            outcome: 'rejected',
            score: 0.55,
            rank: 2,
            reasons: [{ code: 'PRICE_HIGH', ruleId: 'max_price' }],
            rules: [{ id: 'max_price', result: 'fail', actual: 64 }],
          },
          { id: 'B09K', outcome: 'kept', score: 0.71, rank: 1 },
        ],
      },
    },
  ],
};

const MEANINGS: OutcomeMeanings['outcomes'] = [
  { outcome: 'approved', meaning: 'good', hue: null },
  { outcome: 'declined', meaning: 'bad', hue: null },
];

const outcomes = compareOutcomes([
  { outcome: 'approved', a: 700, b: 600 },
  { outcome: 'declined', a: 300, b: 400 },
]);
/** A limit that a new rule set lowered. */
const observed = Array.from({ length: 40 }, (_, index): ObservedRun => {
  const isNew = index >= 20;
  const isDeclined = isNew && index % 4 === 0;
  const threshold = isNew ? 0.36 : 0.43;
  return {
    at: Date.parse(WEEK.from) + index * HOUR_MS,
    environment: 'prod',
    versions: { ruleset: isNew ? 'r42' : 'r41' },
    steps: ['credit_score', 'rules'],
    blocks: [{ step: 'rules', rules: [{ id: 'max_dti', op: '<=', threshold, effect: 'reject' }] }],
    failed: isDeclined ? ['max_dti'] : [],
    decisive: isDeclined ? ['max_dti'] : [],
    completed: true,
  };
});
const rules: RuleHistory = {
  pipeline: 'loan-approval',
  ...WEEK,
  executions: observed.length,
  sampled: observed.length,
  ...summarizeRules(observed, { scale: 1, changes: findRuleChanges(observed) }),
};

const measured = (durationMs: number): MeasuredExecution[] =>
  Array.from({ length: 100 }, (_, index) => ({
    failed: index % 50 === 0,
    durationMs: durationMs + index,
    steps: 4,
    candidatesIn: null,
    candidatesOut: null,
    costUsd: null,
  }));

const cohorts: CohortComparison = {
  a: {
    q: 'pipeline:loan-approval version.ruleset:r41',
    ...WEEK,
    executions: 1_000,
    sampled: 1_000,
  },
  b: {
    q: 'pipeline:loan-approval version.ruleset:r42',
    ...WEEK,
    executions: 1_000,
    sampled: 1_000,
  },
  ruleChanges: changesOf(rules).map((change) => ({ ...change, pipeline: 'loan-approval' })),
  figures: compareFigures(measured(400), measured(520)),
  outcomes,
  explained: { outcome: 'approved' },
  ...rankExplanations(-0.1, [
    {
      of: { a: { count: 700, total: 1_000 }, b: { count: 600, total: 1_000 } },
      traits: [
        {
          kind: 'decisive',
          name: 'max_dti',
          term: 'decisive:max_dti',
          within: { a: { count: 0, total: 90 }, b: { count: 0, total: 200 } },
        },
      ],
    },
  ]),
  flow: compareFlows(
    [{ steps: ['credit_score', 'rules'], executions: 1_000 }],
    [{ steps: ['credit_score', 'fraud_check', 'rules'], executions: 1_000 }],
  ),
  warnings: [],
};

const strip = {
  from: WEEK.from,
  bucketMs: DAY_MS,
  series: [{ value: 'rejected', counts: [0, 0, 0, 0, 0, 0, 1] }],
};

const VIEW: SavedView = {
  id: '0d5c6c3e-6a2b-4f0e-9d52-6c1f2f3f7a10',
  name: 'Declined for their score',
  params: { q: 'outcome:declined reason:SCORE_LOW', from: '-7d' },
  isShared: true,
  savedBy: 'ada@example.org',
  savedAt: '2026-11-21T12:00:00.000Z',
};

const FOUND: FoundExecution = {
  ...SUMMARY,
  matches: [
    {
      step: { index: 0, sequence: 0, name: 'credit_score' },
      field: 'input',
      path: '/steps/0/input/applicant',
      snippet: '8123',
      ranges: [[0, 4]],
    },
  ],
};

/** Enough loans that a simulation can learn from them. */
const SIMULATED = Array.from({ length: 80 }, (_, index) => loan(`loan-${index}`, 620 + index));
const STRICTER = [{ rule: 'min_score', threshold: 670 }];

const REPLAY_RUN: ReplayRun = {
  id: '0b1f5c1e-7a0d-4a39-9a4f-2f3d1c5b6a70',
  name: 'min-score-670',
  pipelines: ['loan-approval'],
  q: 'pipeline:loan-approval env:prod',
  versions: { commit: '3f9c2e1' },
  plan: { 'loan-approval': { live: ['risk_tier'], answer: [], stubs: [] } },
  createdAt: '2026-11-22T08:00:00.000Z',
  createdBy: 'key k_4f2a',
  finishedAt: '2026-11-22T08:00:09.000Z',
  stored: 66,
  report: {
    counts: { same: 1934, moved: 0, flipped: 66, undecided: 0, not_replayable: 0 },
    withoutPlan: 0,
    population: 48_210,
    flips: { share: 0.033, low: 0.026, high: 0.042 },
    matrix: [
      { was: 'declined', is: 'declined', count: 1934 },
      { was: 'approved', is: 'declined', count: 66 },
    ],
    causes: [{ origin: 'rules', decided: 'min_score', was: 'approved', is: 'declined', count: 66 }],
    segments: [],
    undecided: [],
    answered: 3915,
    unverified: 0,
    reads: { clock: 0, chance: 0, network: 0 },
    control: { file: 'base.json', reproduced: 2000, of: 2000 },
    changedAndAnswered: [],
    changedAndRan: ['rules'],
    flaky: 0,
    gate: [{ what: 'flips', max: '1%', found: 0.033, holds: false }],
    exitCode: 1,
    distrust: [],
  },
};

export const EXAMPLES = {
  IngestResult: { accepted: 1, duplicates: 0, superseded: 0, rejected: [] } satisfies IngestResult,
  Error: {
    error: {
      code: 'invalid',
      message: 'q, at 9: There is no field "pipelin". Did you mean pipeline?',
      requestId: '0f0c9f0e-6c5b-4d43-a3a5-0a86e0a3f2b1',
      details: [{ path: 'q', code: 'unknown_field', position: 9 }],
    },
  } satisfies ErrorBody,
  ExecutionPage: { items: [FOUND], nextCursor: null, notSearched: null } satisfies ExecutionPage,
  ExecutionSummary: SUMMARY,
  FoundExecution: FOUND,
  ExecutionDetail: DETAIL,
  ExportedExecution: { snapshot: DETAIL.snapshot, server: DETAIL.server },
  StepDetail: { index: 0, sequence: 0, step: SNAPSHOT_EXAMPLE.steps[0] },
  Facets: {
    ...WEEK,
    notSearched: null,
    counted: null,
    total: 1_280,
    items: [
      {
        field: 'outcome',
        values: [
          { value: 'approved', count: 912 },
          { value: 'declined', count: 368 },
        ],
        more: 0,
      },
      { field: 'version.ruleset', values: [{ value: 'r42', count: 1_280 }], more: 0 },
    ],
  } satisfies Facets,
  Releases: {
    ...WEEK,
    notSearched: null,
    counted: null,
    items: [
      {
        pipeline: 'loan-approval',
        name: 'ruleset',
        version: 'r42',
        firstAt: '2026-11-20T08:00:00.000Z',
        executions: 310,
        previous: 'r41',
      },
    ],
  } satisfies Releases,
  Histogram: {
    ...WEEK,
    notSearched: null,
    counted: null,
    by: 'outcome',
    bucketMs: DAY_MS,
    total: 1_280,
    series: [
      { value: 'approved', counts: [130, 128, 134, 131, 129, 130, 130] },
      { value: 'declined', counts: [50, 52, 51, 55, 53, 54, 53] },
    ],
    others: null,
  } satisfies Histogram,
  PipelineList: {
    ...WEEK,
    items: [
      {
        pipeline: 'loan-approval',
        executions: 1_280,
        lastAt: SUMMARY.at,
        failed: 3,
        outcomes: [
          { outcome: 'approved', count: 912 },
          { outcome: 'declined', count: 365 },
          { outcome: null, count: 3 },
        ],
        p50Ms: 398,
        p95Ms: 911,
      },
    ],
  } satisfies PipelineList,
  PipelineOverview: {
    pipeline: 'loan-approval',
    from: '2026-11-21T09:00:00.000Z',
    to: '2026-11-21T11:00:00.000Z',
    bucketMs: HOUR_MS,
    executions: [61, 64],
    failed: [0, 1],
    p50Ms: [402, 395.5],
    p95Ms: [880, 930],
    durations: { p50Ms: 398, p95Ms: 911 },
    outcomes: [
      { outcome: 'approved', counts: [44, 41] },
      { outcome: 'declined', counts: [17, 22] },
      { outcome: null, counts: [0, 1] },
    ],
    reasons: [{ reason: 'SCORE_LOW', total: 30, counts: [11, 19] }],
    moreReasons: 0,
    versions: [{ name: 'ruleset', version: 'r42', firstAt: '2026-11-21T10:12:00.000Z' }],
  } satisfies PipelineOverview,
  Funnel: {
    pipeline: 'product-selection',
    ...WEEK,
    executions: 640,
    sampled: 640,
    steps: [
      {
        name: 'filter',
        kind: 'filter',
        position: 1,
        executions: 640,
        runs: 640,
        failed: 0,
        skipped: 0,
        p50Ms: 12,
        p95Ms: 31,
        candidatesIn: 51_200,
        candidatesOut: 9_600,
        drops: [
          { reason: 'PRICE_HIGH', count: 30_100 },
          { reason: 'OUT_OF_STOCK', count: 11_500 },
        ],
      },
    ],
    edges: [
      { from: null, to: 'search', executions: 640 },
      { from: 'search', to: 'filter', executions: 640 },
      { from: 'filter', to: null, executions: 640 },
    ],
    variants: [{ steps: ['search', 'filter'], executions: 640 }],
    moreVariants: 0,
  } satisfies Funnel,
  RuleHistory: rules,
  OutcomeMeanings: { outcomes: MEANINGS } satisfies OutcomeMeanings,
  AppOutcomes: {
    items: [{ pipeline: 'loan-approval', outcomes: MEANINGS }],
  } satisfies AppOutcomes,
  SavedView: VIEW,
  SavedViewList: { items: [VIEW] } satisfies SavedViewList,
  Explanation: explain(SNAPSHOT_EXAMPLE),
  Comparison: compareExecutions(SNAPSHOT_EXAMPLE, loan('loan-8124', 701)),
  Fairness: {
    ...WEEK,
    outcome: 'approved',
    ...assessFairness(
      [
        { group: 'north', factors: [], outcome: 'approved', favourable: true, count: 420 },
        { group: 'north', factors: [], outcome: 'declined', favourable: false, count: 180 },
        { group: 'south', factors: [], outcome: 'approved', favourable: true, count: 208 },
        { group: 'south', factors: [], outcome: 'declined', favourable: false, count: 192 },
      ],
      [],
    ),
  } satisfies Fairness,
  CohortComparison: cohorts,
  ReplayRunList: { items: [REPLAY_RUN], nextCursor: null } satisfies ReplayRunList,
  ReplayResultPage: {
    items: [
      {
        executionId: 'loan-8123',
        pipeline: 'loan-approval',
        verdict: 'flipped',
        why: null,
        was: {
          outcome: 'approved',
          adverse: false,
          status: 'completed',
          choice: null,
          reason: null,
        },
        is: {
          outcome: 'declined',
          adverse: true,
          status: 'completed',
          choice: null,
          reason: 'SCORE_LOW',
        },
        cause: {
          origin: { sequence: 1, name: 'rules' },
          decided: { sequence: 1, name: 'rules', rule: 'min_score' },
        },
        rule: { was: '664 >= 660, pass', is: '664 >= 670, fail' },
        weight: 24.1,
        replayed: true,
      },
    ],
    nextCursor: null,
  } satisfies ReplayResultPage,
  Simulation: {
    range: WEEK,
    executions: SIMULATED.length,
    ...simulate(
      SIMULATED.map((record) => simulatedRunOf(record, STRICTER)),
      STRICTER,
    ),
  } satisfies Simulation,
  CandidateHistory: {
    ...WEEK,
    id: 'B07X',
    executions: 1,
    appearances: 1,
    byOutcome: { rejected: 1 },
    byReason: [{ value: 'PRICE_HIGH', count: 1 }],
    byStep: [{ pipeline: 'product-selection', step: 'filter', count: 1 }],
    strip,
    items: appearancesOf(CHOICE, 'B07X').map((appearance) => ({
      executionId: CHOICE.executionId,
      pipeline: CHOICE.pipeline,
      environment: 'prod',
      at: '2026-11-21T11:02:00.000Z',
      decision: 'selected',
      ...appearance,
    })),
    nextCursor: null,
    notSearched: null,
  } satisfies CandidateHistory,
  SubjectHistory: {
    ...WEEK,
    type: 'applicant',
    id: '8123',
    executions: 1,
    byOutcome: [{ value: 'declined', count: 1 }],
    byReason: [{ value: 'SCORE_LOW', count: 1 }],
    strip: { ...strip, series: [{ value: 'declined', counts: [0, 0, 0, 0, 0, 0, 1] }] },
    items: [{ ...SUMMARY, rules: decidingRulesOf(SNAPSHOT_EXAMPLE) }],
    nextCursor: null,
    notSearched: null,
  } satisfies SubjectHistory,
  ExecutionEvidence: {
    format: 'xray-evidence/1',
    app: 'my-loan-app',
    executionId: 'loan-8123',
    madeAt: '2026-11-22T08:00:00.000Z',
    madeBy: 'ada@example.org',
    server: DETAIL.server,
    record: SNAPSHOT_EXAMPLE,
    explanation: explain(SNAPSHOT_EXAMPLE),
    rules: rulesInForce(SNAPSHOT_EXAMPLE),
    ruleHistory: null,
    linked: { to: [], from: DETAIL.linkedFrom, ended: null },
    audit: { withheld: true, entries: [], more: false },
    digests: {
      record: '5d0c3ac2d8b4a7f95e7c9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e',
      explanation: '0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e',
      rules: '1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f',
      ruleHistory: '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b',
      linked: '2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70',
      audit: '3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7081',
    },
  } satisfies ExecutionEvidence,
  StoredDictionary: {
    dictionary: {
      ...EMPTY_DICTIONARY,
      rules: { min_score: { name: { en: 'Minimum score', de: 'Mindestwert' } } },
      reasons: { SCORE_LOW: { name: { en: 'Your credit score is too low' } } },
    },
    revision: 4,
    updatedAt: '2026-11-20T12:00:00.000Z',
  } satisfies StoredDictionary,
  Case: {
    type: 'applicant',
    id: '8123',
    executions: 2,
    ...assembleCase([
      { summary: SUMMARY, about: true, links: [] },
      {
        summary: {
          ...SUMMARY,
          executionId: 'review-8123',
          pipeline: 'manual-review',
          outcome: 'approved',
          adverse: false,
          reasons: [],
          at: '2026-11-21T11:30:00.000Z',
        },
        about: true,
        links: [{ executionId: 'loan-8123', relation: 'review_of' }],
      },
    ]),
    more: 0,
    notSearched: null,
  } satisfies Case,
  Suggestions: {
    prefix: '81',
    items: [{ kind: 'subject', type: 'applicant', id: '8123', at: SUMMARY.at }],
  } satisfies Suggestions,
  Lookup: {
    id: '8123',
    execution: false,
    candidate: 0,
    subjects: [{ type: 'applicant', executions: 1 }],
  } satisfies Lookup,
};

/** Example values of parameters, for routes without their own examples. */
export const PARAMETER_EXAMPLES: Record<string, string> = {
  app: 'my-loan-app',
  pipeline: 'loan-approval',
  sequence: '0',
  run: '0b1f5c1e-7a0d-4a39-9a4f-2f3d1c5b6a70',
  type: 'applicant',
  q: 'outcome:declined -env:dev duration:>500ms',
  from: WEEK.from,
  to: WEEK.to,
  aFrom: '2026-11-08T00:00:00Z',
  aTo: WEEK.from,
  bFrom: WEEK.from,
  bTo: WEEK.to,
  status: 'completed',
  outcome: 'declined',
  environment: 'prod',
  after: 'loan-8123',
  cursor: 'MjAyNi0xMS0yMVQwOTozMDowMC4wMDBaIDQy',
};
