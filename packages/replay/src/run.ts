import type { Snapshot } from '@xray/sdk';
import { differenceOf, replay, type ReplayResult, type Verdict } from '@xray/sdk/replay';
import { causeOf } from './cause.js';
import type { ReplayConfig } from './define.js';
import { isDecided, judge, openGate, weightOf } from './gate.js';
import { readRecords, type WeightedRecord } from './records.js';
import type { Report, ReportedResult } from './report.js';
import { Segments, shareOf } from './segments.js';

/** How a run is done. */
export interface RunOptions {
  readonly records: string;
  readonly config: ReplayConfig;
  /** The report of the same records on the code without the change, and its file. */
  readonly control: { file: string; report: Report } | undefined;
  readonly concurrency: number;
  /** The caller expects that code that runs has changed. */
  readonly expectsChange: boolean;
  /** Replays of each record. A flip that not each of them shows is flaky. */
  readonly repeat: number;
  /** Replays the records in another order first. What differs is unstable. */
  readonly shuffles: boolean;
  /** Called after each replay. */
  onProgress(done: number): void;
  /** Takes each result with the record of the new code. */
  onResult?(result: ReportedResult, snapshot: Snapshot | null): Promise<void>;
}

/** Below this share of decided executions a run says too little. */
const MIN_DECIDED = 0.95;
/** A control that reproduces less is not the code that recorded. */
const MIN_REPRODUCED = 0.99;

/** Replays all records of a file and sums up. Throws UsageError for a file or gate that cannot be read. */
export async function runReplay(options: RunOptions): Promise<Report> {
  const startedAt = new Date().toISOString();
  const { children, withoutPlan } = await surveyOf(options);
  const tally = new RunTally(options);
  let done = 0;
  for (const [pipeline, plan] of Object.entries(options.config)) {
    tally.openGates(pipeline, plan.gate ?? []);
    const sent: WeightedRecord[] = [];
    const records = recordsOf(options.records, pipeline, sent);
    const how = {
      concurrency: options.concurrency,
      childrenOf: ({ executionId }: Snapshot) => children.get(executionId) ?? [],
    };
    const other = options.shuffles
      ? await decidedInAnotherOrder(options.records, pipeline, plan, how)
      : undefined;
    const repeated: ReplayResult[] = [];
    for await (const result of replay(repeatedRecords(records, options.repeat), plan, how)) {
      repeated.push(result);
      if (repeated.length < options.repeat) continue;
      const record = sent.shift();
      const judged = stable(repeated.splice(0), other);
      if (record !== undefined) {
        const reported = tally.add(record, judged.result, judged.flaky);
        await options.onResult?.(reported, judged.result.snapshot);
      }
      done += 1;
      options.onProgress(done);
    }
  }
  return tally.report(startedAt, withoutPlan);
}

async function* recordsOf(
  file: string,
  pipeline: string,
  sent: WeightedRecord[],
): AsyncGenerator<Snapshot> {
  for await (const record of readRecords(file)) {
    if (record.snapshot.pipeline !== pipeline) continue;
    sent.push(record);
    yield record.snapshot;
  }
}

async function* repeatedRecords(
  records: AsyncIterable<Snapshot>,
  times: number,
): AsyncGenerator<Snapshot> {
  for await (const record of records) {
    for (let turn = 0; turn < times; turn += 1) yield record;
  }
}

/** The first of several replays of a record. It is undecided if they differ, or if another order gave another result. */
function stable(
  replays: readonly ReplayResult[],
  other: ReadonlyMap<string, string> | undefined,
): { result: ReplayResult; flaky: ReportedResult['flaky'] } {
  const [result] = replays;
  if (result === undefined) throw new TypeError('a record is replayed at least once');
  const flips = replays.filter(({ verdict }) => verdict === 'flipped').length;
  if (flips > 0 && flips < replays.length) {
    const why = `flaky: ${flips} of ${replays.length} replays flipped`;
    const flaky = { flips, of: replays.length };
    return { result: { ...result, verdict: 'undecided', why }, flaky };
  }
  const elsewhere = other?.get(result.executionId);
  if (elsewhere !== undefined && elsewhere !== JSON.stringify(result.is)) {
    const why = 'unstable: another order of the records gave another result';
    return { result: { ...result, verdict: 'undecided', why }, flaky: undefined };
  }
  return { result, flaky: undefined };
}

/** Records that are in memory at a time for another order. */
const SHUFFLED_AT_ONCE = 200;

async function decidedInAnotherOrder(
  file: string,
  pipeline: string,
  plan: Parameters<typeof replay>[1],
  how: Parameters<typeof replay>[2],
): Promise<Map<string, string>> {
  async function* shuffled(): AsyncGenerator<Snapshot> {
    let waiting: Snapshot[] = [];
    for await (const { snapshot } of readRecords(file)) {
      if (snapshot.pipeline !== pipeline) continue;
      waiting.push(snapshot);
      if (waiting.length < SHUFFLED_AT_ONCE) continue;
      yield* waiting.toReversed();
      waiting = [];
    }
    yield* waiting.toReversed();
  }
  const decided = new Map<string, string>();
  for await (const { executionId, is } of replay(shuffled(), plan, how)) {
    decided.set(executionId, JSON.stringify(is));
  }
  return decided;
}

interface Survey {
  /** The records that replayed executions started as their children, by the id of the parent, in recorded order. */
  readonly children: ReadonlyMap<string, Snapshot[]>;
  /** Records of pipelines that the configuration does not name. */
  readonly withoutPlan: number;
}

/** Reads the file once before the replays. Throws UsageError for a line that is no record. */
async function surveyOf({ records, config }: RunOptions): Promise<Survey> {
  const children = new Map<string, Snapshot[]>();
  const parents = new Set<string>();
  let withoutPlan = 0;
  for await (const { snapshot } of readRecords(records)) {
    if (Object.hasOwn(config, snapshot.pipeline)) parents.add(snapshot.executionId);
    else withoutPlan += 1;
    for (const { executionId, relation } of snapshot.links ?? []) {
      if (relation !== 'parent') continue;
      const siblings = children.get(executionId);
      if (siblings === undefined) children.set(executionId, [snapshot]);
      else siblings.push(snapshot);
    }
  }
  for (const [parent, siblings] of children) {
    if (!parents.has(parent)) children.delete(parent);
    else siblings.sort((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? ''));
  }
  return { children, withoutPlan };
}

/** Counts the results of a run. */
class RunTally {
  readonly #options: RunOptions;
  readonly #control: Map<string, ReportedResult> | undefined;
  readonly #results: ReportedResult[] = [];
  readonly #segments = new Segments();
  readonly #gates: {
    gate: ReturnType<typeof openGate>;
    within: ReportedResult[];
    pipeline: string;
  }[] = [];
  readonly #code: Report['code'] = {};
  readonly #reads = { clock: 0, chance: 0, network: 0 };
  #answered = 0;
  #unverified = 0;
  #ranSteps = 0;
  #reproduced = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    const results = options.control?.report.results;
    this.#control = results && new Map(results.map((result) => [result.executionId, result]));
  }

  openGates(pipeline: string, rules: readonly Parameters<typeof openGate>[0][]): void {
    for (const rule of rules) this.#gates.push({ gate: openGate(rule), within: [], pipeline });
  }

  add(
    { snapshot, weight }: WeightedRecord,
    result: ReplayResult,
    flaky: ReportedResult['flaky'],
  ): ReportedResult {
    this.#answered += result.answered;
    this.#unverified += result.unverified;
    this.#ranSteps += result.ran.length;
    this.#reads.clock += result.reads.clock;
    this.#reads.chance += result.reads.chance;
    this.#reads.network += result.reads.network;
    const code = (this.#code[result.pipeline] ??= { ran: {}, answered: {} });
    Object.assign(code.ran, result.code.ran);
    Object.assign(code.answered, result.code.answered);
    const judged = this.#againstControl(result);
    const isChanged = judged.verdict === 'flipped' || judged.verdict === 'moved';
    const cause = isChanged && result.snapshot ? causeOf(snapshot, result.snapshot) : null;
    const reported: ReportedResult = {
      executionId: result.executionId,
      pipeline: result.pipeline,
      ...judged,
      was: result.was,
      is: result.is,
      cause,
      rule:
        cause?.decided.rule === undefined
          ? null
          : ruleChange(cause.decided.rule, snapshot, result.snapshot),
      weight,
      ...(flaky && { flaky }),
    };
    this.#results.push(reported);
    if (isDecided(judged.verdict)) this.#segments.add(snapshot, judged.verdict === 'flipped');
    for (const { gate, within, pipeline } of this.#gates) {
      if (pipeline === result.pipeline && gate.finds(snapshot)) within.push(reported);
    }
    return reported;
  }

  report(startedAt: string, withoutPlan: number): Report {
    const results = this.#results;
    const decided = results.filter(({ verdict }) => isDecided(verdict));
    const flipped = decided.filter(({ verdict }) => verdict === 'flipped');
    const gate = this.#gates.map(({ gate: open, within }) => judge(open, within));
    const { changedAndAnswered, changedAndRan } = this.#changes();
    const distrust = this.#distrust(decided.length, changedAndAnswered, changedAndRan);
    const holds = gate.every((each) => each.holds);
    return {
      format: 'xray-replay-report/1',
      records: this.#options.records,
      startedAt,
      counts: countVerdicts(results),
      withoutPlan,
      population: Math.round(weightOf(results)),
      flips: weightedShare(flipped, decided),
      matrix: countBy(decided, ({ was, is }) => ({ was: was.outcome, is: is?.outcome ?? null })),
      causes: countBy(
        decided.filter(({ cause }) => cause !== null),
        ({ cause, was, is }) => ({
          origin: cause?.origin.name ?? '',
          decided: cause?.decided.rule ?? cause?.decided.name ?? '',
          was: was.outcome,
          is: is?.outcome ?? null,
        }),
      ),
      segments: this.#segments.beyondChance(),
      undecided: countBy(
        results.filter(({ why }) => why !== null),
        ({ why }) => ({ why: why ?? '' }),
      ),
      answered: this.#answered,
      unverified: this.#unverified,
      reads: this.#reads,
      control: this.#options.control
        ? { file: this.#options.control.file, reproduced: this.#reproduced, of: results.length }
        : null,
      changedAndAnswered,
      changedAndRan,
      flaky: results.filter((result) => result.flaky).length,
      gate,
      exitCode: distrust.length > 0 ? 3 : holds ? 0 : 1,
      distrust,
      code: this.#code,
      results,
    };
  }

  /** A change counts only if the code without the change reproduced the record. */
  #againstControl(result: ReplayResult): { verdict: Verdict; why: string | null } {
    const { verdict, why, was, is } = result;
    if (this.#control === undefined) return { verdict, why };
    const control = this.#control.get(result.executionId);
    if (control?.verdict === 'same') this.#reproduced += 1;
    if (verdict === 'not_replayable') return { verdict, why };
    if (control?.verdict !== 'same') {
      return { verdict: 'undecided', why: 'unfaithful: the control does not reproduce the record' };
    }
    // The control read chance too, and held: the change is not by chance.
    const readChance = (this.#options.control?.report.reads.chance ?? 0) > 0;
    const isByChance = verdict === 'undecided' && result.reads.chance > 0 && is !== null;
    if (isByChance && readChance && why?.startsWith('the code read chance') === true) {
      return { verdict: differenceOf(was, is), why: null };
    }
    return { verdict, why };
  }

  #changes(): { changedAndAnswered: string[]; changedAndRan: string[] } {
    const control = this.#options.control?.report.code ?? {};
    const changed = (part: 'ran' | 'answered'): string[] =>
      Object.entries(this.#code).flatMap(([pipeline, code]) =>
        Object.entries(code[part])
          .filter(([name, hash]) => {
            const before = control[pipeline]?.[part][name];
            if (control[pipeline] === undefined || before === hash) return false;
            // The configuration may say that the record answers a step, whatever its code.
            const isMeant = this.#options.config[pipeline]?.answer?.includes(name) === true;
            return part === 'ran' || (before !== undefined && !isMeant);
          })
          .map(([name]) => name),
      );
    return { changedAndAnswered: changed('answered'), changedAndRan: changed('ran') };
  }

  #distrust(decided: number, changedAndAnswered: string[], changedAndRan: string[]): string[] {
    const total = this.#results.length;
    const { control, expectsChange } = this.#options;
    const percent = (part: number): string => `${((part / Math.max(1, total)) * 100).toFixed(1)} %`;
    const found: string[] = [];
    if (total === 0) found.push('no record was replayed');
    else if (decided / total < MIN_DECIDED) {
      found.push(
        `only ${percent(decided)} of the executions are decided (at least 95 % are needed)`,
      );
    }
    if (control !== undefined && this.#reproduced / Math.max(1, total) < MIN_REPRODUCED) {
      found.push(
        `the control reproduces only ${percent(this.#reproduced)} (at least 99 % are needed)`,
      );
    }
    if (this.#reads.network > 0) {
      found.push(`the code reached for the network ${this.#reads.network} times`);
    }
    for (const name of changedAndAnswered) {
      found.push(`the step ${name} changed, and was not run: list it under live or answer`);
    }
    if (total > 0 && this.#answered === 0 && this.#ranSteps === 0) {
      found.push('no step was answered and none ran');
    }
    if (expectsChange && control !== undefined && changedAndRan.length === 0) {
      found.push('a change was expected, and no function that ran differs from the control');
    }
    return found;
  }
}

/** The text of a rule before and after: `641 >= 620, pass`. */
function ruleChange(id: string, was: Snapshot, is: Snapshot | null): ReportedResult['rule'] {
  return { was: ruleText(id, was), is: is === null ? null : ruleText(id, is) };
}

function ruleText(id: string, { steps }: Snapshot): string | null {
  const rule = steps.flatMap(({ rules = [] }) => rules).find((each) => each.id === id);
  if (rule === undefined) return null;
  const { actual, op, threshold, result } = rule;
  const isScalar = (value: unknown): boolean => value !== undefined && typeof value !== 'object';
  const test =
    isScalar(actual) && isScalar(threshold)
      ? `${String(actual)} ${op ?? '?'} ${String(threshold)}, `
      : '';
  return test + (result ?? 'no result');
}

function countVerdicts(results: readonly ReportedResult[]): Record<Verdict, number> {
  const counts = { same: 0, moved: 0, flipped: 0, undecided: 0, not_replayable: 0 };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** Weights make the sample smaller than it looks: Kish's effective size (Kish 1965, Survey Sampling, 11.7). */
function weightedShare(
  part: readonly ReportedResult[],
  whole: readonly ReportedResult[],
): Report['flips'] {
  const total = weightOf(whole);
  if (total === 0) return shareOf({ count: 0, total: 0 });
  const squares = whole.reduce((sum, { weight }) => sum + weight * weight, 0);
  const effective = (total * total) / squares;
  return shareOf({ count: (weightOf(part) / total) * effective, total: effective });
}

function countBy<T, K extends object>(
  items: readonly T[],
  keyOf: (item: T) => K,
): (K & { count: number })[] {
  const counts = new Map<string, K & { count: number }>();
  for (const item of items) {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    const known = counts.get(text);
    if (known === undefined) counts.set(text, { ...key, count: 1 });
    else known.count += 1;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
