import {
  findRuleChanges,
  summarizeRules,
  type FoundChange,
  type ObservedRun,
  type RangeQuery,
  type RuleHistory,
  type SettingBlock,
} from '@xray/core';
import type { RuleReadings } from '../store/answers.js';
import type { BoundedScope, ExecutionStore } from '../store/execution-store.js';
import { readPlainFilter } from './filter.js';
import { rangeOf } from './range.js';
import { narrowed } from './too-broad.js';

/** Executions whose rules are read, where there are more. */
const SAMPLE = 5_000;
/** Executions that are read before the first one of a sample that shows a change, to find an earlier one. */
const LOOK_BACK = 1_000;
/** Changes at different times for which that is done, the latest ones. */
const MAX_LOOKS = 6;
const LOOKS_AT_ONCE = 2;

export async function readRuleHistory(
  store: ExecutionStore,
  app: string,
  pipeline: string,
  query: RangeQuery,
  now: number,
): Promise<RuleHistory> {
  const filter = readPlainFilter({ ...query, pipeline });
  const range = rangeOf(query, filter, now);
  const scope = { app, filter, nowMs: now, ...range };
  return await narrowed(filter, query, async () => {
    const readings = await store.readRules({ ...scope, sampled: SAMPLE });
    const { executions, sampled } = readings;
    const runs = runsOf(readings);
    const changes = findRuleChanges(runs);
    const dated =
      sampled < executions
        ? await dateChanges(store, scope, { changes, runs, executions })
        : changes;
    return {
      pipeline,
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      executions,
      sampled,
      ...summarizeRules(runs, { scale: sampled === 0 ? 0 : executions / sampled, changes: dated }),
    };
  });
}

export type PipelineRun = ObservedRun & { pipeline: string };

/** What core reads changes from. Runs with the same rules share one list of blocks. */
export function runsOf({ kinds, runs, blocks }: RuleReadings): PipelineRun[] {
  const numbers = runs.map((): number[] => []);
  for (const [number, block] of blocks.entries()) {
    for (const run of new Set(block.runs)) numbers[run]?.push(number);
  }
  const shared = new Map<string, SettingBlock[]>();
  return runs.flatMap(({ at, kind }, place) => {
    const alike = kinds[kind];
    if (alike === undefined) return [];
    const own = numbers[place] ?? [];
    const key = own.join();
    const list = shared.get(key) ?? own.flatMap((number) => blocks[number] ?? []);
    shared.set(key, list);
    const { status, ...rest } = alike;
    return [{ ...rest, at, blocks: list, completed: status === 'completed' }];
  });
}

interface Sample {
  changes: FoundChange[];
  runs: ObservedRun[];
  executions: number;
}

/**
 * A sample may miss the first executions after a change. So all executions of a short time before its first one are
 * read, and the earliest of them that shows the change dates it.
 */
async function dateChanges(
  store: ExecutionStore,
  scope: BoundedScope,
  { changes, runs, executions }: Sample,
): Promise<FoundChange[]> {
  const perRun = executions / Math.max(1, runs.length);
  const back = Math.max(1, Math.ceil(LOOK_BACK / perRun));
  const times = [...new Set(changes.map(({ at }) => at))].sort((a, b) => b - a);
  const windows = new Map<number, ObservedRun[]>();
  const look = async (at: number): Promise<void> => {
    const place = runs.findIndex((run) => run.at === at);
    const from = runs[Math.max(0, place - back)]?.at ?? at;
    const readings = await store.readRules({
      ...scope,
      from: new Date(from),
      to: new Date(at + 1),
      sampled: 2 * LOOK_BACK,
    });
    windows.set(at, runsOf(readings));
  };
  const looks = times.slice(0, MAX_LOOKS);
  for (let next = 0; next < looks.length; next += LOOKS_AT_ONCE) {
    await Promise.all(looks.slice(next, next + LOOKS_AT_ONCE).map(look));
  }
  return changes.map((change) => ({
    ...change,
    at: earliest(change, windows.get(change.at) ?? [], runs) ?? change.at,
  }));
}

function earliest(
  { at, environment, isAfter }: FoundChange,
  window: ObservedRun[],
  sample: ObservedRun[],
): number | undefined {
  const isOf = (run: ObservedRun): boolean => run.environment === environment;
  // A setting that was taken back was seen before. It begins after the last execution without it.
  const isReturn = sample.some((run) => isOf(run) && run.at < at && isAfter(run));
  const own = window.filter(isOf);
  const start = isReturn ? own.findLastIndex((run) => run.at < at && !isAfter(run)) + 1 : 0;
  return own.slice(start).find(isAfter)?.at;
}
