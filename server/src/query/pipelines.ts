import {
  FIRST_INSTANT_MS,
  countEdges,
  type Course,
  type Funnel,
  type FunnelStep,
  type PipelineList,
  type PipelineListQuery,
  type PipelineOverview,
  type RangeQuery,
} from '@xray/core';
import type { Flow, StepFigures } from '../store/answers.js';
import type { ExecutionStore } from '../store/execution-store.js';
import { bucketWidthOf } from './bucket-width.js';
import { readPlainFilter } from './filter.js';
import { instantOf, rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

const BUCKETS = 60;
/** The number of executions whose steps are read, if there are more. */
const SAMPLE = 5_000;
const MAX_EDGES = 200;
const MAX_VARIANTS = 50;

export async function readPipelines(
  store: ExecutionStore,
  app: string,
  { from, to }: PipelineListQuery,
): Promise<PipelineList> {
  const scope = { app, from: instantOf(from), to: instantOf(to) };
  const items = await narrowed(undefined, { from }, () => store.listPipelines(scope));
  return { from: from ?? null, to: to ?? null, items };
}

export async function readOverview(
  store: ExecutionStore,
  app: string,
  pipeline: string,
  query: RangeQuery,
  now: number,
): Promise<PipelineOverview> {
  const filter = readPlainFilter({ ...query, pipeline });
  const range = rangeOf(query, filter, now);
  const bucketMs = bucketWidthOf(range.to.getTime() - range.from.getTime(), BUCKETS);
  const aligned = Math.floor(range.from.getTime() / bucketMs) * bucketMs;
  const fromMs = Math.max(aligned, FIRST_INSTANT_MS);
  const origin = new Date(fromMs);
  const found = await narrowed(filter, query, () =>
    store.readOverTime({ app, filter, nowMs: now, ...range, origin, bucketMs }),
  );
  const length = Math.ceil((range.to.getTime() - fromMs) / bucketMs);
  const spread = <T>(rows: { startMs: number; value: T }[], empty: T): T[] => {
    const values = Array.from({ length }, () => empty);
    for (const { startMs, value } of rows) values[(startMs - fromMs) / bucketMs] = value;
    return values;
  };
  const ofBuckets = <T>(empty: T, pick: (bucket: (typeof found.buckets)[number]) => T): T[] =>
    spread(
      found.buckets.map((bucket) => ({ startMs: bucket.startMs, value: pick(bucket) })),
      empty,
    );
  const series = <V>(rows: { value: V; startMs: number; count: number }[]) =>
    [...new Set(rows.map(({ value }) => value))].map((value) => {
      const valueRows = rows.filter((row) => row.value === value);
      const counts = valueRows.map(({ startMs, count }) => ({ startMs, value: count }));
      return { value, counts: spread(counts, 0) };
    });
  const reasons = series(found.reasons);
  return {
    pipeline,
    from: origin.toISOString(),
    to: range.to.toISOString(),
    bucketMs,
    executions: ofBuckets(0, ({ executions }) => executions),
    failed: ofBuckets(0, ({ failed }) => failed),
    p50Ms: ofBuckets<number | null>(null, ({ p50 }) => p50),
    p95Ms: ofBuckets<number | null>(null, ({ p95 }) => p95),
    durations: { p50Ms: found.p50, p95Ms: found.p95 },
    outcomes: series(found.outcomes).map(({ value, counts }) => ({ outcome: value, counts })),
    reasons: reasons.map(({ value, counts }) => ({ reason: value, total: sum(counts), counts })),
    moreReasons: found.distinctReasons - reasons.length,
    versions: found.versions
      .filter(({ firstAtMs }) => firstAtMs >= fromMs + bucketMs)
      .map(({ name, version, firstAtMs }) => ({
        name,
        version,
        firstAt: new Date(firstAtMs).toISOString(),
      })),
  };
}

export async function readFunnel(
  store: ExecutionStore,
  app: string,
  pipeline: string,
  query: RangeQuery,
  now: number,
): Promise<Funnel> {
  const filter = readPlainFilter({ ...query, pipeline });
  const { from, to } = rangeOf(query, filter, now);
  const flow = await narrowed(filter, query, () =>
    store.readFlow({ app, filter, nowMs: now, from, to, sampled: SAMPLE }),
  );
  const variants = flow.courses.slice(0, MAX_VARIANTS);
  return {
    pipeline,
    from: from.toISOString(),
    to: to.toISOString(),
    executions: flow.executions,
    sampled: flow.sampled,
    steps: funnelSteps(flow),
    edges: countEdges(flow.courses).slice(0, MAX_EDGES),
    variants: variants.map(({ steps, executions }) => ({ steps, executions })),
    moreVariants: flow.executions - sum(variants.map(({ executions }) => executions)),
  };
}

function funnelSteps({ executions, courses, sampled, steps }: Flow): FunnelStep[] {
  const scale = sampled === 0 ? 0 : executions / sampled;
  const scaled = (count: number): number => Math.round(count * scale);
  const ran = countRuns(courses);
  return steps
    .map((step: StepFigures) => {
      const figures = ran.get(step.name);
      return {
        name: step.name,
        kind: step.kind,
        position: figures === undefined ? step.place : figures.places / figures.runs,
        executions: figures?.executions ?? 0,
        runs: figures?.runs ?? 0,
        failed: scaled(step.failed),
        skipped: scaled(step.skipped),
        p50Ms: step.p50,
        p95Ms: step.p95,
        candidatesIn: step.candidatesIn === null ? null : scaled(step.candidatesIn),
        candidatesOut: step.candidatesOut === null ? null : scaled(step.candidatesOut),
        drops: step.drops.map(({ reason, count }) => ({ reason, count: scaled(count) })),
      };
    })
    .sort((a, b) => a.position - b.position || b.executions - a.executions);
}

interface Runs {
  executions: number;
  runs: number;
  /** Sum of the positions of all runs. */
  places: number;
}

function countRuns(courses: Course[]): Map<string, Runs> {
  const counted = new Map<string, Runs>();
  for (const { steps, executions } of courses) {
    const before = new Set<string>();
    for (const [place, name] of steps.entries()) {
      const figures = counted.get(name) ?? { executions: 0, runs: 0, places: 0 };
      if (!before.has(name)) figures.executions += executions;
      before.add(name);
      figures.runs += executions;
      figures.places += executions * place;
      counted.set(name, figures);
    }
  }
  return counted;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
