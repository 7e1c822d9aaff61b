import {
  compareFigures,
  compareFlows,
  compareOutcomes,
  compareRules,
  outlineChange,
  rankExplanations,
  type CohortComparison,
  type CohortQuery,
  type OutcomeChange,
  type QueryNode,
} from '@xray/core';
import type { CohortCounts, Cohorts } from '../store/answers.js';
import type { BoundedScope, ExecutionStore } from '../store/execution-store.js';
import { givenBy, traitGroups } from './cohort-traits.js';
import { readPlainFilter } from './filter.js';
import { rangeOf } from './range.js';
import { runsOf, type PipelineRun } from './rules.js';
import { narrowedSides } from './too-broad.js';

/** Results for a smaller cohort are not reliable. */
const SMALL = 30;
const MAX_OUTCOMES = 50;
/** How the outcomes of two cohorts differ, and which traits correlate with the difference. */
export async function compareCohorts(
  store: ExecutionStore,
  app: string,
  query: CohortQuery,
  now: number,
): Promise<CohortComparison> {
  const [a, b] = [
    cohortOf('a', query.a, { from: query.aFrom, to: query.aTo }, now),
    cohortOf('b', query.b, { from: query.bFrom, to: query.bTo }, now),
  ];
  const sides = [
    { filter: a.filter, from: query.aFrom, names: { q: 'a', from: 'aFrom', to: 'aTo' } },
    { filter: b.filter, from: query.bFrom, names: { q: 'b', from: 'bFrom', to: 'bTo' } },
  ];
  const pair = { a: scopeOf(app, a, now), b: scopeOf(app, b, now) };
  const cohorts = await narrowedSides(sides, () => store.openCohorts(pair));
  const { counts } = cohorts;
  const outcomes = compareOutcomes(counts.outcomes);
  const beside = await narrowedSides(sides, () =>
    Promise.all([ruleChangesOf(cohorts), cohorts.measure()]),
  );
  const [ruleChanges, measured] = beside;
  const totals = { a: sum(counts.outcomes, 'a'), b: sum(counts.outcomes, 'b') };
  const explained = chosen(outcomes, query.outcome);
  const found =
    explained === undefined
      ? undefined
      : await narrowedSides(sides, () => cohorts.readTraits(explained.outcome));
  const groups = found === undefined ? [] : traitGroups(found, counts, givenBy(a.filter, b.filter));
  const sampled = groups[0]?.of;
  return {
    a: cohort(query.a, a.range, totals.a, sampled?.a.total ?? 0),
    b: cohort(query.b, b.range, totals.b, sampled?.b.total ?? 0),
    ruleChanges,
    figures: compareFigures(measured.a, measured.b),
    outcomes: outcomes.slice(0, MAX_OUTCOMES),
    explained: explained === undefined ? null : { outcome: explained.outcome },
    ...rankExplanations(explained?.difference ?? 0, groups),
    flow: compareFlows(
      counts.courses.map(({ steps, a: executions }) => ({ steps, executions })),
      counts.courses.map(({ steps, b: executions }) => ({ steps, executions })),
    ),
    warnings: warningsOf(totals, counts.shared, { outcome: query.outcome, outcomes }),
  };
}

/** Executions of each cohort whose rules are read. */
const RULE_SAMPLE = 2_000;
const MAX_RULE_CHANGES = 50;

/** What differs in the rules of two cohorts, pipeline by pipeline. */
async function ruleChangesOf(cohorts: Cohorts): Promise<CohortComparison['ruleChanges']> {
  const { a, b } = await cohorts.readRules(RULE_SAMPLE);
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  const pipelines = new Set(runsB.map(({ pipeline }) => pipeline));
  const changes = [...pipelines].flatMap((pipeline) => {
    const isOf = (run: PipelineRun): boolean => run.pipeline === pipeline;
    return compareRules(runsA.filter(isOf), runsB.filter(isOf)).map((change) => ({
      pipeline,
      rule: change.rule,
      step: change.step,
      ...outlineChange(change),
    }));
  });
  return changes.sort((x, y) => (x.at < y.at ? 1 : -1)).slice(0, MAX_RULE_CHANGES);
}

interface Side {
  filter: QueryNode;
  range: { from: Date; to: Date };
}

function cohortOf(
  side: 'a' | 'b',
  q: string,
  range: { from?: string | undefined; to?: string | undefined },
  now: number,
): Side {
  const filter = readPlainFilter({ q }, side);
  return { filter, range: rangeOf(range, filter, now) };
}

function cohort(
  q: string,
  { from, to }: Side['range'],
  executions: number,
  sampled: number,
): CohortComparison['a'] {
  return { q, from: from.toISOString(), to: to.toISOString(), executions, sampled };
}

function scopeOf(app: string, { filter, range }: Side, nowMs: number): BoundedScope {
  return { app, filter, nowMs, ...range };
}

/** The change of the requested outcome; without a request, the most significant change. */
function chosen(outcomes: OutcomeChange[], asked: string | undefined): OutcomeChange | undefined {
  return outcomes.find(
    ({ outcome, significant }) =>
      significant && (asked === undefined || outcome === (asked === '' ? null : asked)),
  );
}

function warningsOf(
  totals: { a: number; b: number },
  shared: number,
  request: { outcome: string | undefined; outcomes: OutcomeChange[] },
): CohortComparison['warnings'] {
  const warnings: CohortComparison['warnings'] = [];
  for (const [name, executions] of Object.entries(totals)) {
    if (executions < SMALL) {
      const message = `Group ${name} has only ${executions} executions, too few for a reliable result.`;
      warnings.push({ code: 'small', message });
    }
  }
  if (shared > 0) {
    const message = `${shared} executions are in both groups, which makes the groups look more alike than they are.`;
    warnings.push({ code: 'overlap', message });
  }
  if (!request.outcomes.some(({ significant }) => significant)) {
    const message = 'No outcome rate changed significantly, so there is nothing to explain.';
    warnings.push({ code: 'no_change', message });
  } else if (
    request.outcome !== undefined &&
    chosen(request.outcomes, request.outcome) === undefined
  ) {
    const message = 'The rate of this outcome did not change significantly.';
    warnings.push({ code: 'no_change', message });
  }
  return warnings;
}

function sum(outcomes: CohortCounts['outcomes'], side: 'a' | 'b'): number {
  return outcomes.reduce((total, outcome) => total + outcome[side], 0);
}
