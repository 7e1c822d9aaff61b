import { stringifyJson, type Json } from './exact-json.js';
import { LearnedProgram } from './learned-program.js';
import type { AskedRule, SimulatedRun } from './simulated-run.js';
import type { OpenCause, Simulation, ThresholdChange } from './simulation.js';

/** What other thresholds make of one decision. `to` lists the possible outcomes. */
export type SimulatedVerdict =
  | { kind: 'same' }
  | { kind: 'certain'; to: (string | null)[]; choice: boolean }
  /** `byRuleAlone`: it stays the same if a threshold acts only through the result of its rule. */
  | { kind: 'open'; cause: OpenCause; byRuleAlone: boolean };

const MAX_EXAMPLES = 10;
const MAX_THRESHOLDS = 5;
const SAME: SimulatedVerdict = { kind: 'same' };

/**
 * What would have been decided with other thresholds, from the records alone. A flip is certain only if the record
 * determines it. Otherwise the execution is open and counts in the bounds. Linear in the number of runs.
 */
export function simulate(
  runs: readonly SimulatedRun[],
  changes: readonly ThresholdChange[],
): Omit<Simulation, 'range' | 'executions'> {
  const verdicts = simulateEach(runs);
  const transitions = new Map<string, Simulation['to'][number]>();
  const open: Simulation['open'] = {};
  const examples = { certain: [] as Simulation['examples'], open: [] as Simulation['examples'] };
  let [certain, ifRuleAlone, any] = [0, 0, 0];
  for (const [place, verdict] of verdicts.entries()) {
    const run = runs[place];
    if (run === undefined || verdict.kind === 'same') continue;
    const isCertain = verdict.kind === 'certain';
    const to = isCertain ? verdict.to : [];
    if (isCertain) {
      certain += 1;
      const key = JSON.stringify([run.outcome, verdict.to, verdict.choice]);
      const known = transitions.get(key);
      if (known) known.count += 1;
      else transitions.set(key, { from: run.outcome, to, choice: verdict.choice, count: 1 });
    } else {
      any += 1;
      if (!verdict.byRuleAlone) ifRuleAlone += 1;
      open[verdict.cause] = (open[verdict.cause] ?? 0) + 1;
    }
    const list = examples[verdict.kind];
    if (list.length >= MAX_EXAMPLES) continue;
    list.push({
      executionId: run.executionId,
      verdict: verdict.kind,
      from: run.outcome,
      to,
      open: isCertain ? null : verdict.cause,
    });
  }
  return {
    sampled: runs.length,
    basis: runs.length > 0 && runs.every(({ declared }) => declared) ? 'declared' : 'learned',
    rules: changes.map((change) => describe(change, runs)),
    flips: { certain, atMostIfRuleAlone: certain + ifRuleAlone, atMost: certain + any },
    to: [...transitions.values()].sort((a, b) => b.count - a.count),
    open,
    examples: [...examples.certain, ...examples.open],
  };
}

/** The verdict on each run, in order. */
export function simulateEach(runs: readonly SimulatedRun[]): SimulatedVerdict[] {
  const programs = new Map<string, LearnedProgram>();
  for (const run of runs) {
    let program = programs.get(run.program);
    if (program === undefined) programs.set(run.program, (program = new LearnedProgram()));
    program.learn(run);
  }
  return runs.map((run) => {
    const program = programs.get(run.program);
    const ofOutcome = program === undefined ? SAME : judgeOutcome(run, program);
    const { choice } = run;
    if (ofOutcome.kind !== 'same' || choice === null || choice.verdict === 'same') return ofOutcome;
    if (choice.verdict === 'changes') return { kind: 'certain', to: [run.outcome], choice: true };
    return { kind: 'open', cause: choice.open ?? 'not_computable', byRuleAlone: false };
  });
}

function judgeOutcome(run: SimulatedRun, program: LearnedProgram): SimulatedVerdict {
  const { asked, doubt, outcome } = run;
  const changed = asked.filter(({ change }) => change !== null);
  // A filter's rule says nothing of the decision's own rules.
  if (changed.length === 0 && run.choice !== null) return SAME;
  const open = (cause: OpenCause): SimulatedVerdict => ({
    kind: 'open',
    cause,
    byRuleAlone: cause === 'stays_pass',
  });
  if (doubt === 'incomplete' || doubt === 'not_finished') return open(doubt);
  if (changed.some(({ change }) => change?.becomes === null)) return open('not_computable');
  const turned = changed.filter(({ change, result }) => change?.becomes !== result);
  if (turned.length === 0) {
    if (run.declared !== null || program.alwaysLeadsTo(asked, outcome)) return SAME;
    if (changed.length === 0) return open('not_reached');
    return open(changed.every(({ result }) => result === 'pass') ? 'stays_pass' : 'stays_fail');
  }
  if (doubt !== null) return open(doubt);
  if (run.declared !== null) return judgeDeclared(run, run.declared, program);
  const to = program.outcomesAfter(run, turned);
  if (to === undefined) return open('turns');
  if (!to.includes(outcome)) return { kind: 'certain', to, choice: false };
  return to.length === 1 ? SAME : open('turns');
}

/** The program states that it passes if all rejecting rules pass. */
function judgeDeclared(
  { asked, outcome }: SimulatedRun,
  { pass, fail }: { pass: string; fail: string },
  program: LearnedProgram,
): SimulatedVerdict {
  const rejecting = asked.filter(({ rejects }) => rejects);
  const before = rejecting.some(({ result }) => result === 'fail') ? fail : pass;
  const open = (cause: OpenCause): SimulatedVerdict => ({
    kind: 'open',
    cause,
    byRuleAlone: false,
  });
  if (before !== outcome) return open('not_computable');
  const isFailing = rejecting.some((rule) => resultAfter(rule) === 'fail');
  if (!isFailing && program.rejecting.size > rejecting.length) return open('not_evaluated');
  const after = isFailing ? fail : pass;
  return after === outcome ? SAME : { kind: 'certain', to: [after], choice: false };
}

function resultAfter({ change, result }: AskedRule): AskedRule['result'] {
  return change?.becomes ?? result;
}

function describe(
  { rule, threshold }: ThresholdChange,
  runs: readonly SimulatedRun[],
): Simulation['rules'][number] {
  const was = new Map<string, { value: Json; count: number }>();
  let [evaluated, turns] = [0, 0];
  for (const { asked, choice } of runs) {
    const own = asked.filter(({ change }) => change?.rule === rule);
    const values = own.flatMap(({ change }) => (change ? [change.was] : []));
    if (choice?.rule === rule) values.push(choice.was);
    const [value] = values;
    if (value === undefined) continue;
    evaluated += 1;
    const isTurned =
      own.some((each) => resultAfter(each) !== each.result) ||
      (choice?.rule === rule && choice.turns);
    if (isTurned) turns += 1;
    const key = stringifyJson(value);
    const known = was.get(key);
    if (known) known.count += 1;
    else was.set(key, { value, count: 1 });
  }
  const frequent = [...was.values()].sort((a, b) => b.count - a.count);
  return {
    rule,
    threshold,
    was: frequent.slice(0, MAX_THRESHOLDS).map(({ value }) => value),
    evaluated,
    turns,
  };
}
