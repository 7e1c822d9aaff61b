import type { Snapshot, Step } from '@xray/core';
import { isNumber } from '@xray/core/exact-json';
import { formatCount, formatNumber, plural } from '@/lib/format';

export interface SpanRow {
  key: string;
  depth: number;
  step: Step;
}

export interface SpanTotals {
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  models: string[];
}

/** The steps of the executions that spans gave, each below its parent. A parent stands before its children. */
export function spanRows(spans: readonly Snapshot[]): SpanRow[] {
  return spans.flatMap(({ executionId, steps }) => {
    const depths = new Map<number, number>();
    return steps.map((step, index) => {
      const above = typeof step.parent === 'number' ? depths.get(step.parent) : undefined;
      const depth = above === undefined ? 0 : above + 1;
      depths.set(step.sequence ?? index, depth);
      return { key: `${executionId} ${index}`, depth, step };
    });
  });
}

interface Interval {
  from: number;
  to: number;
}

/** Records have milliseconds, and spans have microseconds. */
const TOLERANCE_MS = 1;
/** More comparisons would make the page slow. */
const MAX_COMPARED = 5_000_000;

/**
 * The spans of each step of the SDK's record, by the step's index: those that ran while the step ran. The innermost
 * step takes a span. If steps ran side by side, the span is nobody's, because the times do not tell.
 */
export function spansOfSteps(
  steps: readonly Step[],
  rows: readonly SpanRow[],
): Map<number, SpanRow[]> {
  const placed = new Map<number, SpanRow[]>();
  if (steps.length * rows.length > MAX_COMPARED) return placed;
  const intervals = steps.map(intervalOf);
  const indexes = new Map(steps.map((step, index) => [step.sequence ?? index, index]));
  const parents = steps.map(({ parent }) =>
    typeof parent === 'number' ? indexes.get(parent) : undefined,
  );
  for (const row of rows) {
    const span = intervalOf(row.step);
    if (span === undefined) continue;
    const around = intervals.flatMap((step, index) =>
      step !== undefined && isWithin(span, step) ? [index] : [],
    );
    const innermost = around.find((index) => {
      const line = lineOf(index, parents);
      return around.every((other) => line.has(other));
    });
    if (innermost === undefined) continue;
    const list = placed.get(innermost) ?? [];
    placed.set(innermost, list);
    list.push(row);
  }
  return placed;
}

function intervalOf({ startedAt, durationMs }: Step): Interval | undefined {
  const from = Date.parse(startedAt ?? '');
  if (Number.isNaN(from) || typeof durationMs !== 'number') return undefined;
  return { from, to: from + durationMs };
}

function isWithin(span: Interval, step: Interval): boolean {
  return span.from >= step.from - TOLERANCE_MS && span.to <= step.to + TOLERANCE_MS;
}

/** A step and those that it is within. */
function lineOf(index: number, parents: readonly (number | undefined)[]): Set<number> {
  const line = new Set<number>();
  for (let at: number | undefined = index; at !== undefined && !line.has(at); at = parents[at]) {
    line.add(at);
  }
  return line;
}

/** Tokens and cost of the calls of models. A call within another call repeats its tokens, so it is left out. */
export function spanTotals(rows: readonly SpanRow[]): SpanTotals {
  const totals: SpanTotals = { inputTokens: 0, outputTokens: 0, costUsd: 0, models: [] };
  let countedAt = Infinity;
  for (const { depth, step } of rows) {
    if (depth <= countedAt) countedAt = Infinity;
    const { model } = step;
    if (!model) continue;
    if (!totals.models.includes(model.name)) totals.models.push(model.name);
    if (depth > countedAt) continue;
    const values = [model.inputTokens, model.outputTokens, model.costUsd];
    if (!values.some((value) => isNumber(value))) continue;
    const [input = 0, output = 0, cost = 0] = values.map(numberOf);
    totals.inputTokens += input;
    totals.outputTokens += output;
    totals.costUsd += cost;
    countedAt = depth;
  }
  return totals;
}

function numberOf(value: unknown): number {
  return isNumber(value) ? Number(value) : 0;
}

/** Models, tokens and cost in words. */
export function spanFacts(rows: readonly SpanRow[]): string[] {
  const { models, inputTokens, outputTokens, costUsd } = spanTotals(rows);
  return [
    ...models.slice(0, 3),
    ...(models.length > 3 ? [`${plural(models.length - 3, 'more model')}`] : []),
    ...(inputTokens + outputTokens > 0
      ? [`${formatCount(inputTokens)} input and ${formatCount(outputTokens)} output tokens`]
      : []),
    ...(costUsd > 0 ? [`${formatNumber(costUsd)} USD`] : []),
  ];
}
