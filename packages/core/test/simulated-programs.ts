import type { Rule, Snapshot } from '../src/index.js';
import { randomFrom } from './planted.js';

export interface Thresholds {
  min_score: number;
  max_debt: number;
  min_income: number;
  min_months: number;
}

export interface Applicant {
  score: number;
  debt: number;
  income: number;
  months: number;
}

export const RECORDED: Thresholds = {
  min_score: 620,
  max_debt: 0.43,
  min_income: 1_400,
  min_months: 6,
};

/** A program decides on the margins by which each rule passes. Below 0 the rule fails. */
interface Program {
  /** Rules behind the first failed one are not evaluated. */
  stops: boolean;
  decide(margins: number[], applicant: Applicant): { outcome: string; adverse: boolean };
}

const pass = { outcome: 'approved', adverse: false };
const fail = { outcome: 'declined', adverse: true };
const refer = { outcome: 'referred', adverse: false };

/** The only failure is narrow: a person decides. */
function isNear(margins: readonly number[]): boolean {
  const failed = margins.filter((margin) => margin < 0);
  return failed.length === 1 && (failed[0] ?? -1) > -0.05;
}

const referring: Program['decide'] = (margins) =>
  margins.every((margin) => margin >= 0) ? pass : isNear(margins) ? refer : fail;
const strict: Program['decide'] = (margins) =>
  margins.every((margin) => margin >= 0) ? pass : fail;

/** The last two contradict what a simulation assumes: a threshold acts there beside the result of its rule. */
export const PROGRAMS: Record<string, Program> = {
  'refers near misses': { stops: false, decide: referring },
  'refers nothing': { stops: false, decide: strict },
  'stops at the first failure': { stops: true, decide: referring },
  'stops, and refers nothing': { stops: true, decide: strict },
  'refers narrow passes': {
    stops: false,
    decide: (margins) => {
      const decided = referring(margins, NOBODY);
      return decided === pass && Math.min(...margins) < 0.02 ? refer : decided;
    },
  },
  'lets margins compensate': {
    stops: false,
    decide: (margins) => {
      const total = margins.reduce((sum, margin) => sum + Math.max(-1, Math.min(1, margin)), 0);
      return isNear(margins) && total > 0.8 ? pass : referring(margins, NOBODY);
    },
  },
};

const NOBODY: Applicant = { score: 0, debt: 0, income: 0, months: 0 };

/** Changes of one threshold: small and large ones, in both directions. */
export const CHANGES: Partial<Thresholds>[] = [
  { min_score: 600 },
  { min_score: 610 },
  { min_score: 630 },
  { min_score: 640 },
  { min_score: 660 },
  { min_score: 700 },
  { max_debt: 0.36 },
  { max_debt: 0.4 },
  { max_debt: 0.46 },
  { max_debt: 0.55 },
  { min_income: 1_200 },
  { min_income: 1_600 },
  { min_income: 2_000 },
  { min_months: 3 },
  { min_months: 12 },
];

export function applicants(count: number, seed: number): Applicant[] {
  const random = randomFrom(seed);
  const near = (mean: number, deviation: number): number =>
    mean + deviation * 1.732 * (random() + random() + random() + random() - 2);
  return Array.from({ length: count }, () => ({
    score: Math.round(near(680, 55)),
    debt: Math.round(Math.max(0, near(0.34, 0.09)) * 1_000) / 1_000,
    income: Math.round(Math.max(300, near(2_600, 900))),
    months: Math.floor(random() ** 2 * 120),
  }));
}

/** The record of one decision. With `isDeclared` it says how the outcome follows from the checks. */
export function decide(
  program: Program,
  applicant: Applicant,
  thresholds: Thresholds,
  { executionId = 'x', isDeclared = false } = {},
): Snapshot {
  const { score, debt, income, months } = applicant;
  const tests = [
    { id: 'min_score', actual: score, op: '>=', margin: score / thresholds.min_score - 1 },
    { id: 'max_debt', actual: debt, op: '<=', margin: 1 - debt / thresholds.max_debt },
    { id: 'min_income', actual: income, op: '>=', margin: income / thresholds.min_income - 1 },
    { id: 'min_months', actual: months, op: '>=', margin: months / thresholds.min_months - 1 },
  ] as const;
  const rules: Rule[] = [];
  for (const { id, actual, op } of tests) {
    const threshold = thresholds[id];
    const isPassed = op === '>=' ? actual >= threshold : actual <= threshold;
    rules.push({ id, actual, op, threshold, result: isPassed ? 'pass' : 'fail' });
    if (!isPassed && program.stops) break;
  }
  const decision = program.decide(
    tests.map(({ margin }) => margin),
    applicant,
  );
  return {
    executionId,
    appId: 'loans',
    pipeline: 'loan',
    decision: {
      ...decision,
      ...(isDeclared && { basis: { kind: 'all_pass', pass: 'approved', fail: 'declined' } }),
    },
    steps: [{ name: 'rules', kind: 'rules', rules }],
  };
}
