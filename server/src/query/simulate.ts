import {
  parseJson,
  type Simulation,
  type SimulationLine,
  type simulationQuerySchema,
} from '@xray/core';
import type { z } from 'zod';
import { DomainError } from '../errors.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { TaskThreads } from '../threads/task-threads.js';
import { readPlainFilter } from './filter.js';
import { rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

/** Executions that are read, where there are more. */
const SAMPLE = 5_000;
/** The most executions that are read if all are asked for. Their rules are held in memory. */
const MAX_ALL = 100_000;
/** Bodies that are in memory at a time. */
const PAGE = 50;

export interface SimulationDeps {
  executions: ExecutionStore;
  threads: TaskThreads;
  now: () => number;
}

type Query = z.output<typeof simulationQuerySchema>;

/**
 * What other thresholds make of recorded decisions: lines with the progress, then the answer. Throws a DomainError if
 * no execution evaluated a rule.
 */
export async function* simulateThresholds(
  { executions: store, threads, now }: SimulationDeps,
  app: string,
  query: Query,
  { isAll = false } = {},
): AsyncGenerator<SimulationLine> {
  const filter = readPlainFilter({ q: query.q });
  const range = rangeOf(query, filter, now());
  const wanted = isAll ? MAX_ALL : SAMPLE;
  const question = { app, filter, nowMs: now(), ...range, wanted };
  const set = [query.set].flat();
  const sample = await narrowed(filter, query, () => store.openSample(question));
  const { executions, drawn } = sample;
  if (isAll && executions > MAX_ALL) {
    throw new DomainError(
      'too_broad',
      `The filter finds ${executions} executions, and at most ${MAX_ALL} are read. Narrow the filter or the time range.`,
      [{ path: 'q', code: 'too_broad' }],
    );
  }
  const runs: string[] = [];
  for (let read = 0; read < drawn; read += PAGE) {
    const bodies = await sample.readBodies(read, PAGE);
    runs.push(await threads.run('simulatedRuns', { bodies, set }));
    yield { progress: { read: Math.min(read + PAGE, drawn), executions: drawn } };
  }
  const simulated = parseJson(await threads.run('simulate', { runs, set })) as unknown as Omit<
    Simulation,
    'range' | 'executions'
  >;
  for (const [place, { rule, evaluated }] of simulated.rules.entries()) {
    if (evaluated > 0 || simulated.sampled === 0) continue;
    throw new DomainError(
      'invalid',
      `set: none of the ${simulated.sampled} executions that were read evaluated the rule ${rule}.`,
      [{ path: set.length === 1 ? 'set' : `set.${place}`, code: 'unknown_rule' }],
    );
  }
  const { from, to } = range;
  yield {
    answer: {
      range: { from: from.toISOString(), to: to.toISOString() },
      executions,
      ...simulated,
    },
  };
}

/** The answer alone. */
export async function simulationOf(
  deps: SimulationDeps,
  app: string,
  query: Query,
): Promise<Simulation> {
  for await (const line of simulateThresholds(deps, app, query)) {
    if ('answer' in line) return line.answer;
  }
  throw new TypeError('a simulation ends with an answer');
}
