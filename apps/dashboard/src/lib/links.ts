import { printQueryValue } from '@xray/core/query';
import { stepAddress, type StepAddress, type StepPlace } from './step-address';

/** Addresses of the pages. A static export has no dynamic segments, so the state is in the query. */

/** The list, filtered by the values of each field. Null values do not filter. */
export function executionsHref(app: string, filter: Record<string, string | null> = {}): string {
  const terms = Object.entries(filter).flatMap(([field, value]) =>
    value === null ? [] : [`${field}:${printQueryValue(value)}`],
  );
  return `/executions?${query({ app, q: terms.length === 0 ? null : terms.join(' ') })}`;
}

/** `step` is one of its steps, or `explain` for the explanation. */
export function executionHref(
  app: string,
  id: string,
  step: StepPlace | StepAddress | 'explain' | null = null,
): string {
  const address = typeof step === 'object' && step !== null ? stepAddress(step) : step;
  return `/execution?${query({ app, id, step: address })}`;
}

/** The step that decided on a candidate, with the candidate found in it. */
export function candidateHref(app: string, id: string, step: StepPlace, candidate: string): string {
  const address = stepAddress(step);
  return `/execution?${query({ app, id, step: address, tab: 'candidates', candidate })}`;
}

/** The page on which two groups of executions are chosen. */
export function groupsHref(app: string): string {
  return `/compare?${query({ app, qa: '' })}`;
}

/** The page that compares a favourable outcome between groups of people. */
export function fairnessHref(app: string): string {
  return `/compare?${query({ app, by: '' })}`;
}

/** The executions that match a filter within a range, ISO-8601. */
export function filteredHref(
  app: string,
  q: string,
  { from, to }: { from: string | null; to: string | null },
): string {
  return `/executions?${query({ app, q: q === '' ? null : q, from, to })}`;
}

/** The executions of a range before an instant, and those after it. */
export function beforeAndAfterHref(
  app: string,
  q: string,
  { from, to }: { from: string; to: string },
  at: string,
): string {
  return groupsInTimeHref(app, q, { from, to: at }, { from: at, to });
}

/** Two groups of executions by filter and time, ISO-8601. */
export function groupsInTimeHref(
  app: string,
  q: string,
  before: { from: string; to: string },
  after: { from: string; to: string },
): string {
  return `/compare?${query({
    app,
    qa: q,
    aFrom: before.from,
    aTo: before.to,
    qb: q,
    bFrom: after.from,
    bTo: after.to,
  })}`;
}

/** Two groups of executions by filter. The default compares this week with the week before. */
export function cohortsHref(app: string, qa: string, qb: string = qa): string {
  return `/compare?${query({ app, qa, qb, ...(qa === qb ? WEEK_AGAINST_WEEK : {}) })}`;
}

const WEEK_AGAINST_WEEK = { aFrom: '-14d', aTo: '-7d', bFrom: '-7d' };

/** The history of an id. `as` names the role that is shown, `from` the start of the time range. */
export function whyHref(
  app: string,
  id: string | null = null,
  { as = null, from = null }: { as?: string | null; from?: string | null } = {},
): string {
  return `/why?${query({ app, id, as, from })}`;
}

/** Everything about a subject, with what is linked to it. */
export function caseHref(app: string, type: string, id: string): string {
  return `/case?${query({ app, type, id })}`;
}

/** The letter about a decision. */
export function letterHref(app: string, id: string): string {
  return `/letter?${query({ app, id })}`;
}

/** Two executions side by side. The page asks for a missing one. */
export function compareHref(app: string, a: string | null = null, b: string | null = null): string {
  return `/compare?${query({ app, a, b })}`;
}

export function pipelinesHref(app: string): string {
  return `/pipelines?${query({ app })}`;
}

/** A pipeline over time and its steps. */
export function pipelineHref(
  app: string,
  pipeline: string,
  range: { from: string | null; to: string | null } = { from: null, to: null },
): string {
  return `/pipeline?${query({ app, p: pipeline, ...range })}`;
}

/** The rules of a pipeline and what changed in them. */
export function rulesHref(
  app: string,
  pipeline: string,
  {
    range,
    q,
    env,
  }: { range: { from: string | null; to: string | null }; q: string | null; env: string | null },
): string {
  return `/pipeline-rules?${query({ app, p: pipeline, q, env, ...range })}`;
}

/** The replay runs of an app. */
export function replaysHref(app: string): string {
  return `/replay?${query({ app })}`;
}

/** One run of recorded decisions on changed code. */
export function replayHref(app: string, run: string): string {
  return `/replay?${query({ app, run })}`;
}

export function settingsHref(tab: string, app: string | null = null): string {
  return `/settings?${query({ app, tab })}`;
}

function query(params: Record<string, string | null>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== null) search.set(key, value);
  return search.toString();
}
