import fs from 'node:fs';
import path from 'node:path';
import { snapshotSchema, type Snapshot } from '@xray/core';
import { describe, expect, test } from 'vitest';
import { conventionsOf, hasRoot, snapshotsOf, type Trace } from '../src/index.js';
import { recordedRequests } from './bodies.js';
import { tracesOf } from './traces.js';

const read = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, name), 'utf8')) as unknown;

interface Fact {
  traceId: string;
  [name: string]: unknown;
}
/** What a careful reading found in each execution, and where we read otherwise, with the cause. */
const facts = read('facts.json') as Record<string, Fact[]>;
const differences = read('differences.json') as Record<
  string,
  { cause: string; facts: Record<string, unknown> }
>;

function factsIn(trace: Trace): Fact {
  const [snapshot, ...others] = snapshotsOf(trace, {
    appId: 'app',
    isTerminal: true,
    revision: 1,
  });
  if (snapshot === undefined || others.length > 0) throw new Error('one execution was expected');
  expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
  const { steps } = snapshot;
  const models = steps.flatMap(({ model }) => (model ? [model] : []));
  return {
    traceId: trace.traceId,
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
    rootMissing: !hasRoot(trace),
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

/** Its 2,001 spans take seconds, and `test:full` has them. */
const isLong = (name: string) =>
  name === 'hand-js/long-trace' && process.env.XRAY_TEST_FULL !== '1';

const scenarios = [...recordedRequests()].filter(([name]) => !name.startsWith('opa/'));

describe('a recorded trace says what a careful reading found', () => {
  test.each(scenarios)('%s', (name, requests) => {
    const found = tracesOf(requests).map(factsIn);
    const expected = (facts[name] ?? []).map((fact) => ({
      ...fact,
      ...differences[`${name} ${fact.traceId}`]?.facts,
      conventions: undefined,
    }));
    const byId = (a: Fact, b: Fact) => (a.traceId < b.traceId ? -1 : 1);
    expect(found.sort(byId)).toEqual(expected.sort(byId));
  });
});

test('only the traces that follow a convention are recognised', () => {
  const strangers = scenarios.flatMap(([name, requests]) =>
    tracesOf(requests)
      .filter((trace) => conventionsOf(trace).length === 0)
      .map(() => name),
  );
  const expected = Object.entries(facts).flatMap(([name, list]) =>
    list.filter(({ conventions }) => (conventions as string[]).length === 0).map(() => name),
  );
  expect(strangers.sort()).toEqual(expected.sort());
});

test('shuffled, doubled and split requests give the same snapshot', () => {
  for (const [name, requests] of scenarios) {
    if (isLong(name)) continue;
    const again = tracesOf([...requests, ...requests].toReversed());
    for (const trace of tracesOf(requests)) {
      const other = again.find(({ traceId }) => traceId === trace.traceId);
      const make = ({ spans, logs }: Trace): Snapshot[] =>
        snapshotsOf(
          { traceId: trace.traceId, spans: spans.toReversed(), logs },
          {
            appId: 'app',
            isTerminal: true,
            revision: 1,
          },
        );
      expect(other && make(other)).toEqual(make(trace));
    }
  }
});
