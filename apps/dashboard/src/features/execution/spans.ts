import type { Snapshot, Step } from '@xray/core';
import { isNumber } from '@xray/core/exact-json';

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
