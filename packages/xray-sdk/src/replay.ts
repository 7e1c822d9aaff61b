import { decidedOf, differenceOf } from './replay/decided.js';
import { isMarked } from './replay/recorded-steps.js';
import type { Decided, PipelineReplay, ReplayResult, Verdict } from './replay/plan.js';
import { nextTurn, pause } from './replay/real.js';
import { Replay } from './replay/replay.js';
import { closeWorld, inReplay, openWorld } from './replay/world.js';
import type { Snapshot } from './wire/snapshot.js';

export type {
  Decided,
  GateRule,
  PipelineReplay,
  ReplayResult,
  StepRef,
  Verdict,
} from './replay/plan.js';
export { decidedOf, differenceOf } from './replay/decided.js';
export { ReplayLeak, ReplayMiss } from './replay/errors.js';

/**
 * The options of a replay.
 *
 * @example
 * ```ts
 * const options: ReplayOptions = { concurrency: 8 };
 * ```
 */
export interface ReplayOptions {
  /** The number of replays at once. Default 8. */
  concurrency?: number | undefined;
  /** Returns the records of the executions that this record started, in order. Default: none. */
  childrenOf?: ((record: Snapshot) => readonly Snapshot[]) | undefined;
}

/** Turns of the event loop without any progress after which a replay waits by the clock. */
const MAX_QUIET_TURNS = 500;
/**
 * Milliseconds without progress after which a replay counts as hanging. The host's timers and files may
 * take some time.
 */
const MAX_QUIET_MS = 10_000;

/**
 * Replays recorded executions on the code of this process: your code runs with the recorded inputs, and the record
 * answers its steps of kind `retrieve`, `human` and `action`, and its asynchronous models. Nothing is sent. Yields the
 * results in the order of the records.
 *
 * @example
 * ```ts
 * for await (const result of replay(records, { run: (recorded) => decideLoan(xray, recorded.input, services) })) {
 *   console.log(result.executionId, result.verdict);
 * }
 * ```
 */
export async function* replay(
  records: Iterable<Snapshot> | AsyncIterable<Snapshot>,
  plan: PipelineReplay,
  options: ReplayOptions = {},
): AsyncGenerator<ReplayResult, void, undefined> {
  const { concurrency = 8, childrenOf = () => [] } = options;
  const running: Promise<ReplayResult>[] = [];
  openWorld();
  try {
    for await (const record of records) {
      running.push(replayOne(record, plan, childrenOf(record)));
      while (running.length >= Math.max(1, concurrency)) yield await takeFirst(running);
    }
    while (running.length > 0) yield await takeFirst(running);
  } finally {
    // The reader may stop early, but the running replays still need the replaced world.
    await Promise.allSettled(running);
    closeWorld();
  }
}

async function takeFirst(running: Promise<ReplayResult>[]): Promise<ReplayResult> {
  const first = await running[0];
  running.shift();
  if (first === undefined) throw new Error('no replay runs');
  return first;
}

async function replayOne(
  record: Snapshot,
  plan: PipelineReplay,
  children: readonly Snapshot[],
): Promise<ReplayResult> {
  const was = decidedOf(record, plan);
  const lack = lackOf(record);
  if (lack !== undefined) return resultOf(record, was, undefined, 'not_replayable', lack, null);
  const run = new Replay(record, plan, children);
  const ending = await runToItsEnd(run, record, plan);
  const snapshot = run.main?.snapshot() ?? null;
  const is = snapshot === null ? null : decidedOf(snapshot, plan);
  const why = doubtOf(run, ending, was, is);
  const verdict = why !== null || is === null ? 'undecided' : differenceOf(was, is);
  return { ...resultOf(record, was, run, verdict, why, snapshot), is };
}

type Ending = { kind: 'returned' } | { kind: 'threw'; error: unknown } | { kind: 'stuck' };

/** Runs the code until it has ended and all answers are given, or until nothing makes progress. */
async function runToItsEnd(run: Replay, record: Snapshot, plan: PipelineReplay): Promise<Ending> {
  let ending: Ending | undefined;
  const work = inReplay(run, async (): Promise<Ending> => {
    try {
      await plan.run(structuredClone(record));
      return { kind: 'returned' };
    } catch (error) {
      return { kind: 'threw', error };
    }
  });
  void (async () => {
    ending = await work;
  })();
  let [quietTurns, quietMs, settled] = [0, 0, 0];
  // Steps may go on after the code returned. They get a few turns to end.
  const isOver = (): boolean =>
    ending !== undefined &&
    !run.answers.isWaiting &&
    (run.main?.hasEnded !== false || quietTurns > 3);
  while (!isOver()) {
    await nextTurn();
    quietTurns = settled === run.answers.settled ? quietTurns + 1 : 0;
    if (quietTurns === 0) quietMs = 0;
    settled = run.answers.settled;
    if (quietTurns < MAX_QUIET_TURNS) continue;
    await pause(1);
    quietMs += 1;
    if (quietMs > (run.liveCalls > 0 || hasWork() ? MAX_QUIET_MS : 50))
      return ending ?? { kind: 'stuck' };
  }
  return ending ?? { kind: 'stuck' };
}

/** Whether the process waits for a timer, a file or another resource. Only a live step waits for the network. */
function hasWork(): boolean {
  const resources = (
    process as { getActiveResourcesInfo?: () => string[] }
  ).getActiveResourcesInfo?.();
  return resources?.some((name) => !/TTY|Pipe|TCP|TLS|Immediate|MessagePort/.test(name)) ?? true;
}

/** The reason why the record does not determine the result, if there is one. */
function doubtOf(run: Replay, ending: Ending, was: Decided, is: Decided | null): string | null {
  if (run.missed !== undefined) return run.missed;
  if (ending.kind === 'stuck') return 'the code waits for something that the record does not have';
  if (run.reads.network > 0) return 'the code reached for the network';
  const rejected = ending.kind === 'threw' ? ending.error : undefined;
  const caught = run.plainErrors.find((error) => error !== rejected);
  if (caught !== undefined) {
    return `the code caught a ${caught.name}, whose class is unknown here; add it to errors`;
  }
  if (is === null) {
    if (ending.kind === 'threw')
      return `the code threw before it recorded: ${String(ending.error)}`;
    return 'the code recorded no execution';
  }
  if (is.status === 'running') return 'the code did not end the execution';
  const isChanged = differenceOf(was, is) !== 'same';
  if (run.reads.chance > 0 && isChanged) {
    return 'the code read chance, so the result may differ by chance; use execution.random()';
  }
  return null;
}

/** What the record lacks for a replay, if anything. */
function lackOf(record: Snapshot): string | undefined {
  if (record.status === 'running') return 'the execution had not ended';
  if (record.input === undefined) return 'the record has no input';
  if (isMarked(record.marks ?? [], '/input')) return 'the input is not whole';
  if ((record.dropped?.steps ?? 0) > 0) return 'steps were left out of the record';
  return undefined;
}

function resultOf(
  record: Snapshot,
  was: Decided,
  run: Replay | undefined,
  verdict: Verdict,
  why: string | null,
  snapshot: Snapshot | null,
): ReplayResult {
  const runs = run?.runs ?? [];
  const sum = (count: 'answered' | 'unverified'): number =>
    runs.reduce((total, each) => total + each[count], 0);
  const ran = new Map(runs.flatMap((each) => [...each.ran]));
  return {
    executionId: record.executionId,
    pipeline: record.pipeline,
    verdict,
    why,
    was,
    is: null,
    cause: null,
    answered: sum('answered'),
    unverified: sum('unverified'),
    ran: [...ran.keys()],
    notDone: runs.flatMap(({ notDone }) => notDone),
    unasked: runs.flatMap((each) => each.unasked()),
    reads: run?.reads ?? { clock: 0, chance: 0, network: 0 },
    code: {
      ran: Object.fromEntries(ran),
      answered: Object.fromEntries(runs.flatMap(({ answeredCode }) => [...answeredCode])),
    },
    snapshot,
  };
}
