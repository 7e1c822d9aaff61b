import type { ReplayReport, ReportedResult } from '@xray/core';

/** The report of a run with two flips. */
export const REPORT: ReplayReport = {
  counts: { same: 7, moved: 0, flipped: 2, undecided: 1, not_replayable: 0 },
  withoutPlan: 0,
  population: 10,
  flips: { share: 0.22, low: 0.06, high: 0.55 },
  matrix: [{ was: 'approved', is: 'declined', count: 2 }],
  causes: [{ origin: 'rules', decided: 'min_score', was: 'approved', is: 'declined', count: 2 }],
  segments: [],
  undecided: [{ why: 'no answer', count: 1 }],
  answered: 20,
  unverified: 0,
  reads: { clock: 0, chance: 0, network: 0 },
  control: null,
  changedAndAnswered: [],
  changedAndRan: [],
  flaky: 0,
  gate: [{ what: 'flips', max: 0, found: 2, holds: false }],
  exitCode: 1,
  distrust: [],
};

function decided(outcome: string): ReportedResult['was'] {
  return {
    outcome,
    adverse: outcome === 'declined',
    status: 'completed',
    choice: null,
    reason: null,
  };
}

export function flip(executionId: string): ReportedResult {
  return {
    executionId,
    pipeline: 'loan',
    verdict: 'flipped',
    why: null,
    was: decided('approved'),
    is: decided('declined'),
    cause: {
      origin: { sequence: 0, name: 'rules' },
      decided: { sequence: 0, name: 'rules', rule: 'min_score' },
    },
    rule: { was: '641 >= 620, pass', is: '641 >= 660, fail' },
    weight: 1,
  };
}
