import fs from 'node:fs';
import path from 'node:path';
import type { Snapshot } from '@xray/core';

const read = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, name), 'utf8')) as unknown;

export interface Fact {
  traceId: string;
  [name: string]: unknown;
}
const found = read('facts.json') as Record<string, Fact[]>;
const differences = read('differences.json') as Record<
  string,
  { cause: string; facts: Record<string, unknown> }
>;

/** What a careful reading found in each execution of a scenario, and where we read otherwise, with the cause. */
export function expectedFacts(scenario: string): Fact[] {
  return (found[scenario] ?? []).map((fact) => ({
    ...fact,
    ...differences[`${scenario} ${fact.traceId}`]?.facts,
  }));
}

/** The facts that an execution shows, as `facts.json` has them. */
export function factsIn(traceId: string, snapshot: Snapshot, rootMissing: boolean): Fact {
  const { steps } = snapshot;
  const models = steps.flatMap(({ model }) => (model ? [model] : []));
  return {
    traceId,
    pipeline: snapshot.pipeline,
    environment: snapshot.environment,
    status: snapshot.status,
    outcome: snapshot.decision?.outcome ?? null,
    steps: steps.length,
    kinds: countsOf(steps.map(({ kind }) => kind ?? 'other')),
    inputTokens: sumOf(models.map(({ inputTokens }) => inputTokens)),
    outputTokens: sumOf(models.map(({ outputTokens }) => outputTokens)),
    models: [...new Set(models.map(({ name }) => name))],
    candidates: steps.flatMap(({ candidates }) =>
      candidates ? [[candidates.in, candidates.out]] : [],
    ),
    rules: steps.flatMap(({ rules }) =>
      (rules ?? []).map(({ id, result }) => `${id}=${result ?? '?'}`),
    ),
    failedSteps: steps.filter(({ status }) => status === 'failed').map(({ name }) => name),
    hasInput: snapshot.input !== undefined,
    hasOutput: snapshot.output !== undefined,
    rootMissing,
  };
}

function countsOf(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sumOf(numbers: (number | null | undefined)[]): number | null {
  const known = numbers.flatMap((number) => (typeof number === 'number' ? [number] : []));
  return known.length > 0 ? known.reduce((sum, number) => sum + number, 0) : null;
}
