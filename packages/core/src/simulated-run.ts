import { isNumber } from './exact-json.js';
import { isIncomplete } from './near-miss.js';
import { evaluationsOf, type Evaluation } from './rule-evaluations.js';
import { distance, holds, operatorOf } from './rule-test.js';
import { simulateChoice, type SimulatedChoice } from './simulated-choice.js';
import type { OpenCause, ThresholdChange } from './simulation.js';
import type { Json, Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';

/** A rule that an execution evaluated. Rules that only flag or score are listed only if their threshold changes. */
export interface AskedRule {
  /** Equal for the same evaluation in other executions. */
  key: string;
  rejects: boolean;
  result: 'pass' | 'fail' | 'other';
  /** Set if the threshold changes. */
  change: ChangedRule | null;
}

interface ChangedRule {
  rule: string;
  was: Json;
  /** Null if the new result cannot be computed. */
  becomes: 'pass' | 'fail' | null;
  /** How far the value is from the recorded threshold, and how far the threshold moves. Null without numbers. */
  margin: number | null;
  reach: number | null;
}

/** The part of an execution that a simulation needs. It is plain data, so it can be sent between threads. */
export interface SimulatedRun {
  executionId: string;
  /** Executions of one program: of the same pipeline and versions. */
  program: string;
  outcome: string | null;
  adverse: boolean;
  /** Why no change of a result can be followed to the outcome. */
  doubt: OpenCause | null;
  declared: { pass: string; fail: string } | null;
  asked: AskedRule[];
  /** Null if no rule for candidates changes. */
  choice: SimulatedChoice | null;
}

export function simulatedRunOf(
  snapshot: Snapshot,
  changes: readonly ThresholdChange[],
): SimulatedRun {
  const { decision, versions } = snapshot;
  const steps = stepsInOrder(snapshot);
  const { inForce } = evaluationsOf(steps);
  const basis = decision?.basis;
  return {
    executionId: snapshot.executionId,
    program: JSON.stringify([snapshot.pipeline, Object.entries(versions ?? {}).sort()]),
    outcome: decision?.outcome ?? null,
    adverse: decision?.adverse === true,
    doubt: doubtOf(snapshot),
    declared: basis?.kind === 'all_pass' ? { pass: basis.pass, fail: basis.fail } : null,
    asked: askedRules(inForce, changes),
    choice: simulateChoice(steps, inForce, changes),
  };
}

function doubtOf(snapshot: Snapshot): OpenCause | null {
  const { decision, status } = snapshot;
  if (isIncomplete(snapshot)) return 'incomplete';
  if (status === 'running') return 'not_finished';
  if (!decision) return 'no_decision';
  const isHuman = decision.humanInvolvement === 'final' || decision.decidedBy?.type === 'human';
  return isHuman ? 'human' : null;
}

function askedRules(
  evaluations: readonly Evaluation[],
  changes: readonly ThresholdChange[],
): AskedRule[] {
  const seen = new Map<string, number>();
  return evaluations.flatMap(({ evidence, rejects }): AskedRule[] => {
    if (evidence.of !== 'decision') return [];
    const change = changes.find(({ rule }) => rule === evidence.rule);
    if (!rejects && change === undefined) return [];
    const name = JSON.stringify([evidence.step.name, evidence.rule]);
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const { result } = evidence;
    return [
      {
        key: `${name}${nth}`,
        rejects,
        result: result === 'pass' || result === 'fail' ? result : 'other',
        change: change === undefined ? null : changedRule(evidence, change),
      },
    ];
  });
}

/** Only a rule that agrees with itself can be computed with another threshold. */
function changedRule(
  { rule, op, actual, threshold, agrees }: Evaluation['evidence'],
  change: ThresholdChange,
): ChangedRule {
  const known = operatorOf(op);
  const held =
    agrees === true && known !== undefined ? holds(known, actual, change.threshold) : null;
  const isMeasured = isNumber(threshold);
  return {
    rule,
    was: threshold ?? null,
    becomes: held === null ? null : held ? 'pass' : 'fail',
    margin: isMeasured && isNumber(actual) ? distance(threshold, actual) : null,
    reach: isMeasured && isNumber(change.threshold) ? distance(threshold, change.threshold) : null,
  };
}
